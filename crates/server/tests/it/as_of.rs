//! What was said once is said again: answers as of an earlier data version, and pages that stay with theirs.

use crate::drilldowns::asking::{of, send, well};
use crate::support::{World, amount, costs_by, now, period};
use access::GrantText;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use ledger::Ownership;
use sample::LineItem;
use serde_json::{Value, json};
use sqlx::PgPool;

const MONTHS: [&str; 2] = ["2026-08", "2026-09"];
const QUESTIONS: [&str; 7] = [
    "/v1/costs?period=2026-08,2026-09&granularity=monthly",
    "/v1/costs?period=2026-08,2026-09&group_by=team",
    "/v1/costs?period=2026-09&granularity=daily&group_by=team,model",
    "/v1/costs?period=2026-09&group_by=principal,tag:team,charge_type",
    "/v1/costs?period=2026-09&compare=previous&group_by=team&top=1",
    "/v1/costs?start=2026-08-01&end=2026-10-01&group_by=person",
    "/v1/costs?group_by=team&filter[team]=data-science,platform",
];

fn line(month: &str, user: &str, team: &str, cost: &str) -> LineItem<'static> {
    LineItem {
        iam_principal: Some(format!("arn:aws:iam::123456789012:user/{user}").into()),
        unblended_cost: amount(cost),
        tags: [("iamPrincipal/team".to_owned(), team.to_owned())].into(),
        ..LineItem::bedrock_usage(period(month))
    }
}

/// By user instead of by tag.
fn rules_by_user(user: &str) -> Ownership {
    let text = format!(
        "[[rule]]\nname = \"{user}\"\nteam = \"Platform\"\nmatch = {{ principal = \"*user/{user}\" }}\n\
         [[rule]]\nname = \"tagged\"\nteam_from_tag = \"team\"\n"
    );
    Ownership::parse(&text).expect("rules")
}

/// What was said of a data version: each question and its answer.
struct Said {
    version: String,
    answers: Vec<Value>,
}

/// What does not depend on how the version was asked for.
fn substance(mut answer: Value) -> Value {
    answer.as_object_mut().expect("an answer").remove("links");
    answer["meta"].as_object_mut().expect("meta").remove("query");
    answer
}

async fn said_now(world: &World) -> Said {
    let mut answers = Vec::new();
    for question in QUESTIONS {
        answers.push(substance(world.get(question).await));
    }
    let version = answers[0]["meta"]["data_version"].as_str().expect("a version").to_owned();
    Said { version, answers }
}

async fn write_month(world: &World, month: &str, cost: u32) {
    let cost = cost.to_string();
    world.write(
        period(month),
        &[line(month, "alice", "Data Science", &cost), line(month, "bob", "Platform", "0.000000000001")],
    );
    world.refresh_well().await;
}

