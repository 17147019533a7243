//! A history of loads and rules, and what was said of each of its versions.

use axum::Router;
use axum::http::StatusCode;
use bill::principal::Principal;
use ledger::Ownership;
use sample::LineItem;
use serde_json::{Value, json};

use crate::drilldowns::asking::get;
use crate::support::{World, amount, now, period};

const MONTHS: [&str; 2] = ["2026-08", "2026-09"];

/// Each ends so that another parameter can follow. `ALICE` stands for the id of a principal.
const QUESTIONS: &[&str] = &[
    "/v1/costs?period=2026-08,2026-09&granularity=monthly",
    "/v1/costs?period=2026-08,2026-09&group_by=team",
    "/v1/costs?period=2026-09&granularity=daily&group_by=team,model",
    "/v1/costs?period=2026-09&group_by=principal,tag:team,charge_type",
    "/v1/costs?period=2026-09&compare=previous&group_by=team&top=1",
    "/v1/costs?start=2026-08-01&end=2026-10-01&group_by=person",
    "/v1/costs?group_by=team&filter[team]=data-science,platform",
    "/v1/summary?period=2026-09",
    "/v1/summary?period=2026-09&format=csv",
    "/v1/teams?period=2026-09",
    "/v1/teams?period=2026-09&format=csv",
    "/v1/teams/platform?cost=unblended",
    "/v1/teams/platform/showback?period=2026-09",
    "/v1/teams/platform/showback?period=2026-09&format=csv",
    "/v1/teams/data-science/showback?period=2026-09",
    // A team that the first rules do not know.
    "/v1/teams/research/showback?period=2026-09",
    "/v1/tags?period=2026-09",
    "/v1/tags?period=2026-09&format=csv",
    "/v1/tags/team?period=2026-09",
    "/v1/tags/team/values/Platform/showback?period=2026-09",
    "/v1/tags/team/values/Platform/showback?period=2026-09&format=csv",
    "/v1/principals?period=2026-09&q=user",
    "/v1/principals?period=2026-09&format=csv",
    "/v1/principals/ALICE?cost=unblended",
    "/v1/models?period=2026-09",
    "/v1/models?period=2026-09&format=csv",
    "/v1/models/claude-sonnet-4.6?cost=unblended",
    "/v1/dimensions/team/values?period=2026-09",
    "/v1/dimensions/principal/values?period=2026-09&format=csv",
];

/// What is asked of every version.
pub(super) fn questions() -> Vec<String> {
    let alice = Principal::parse(Some("arn:aws:iam::123456789012:user/alice")).expect("a principal").id;
    QUESTIONS.iter().map(|question| question.replace("ALICE", &alice)).collect()
}

pub(super) fn line(month: &str, user: &str, team: &str, cost: &str) -> LineItem<'static> {
    LineItem {
        iam_principal: Some(format!("arn:aws:iam::123456789012:user/{user}").into()),
        unblended_cost: amount(cost),
        tags: [("iamPrincipal/team".to_owned(), team.to_owned())].into(),
        ..LineItem::bedrock_usage(period(month))
    }
}

/// This user's lines go to this team, all others by tag.
pub(super) fn rules_giving(user: &str, team: &str) -> Ownership {
    let text = format!(
        "[[rule]]\nname = \"{user}\"\nteam = \"{team}\"\nmatch = {{ principal = \"*user/{user}\" }}\n\
         [[rule]]\nname = \"tagged\"\nteam_from_tag = \"team\"\n"
    );
    Ownership::parse(&text).expect("rules")
}

/// What was said of a data version: an answer to each question.
pub(super) struct Said {
    pub(super) version: String,
    pub(super) answers: Vec<Value>,
}

/// What is answered, without what depends on how the version was asked for: of a problem its kind, a table as a text.
pub(super) async fn say(router: &Router, question: &str) -> Value {
    let answer = get(router, question).await;
    if answer.status != StatusCode::OK {
        return json!({ "status": answer.status.as_u16(), "type": answer.json()["type"] });
    }
    if question.contains("format=csv") {
        return Value::String(answer.text);
    }
    let mut answer = answer.json();
    answer["meta"].as_object_mut().expect("meta").remove("query");
    without_links(&mut answer);
    answer
}

fn without_links(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("links");
            fields.values_mut().for_each(without_links);
        }
        Value::Array(values) => values.iter_mut().for_each(without_links),
        _ => {}
    }
}

async fn said_now(world: &World, router: &Router) -> Said {
    let version = world.get("/v1/periods").await["meta"]["data_version"].as_str().expect("a version").to_owned();
    let mut answers = Vec::new();
    for question in questions() {
        answers.push(say(router, &question).await);
    }
    Said { version, answers }
}

pub(super) async fn write_month(world: &World, month: &str, cost: u32) {
    let cost = cost.to_string();
    world.write(
        period(month),
        &[line(month, "alice", "Data Science", &cost), line(month, "bob", "Platform", "0.000000000001")],
    );
    world.refresh_well().await;
}

/// Two months, one of them read again, other rules, one month read again, other rules with a new team, and the other month
/// read again: what each of these versions says to whoever is behind this router.
pub(super) async fn a_history(world: &World, router: &Router) -> Vec<Said> {
    let mut history = Vec::new();
    for month in MONTHS {
        write_month(world, month, 1).await;
    }
    history.push(said_now(world, router).await);
    write_month(world, "2026-09", 20).await;
    history.push(said_now(world, router).await);
    world.store.apply_ownership(&rules_giving("alice", "Platform"), now()).await.expect("rules");
    history.push(said_now(world, router).await);
    write_month(world, "2026-09", 300).await;
    history.push(said_now(world, router).await);
    world.store.apply_ownership(&rules_giving("alice", "Research"), now()).await.expect("rules");
    history.push(said_now(world, router).await);
    write_month(world, "2026-08", 4000).await;
    history.push(said_now(world, router).await);
    history
}
