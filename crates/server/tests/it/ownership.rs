//! Who owns what can change without the export being asked, and sessions that are new for each run stay bounded.

use crate::interrupted::load_of_one_line;
use crate::support::{World, amount, costs_by, now, period};
use bill::principal::{FoldRule, SessionFold};
use ledger::Ownership;
use sample::{LineItem, SampleOptions};
use sqlx::{AssertSqlSafe, PgPool};

const MONTH: &str = "2026-09";

fn line(arn: &str, team: &str, cost: &str) -> LineItem<'static> {
    LineItem {
        iam_principal: Some(arn.to_owned().into()),
        unblended_cost: amount(cost),
        tags: if team.is_empty() {
            Default::default()
        } else {
            [("iamPrincipal/team".to_owned(), team.to_owned())].into()
        },
        ..LineItem::bedrock_usage(period(MONTH))
    }
}

fn by_team(answer: &serde_json::Value) -> Vec<(String, String)> {
    costs_by(answer, &["team"]).into_iter().map(|(key, cost)| (key[0].clone().unwrap_or_default(), cost)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(team, cost)| ((*team).to_owned(), (*cost).to_owned())).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn new_rules_move_cost_without_reading_the_export(pool: PgPool) {
    let world = World::new(pool).await;
    world.write(
        period(MONTH),
        &[
            line("arn:aws:iam::123456789012:user/alice", "ds", "1.5"),
            line("arn:aws:sts::123456789012:assumed-role/gateway-prod/tenant-1", "", "2"),
        ],
    );
    world.refresh_well().await;
    let question = format!("/v1/costs?period={MONTH}&group_by=team&order_by=team");
    assert_eq!(by_team(&world.get(&question).await), pairs(&[("ds", "1.5"), ("unattributed", "2")]));

    // Nothing can be read from an export that is gone.
    std::fs::remove_dir_all(world.export_folder()).expect("the removal");
    let rules = Ownership::parse(
        "[[rule]]\nname = \"gateway\"\nteam = \"Platform\"\nmatch = { role = \"gateway-*\" }\n\
         [[rule]]\nname = \"tagged\"\nteam_from_tag = \"team\"\n",
    )
    .expect("rules");
    let applied = world.store.apply_ownership(&rules, now()).await.expect("the rules come into force");
    assert_eq!((applied.changed, applied.loads), (true, 1));
    let answer = world.get(&question).await;
    assert_eq!(by_team(&answer), pairs(&[("ds", "1.5"), ("platform", "2")]));
    assert_eq!(answer["meta"]["ownership_version"], 2);
    let showback = world.get(&format!("/v1/teams/platform/showback?period={MONTH}")).await;
    assert!(showback["data"]["rules"].to_string().contains("gateway"), "{showback}");

    let again = world.store.apply_ownership(&rules, now()).await.expect("the same rules");
    assert!(!again.changed, "the same rules again change nothing");
}

/// A load that is read is given to teams on the way; where rules change, loads that are kept are.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_load_is_given_to_teams_on_the_way_as_from_what_is_kept(pool: PgPool) {
    let world = World::new(pool).await;
    let rules = Ownership::parse(
        "[[rule]]\nname = \"gateway\"\nteam = \"Gateways\"\nmatch = { role = \"*gateway*\" }\n\
         [[rule]]\nname = \"people\"\nteam = \"People\"\nmatch = { person = \"a*\" }\n\
         [[rule]]\nname = \"tagged\"\nteam_from_tag = \"team\"\n",
    )
    .expect("rules");
    world.store.apply_ownership(&rules, now()).await.expect("the rules come into force");
    let options = SampleOptions { lines: 3_000, folder: world.export_folder(), ..SampleOptions::default() };
    sample::write(&options, |_| {}).expect("a sample");
    world.refresh_well().await;
    let on_the_way = given(&world.pool).await;
    assert!(on_the_way.len() > 1_000, "{} rows say who owns what", on_the_way.len());

    world.store.apply_ownership(&Ownership::by_team_tag(), now()).await.expect("other rules");
    for table in ["owner", "team_cost", "team_period_cost", "team_day_cost", "ownership_total"] {
        let forgotten = format!("delete from {table} where ownership_id = 2");
        assert_ne!(
            sqlx::query(AssertSqlSafe(forgotten)).execute(&world.pool).await.expect(table).rows_affected(),
            0,
            "{table}"
        );
    }
    world.store.apply_ownership(&rules, now()).await.expect("the first rules again");
    assert!(given(&world.pool).await == on_the_way, "the same owners and sums, word for word");
}