/// Two months, one of them read again, other rules, and both read again: six data versions.
async fn a_history(world: &World) -> Vec<Said> {
    let mut history = Vec::new();
    for month in MONTHS {
        write_month(world, month, 1).await;
    }
    history.push(said_now(world).await);
    write_month(world, "2026-09", 20).await;
    history.push(said_now(world).await);
    world.store.apply_ownership(&rules_by_user("alice"), now()).await.expect("rules");
    history.push(said_now(world).await);
    write_month(world, "2026-09", 300).await;
    history.push(said_now(world).await);
    write_month(world, "2026-08", 4000).await;
    history.push(said_now(world).await);
    history
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_version_that_is_kept_says_what_it_said(pool: PgPool) {
    let world = World::new(pool).await;
    let history = a_history(&world).await;
    let different: Vec<&str> = history
        .windows(2)
        .filter(|pair| pair[0].answers == pair[1].answers)
        .map(|pair| pair[1].version.as_str())
        .collect();
    assert!(different.is_empty(), "each version of this history says something else: {different:?}");
    for said in &history {
        for (question, answer) in QUESTIONS.iter().zip(&said.answers) {
            let again = world.get(&format!("{question}&as_of={}", said.version)).await;
            assert_eq!(again["meta"]["query"]["as_of"], said.version.as_str());
            assert_eq!(&substance(again), answer, "{question} as of {}", said.version);
        }
    }
    // The answer's own link asks the same.
    let again = world.get(&format!("{}&as_of={}", QUESTIONS[1], history[0].version)).await;
    assert_eq!(world.get(again["links"]["self"].as_str().expect("a link")).await, again);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_table_and_a_body_are_as_of_a_version_too(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-09", 1).await;
    let (_, before) = world.ask_for_text("/v1/costs?period=2026-09&group_by=team&format=csv").await;
    let version = world.get("/v1/teams").await["meta"]["data_version"].as_str().expect("a version").to_owned();
    write_month(&world, "2026-09", 20).await;
    let (_, now) = world.ask_for_text("/v1/costs?period=2026-09&group_by=team&format=csv").await;
    assert_ne!(now, before);
    let path = format!("/v1/costs?period=2026-09&group_by=team&format=csv&as_of={version}");
    assert_eq!(world.ask_for_text(&path).await.1, before);

    let body = json!({ "period": ["2026-09"], "group_by": ["team"], "as_of": version });
    let request = Request::post("/v1/costs:query").header("content-type", "application/json");
    let answer = send(&world.router, request.body(Body::from(body.to_string())).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let costs = costs_by(&answer.json(), &["team"]);
    assert_eq!(costs[0], (vec![Some("data-science".to_owned())], "1".to_owned()));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_day_means_what_was_served_when_it_ended(pool: PgPool) {
    let world = World::new(pool).await;
    let history = a_history(&world).await;
    // One version each day, the last one today.
    let last = history.len() as i64 - 1;
    for (place, said) in history.iter().enumerate() {
        let published_at = now() - TimeDelta::days(last - place as i64);
        sqlx::query("update data_version set published_at = $1 where data_version = $2")
            .bind(published_at)
            .bind(said.version[1..].parse::<i64>().expect("a number"))
            .execute(&world.pool)
            .await
            .expect("another day");
    }
    sqlx::query("update data_version set published_at = $1 where data_version < $2")
        .bind(now() - TimeDelta::days(last))
        .bind(history[0].version[1..].parse::<i64>().expect("a number"))
        .execute(&world.pool)
        .await
        .expect("another day");
    for (place, said) in history.iter().enumerate() {
        let day = (now() - TimeDelta::days(last - place as i64)).date_naive();
        let answer = world.get(&format!("{}&as_of={day}", QUESTIONS[1])).await;
        assert_eq!(answer["meta"]["data_version"], said.version.as_str(), "{day}");
        assert_eq!(answer["data"], said.answers[1]["data"], "{day}");
    }
    let too_early = (now() - TimeDelta::days(last + 1)).date_naive();
    let (status, problem) = world.ask(&format!("{}&as_of={too_early}", QUESTIONS[1])).await;
    assert_eq!((status, &problem["errors"][0]["parameter"]), (StatusCode::BAD_REQUEST, &json!("as_of")));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn how_far_a_month_had_come_is_said_as_of_the_day(pool: PgPool) {
    let world = World::new(pool).await;
    let month = "2026-10";
    let invoiced = LineItem { invoice_id: Some("INV-1".into()), ..line(month, "alice", "ds", "1") };
    world.write(period(month), &[invoiced]);
    world.refresh_well().await;
    sqlx::query("update data_version set published_at = '2026-10-30T12:00:00Z'")
        .execute(&world.pool)
        .await
        .expect("a day");
    let question = format!("/v1/costs?period={month}");
    assert_eq!(world.get(&question).await["meta"]["period_status"], json!({ month: "provisional" }));
    let then = world.get(&format!("{question}&as_of=2026-10-31")).await;
    assert_eq!(then["meta"]["period_status"], json!({ month: "open" }));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_cannot_be_said_again_is_told_with_what_can(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-09", 1).await;
    let mut problems = Vec::new();
    for as_of in ["v99", "v999999999999999999", "2026-11-24", "2026-11-22", "0", "2026-02-30", "v01", ""] {
        let (status, problem) = world.ask(&format!("/v1/costs?as_of={as_of}")).await;
        assert_eq!((status, &problem["errors"][0]["parameter"]), (StatusCode::BAD_REQUEST, &json!("as_of")), "{as_of}");
        problems.push(format!("{as_of}: {}", problem["errors"][0]["detail"].as_str().expect("a sentence")));
    }
    insta::assert_snapshot!(problems.join("\n"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn five_versions_of_a_month_and_five_sets_of_rules_are_kept(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-09", 1).await;
    let first = said_now_of(&world).await;
    for cost in 2..=6 {
        write_month(&world, "2026-09", cost).await;
        assert_eq!(cost_as_of(&world, &first).await, Ok("1.000000000001".to_owned()), "after {cost} loads");
    }
    write_month(&world, "2026-09", 7).await;
    let oldest = cost_as_of(&world, &first).await.expect_err("the first load is gone");
    insta::assert_snapshot!(oldest);

    let before_rules = said_now_of(&world).await;
    for user in ["a", "b", "c", "d", "e"] {
        world.store.apply_ownership(&rules_by_user(user), now()).await.expect("rules");
        assert_eq!(
            cost_as_of(&world, &before_rules).await,
            Ok("7.000000000001".to_owned()),
            "under the rules of {user}"
        );
    }
    world.store.apply_ownership(&rules_by_user("f"), now()).await.expect("rules");
    let oldest = cost_as_of(&world, &before_rules).await.expect_err("the rules are gone");
    insta::assert_snapshot!(oldest);
    let owners: i64 = sqlx::query_scalar("select count(distinct ownership_id) from owner")
        .fetch_one(&world.pool)
        .await
        .expect("owners");
    assert_eq!(owners, 6, "those in force, and five before");
}

async fn said_now_of(world: &World) -> String {
    world.get("/v1/costs").await["meta"]["data_version"].as_str().expect("a version").to_owned()
}

/// What September cost, or why that is not known.
async fn cost_as_of(world: &World, version: &str) -> Result<String, String> {
    let (status, answer) = world.ask(&format!("/v1/costs?period=2026-09&group_by=team&as_of={version}")).await;
    if status == StatusCode::OK {
        return Ok(answer["meta"]["totals"][0]["cost"].as_str().expect("a cost").to_owned());
    }
    assert_eq!((status, &answer["type"]), (StatusCode::GONE, &json!("/problems/data-version-gone")));
    Err(answer["detail"].as_str().expect("a sentence").to_owned())
}

/// A team sees what it owned then, and nothing of what it owns now.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_team_sees_its_own_lines_of_then(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-09", 1).await;
    let before = said_now_of(&world).await;
    world.store.apply_ownership(&rules_by_user("alice"), now()).await.expect("rules");
    let of_platform = GrantText { teams: vec!["platform".to_owned()], ..GrantText::default() };
    let platform = world.as_caller(of("ann", of_platform));
    let cost = async |path: String| {
        let answer = well(&platform, &path).await;
        answer["meta"]["totals"][0]["cost"].as_str().map(str::to_owned)
    };
    assert_eq!(cost("/v1/costs?period=2026-09".to_owned()).await.as_deref(), Some("1.000000000001"));
    let then = cost(format!("/v1/costs?period=2026-09&as_of={before}")).await;
    assert_eq!(then.as_deref(), Some("0.000000000001"));
}