/// What is worked out when a load is published would hide that nothing was worked out before.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_load_has_owners_and_sums_before_it_is_published(pool: PgPool) {
    let world = World::new(pool).await;
    let _load = load_of_one_line(&world, "10", "10").await;
    let counts: (i64, i64) = sqlx::query_as("select (select count(*) from owner), (select count(*) from team_cost)")
        .fetch_one(&world.pool)
        .await
        .expect("the counts");
    assert_eq!(counts, (1, 1));
}

/// Every row of owners and of sums by team under the second rules, in words.
async fn given(pool: &PgPool) -> Vec<String> {
    let mut rows = Vec::new();
    for table in ["owner", "team_cost", "team_period_cost", "team_day_cost", "ownership_total"] {
        let question = format!("select '{table} ' || row_to_json(t)::text from {table} t where ownership_id = 2");
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(question)).fetch_all(pool).await.expect(table);
        rows.extend(found);
    }
    rows.sort();
    rows
}

/// A team tag that is mended in AWS is not held against its own earlier spelling, and the team shows its new name.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_mended_tag_gives_the_team_its_name(pool: PgPool) {
    let world = World::new(pool).await;
    world.write(period(MONTH), &[line("arn:aws:iam::123456789012:user/alice", "Data-Sciense", "1.5")]);
    world.refresh_well().await;
    world.write(period(MONTH), &[line("arn:aws:iam::123456789012:user/alice", "data-sciense", "1.5")]);
    world.refresh_well().await;
    let teams = world.get("/v1/teams").await;
    assert_eq!(teams["data"][0]["name"], "data-sciense", "{teams}");
    let rules = Ownership::parse(
        "[[rule]]\nname = \"tagged\"\nteam_from_tag = \"team\"\n\
         [[team]]\nslug = \"data-sciense\"\nname = \"Data Science\"\nvalues = [\"data-sciense\"]\n",
    )
    .expect("rules");
    world.store.apply_ownership(&rules, now()).await.expect("the rules come into force");
    let teams = world.get("/v1/teams").await;
    assert_eq!(teams["data"][0]["name"], "Data Science", "{teams}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn rules_that_would_make_one_team_of_two_change_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    world.write(
        period(MONTH),
        &[
            line("arn:aws:iam::123456789012:user/alice", "ds", "1.5"),
            line("arn:aws:sts::123456789012:assumed-role/gateway-prod/tenant-1", "", "2"),
        ],
    );
    world.refresh_well().await;
    let question = format!("/v1/costs?period={MONTH}&group_by=team&order_by=team");
    let before = world.get(&question).await;
    let rules = Ownership::parse(
        "[[rule]]\nname = \"gateway\"\nteam = \"DS\"\nmatch = { role = \"gateway-*\" }\n\
         [[rule]]\nname = \"tagged\"\nteam_from_tag = \"team\"\n",
    )
    .expect("rules");
    let error = world.store.apply_ownership(&rules, now()).await.expect_err("a collision").to_string();
    assert!(error.contains("`DS`") && error.contains("`ds`"), "{error}");
    assert_eq!(world.get(&question).await, before);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn folded_sessions_are_few_and_cost_the_same(pool: PgPool) {
    let mut world = World::new(pool).await;
    let rule = |role: &str, session: &str| FoldRule { role: role.to_owned(), session: session.to_owned() };
    world.refresher.fold =
        SessionFold::new(&[rule("AmazonBedrockAgentCore*", "*"), rule("ci-*", "run-*")]).expect("two rules");
    let account = "arn:aws:sts::123456789012:assumed-role";
    let mut lines = Vec::new();
    for run in 0..50 {
        lines.push(line(&format!("{account}/AmazonBedrockAgentCoreRuntime-x/session-{run}"), "", "0.01"));
        lines.push(line(&format!("{account}/ci-build/run-{run}"), "", "0.001"));
    }
    lines.push(line(&format!("{account}/ci-build/alice@acme.org"), "", "5"));
    world.write(period(MONTH), &lines);
    world.refresh_well().await;
    let answer = world.get(&format!("/v1/costs?period={MONTH}&group_by=principal,session&order_by=-cost")).await;
    let rows: Vec<_> = costs_by(&answer, &["principal_arn", "session"])
        .into_iter()
        .map(|(key, cost)| (key[0].clone().unwrap_or_default(), key[1].clone().unwrap_or_default(), cost))
        .collect();
    let row = |role: &str, session: &str, cost: &str| {
        (format!("{account}/{role}/{session}"), session.to_owned(), cost.to_owned())
    };
    assert_eq!(
        rows,
        [
            row("ci-build", "alice@acme.org", "5"),
            row("AmazonBedrockAgentCoreRuntime-x", "*", "0.5"),
            row("ci-build", "*", "0.05"),
        ]
    );
}
