//! Whatever a value holds, it is refused or it is compared: it changes no sum and breaks nothing.

use axum::http::StatusCode;
use sample::LineItem;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::asking::{MONTH, bill, caller, costs, drill, lines, month, post};
use crate::support::{World, amount};

const HOSTILE: &str = "x' or '1'='1' -- /* \u{fc}\u{202e} */ \"; drop table drilldown";

fn values() -> Vec<String> {
    let given = [
        "'",
        "''",
        "\\'",
        "' or '1'='1",
        "any",
        "is",
        "'; drop table load; --",
        "-- x",
        "/* x */",
        "?",
        "$1",
        "%",
        "_",
        "\u{1F4A9}\u{202e}\u{0301}\u{feff}",
        "a\tb\r\nc",
        "=cmd|' /C calc'!A0",
        "null",
        "nul\0",
        "\0",
        "\u{d7ff}\u{e000}",
        HOSTILE,
    ];
    given.into_iter().map(str::to_owned).chain(["'".repeat(10_240), "x".repeat(1001), "'".repeat(500)]).collect()
}

fn bodies(value: &str) -> Vec<(&'static str, Value)> {
    let field = |name: &str| json!({ "period": MONTH, name: value });
    vec![
        ("period", json!({ "period": value })),
        ("export", field("export")),
        ("principal", field("principal")),
        ("account", field("account")),
        ("usage_type", field("usage_type")),
        ("charge_type", field("charge_type")),
        ("day", field("day")),
        ("tag", json!({ "period": MONTH, "tag": { "key": "note", "value": value } })),
        ("key", json!({ "period": MONTH, "tag": { "key": value, "value": "ds" } })),
        ("view", json!({ "period": MONTH, "tag": { "key": format!("resource_tags/{value}"), "value": null } })),
        ("field", json!({ "period": MONTH, value: "x" })),
    ]
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_parameter_is_refused_clearly_or_finds_what_it_says(pool: PgPool) {
    let world = World::new(pool).await;
    world.write(month(), &hostile_bill());
    world.refresh_well().await;
    every_value_is_only_compared(&world).await;
}

/// Whether a bill may hold it, and a question.
fn is_held(value: &str) -> bool {
    value.chars().count() <= 1000 && !value.chars().any(char::is_control)
}

/// What the line with this value costs: a sum that says which line it is.
fn cost_of(value: &str) -> Option<String> {
    let place = values().iter().filter(|value| is_held(value)).position(|held| held == value)?;
    Some((1000 + place).to_string())
}

/// The bill, and for each hostile value a line that holds it wherever a text can be.
pub(crate) fn hostile_bill() -> Vec<LineItem<'static>> {
    let hostile = values().into_iter().filter(|value| is_held(value)).map(|value| {
        let text: &'static str = value.leak();
        LineItem {
            iam_principal: Some(text.into()),
            usage_type: text.into(),
            charge_type: text.into(),
            usage_account_id: text.into(),
            tags: [("iamPrincipal/note".to_owned(), text)].into_iter().collect(),
            unblended_cost: amount(&cost_of(text).expect("it is held")),
            ..LineItem::bedrock_usage(month())
        }
    });
    bill().into_iter().chain(hostile).collect()
}

/// Puts every hostile value into every parameter, over this bill on this engine.
pub(crate) async fn every_value_is_only_compared(world: &World) {
    let router = world.as_caller(caller("ann", &[]));
    let (mut refused, mut found) = (0, 0);
    let all: Vec<String> = hostile_bill().iter().map(|line| line.unblended_cost.to_string()).collect();
    for value in values() {
        for (field, body) in bodies(&value) {
            let answer = post(&router, &body).await;
            if answer.status == StatusCode::BAD_REQUEST {
                let shown = answer.json()["detail"].as_str().expect("a sentence").len();
                assert!((1..1000).contains(&shown), "{field}: {}", answer.text);
                refused += 1;
                continue;
            }
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{field} {value:?}: {}", answer.text);
            let (path, _) = drill(world, &router, &body).await;
            let lines = lines(&router, &path, 1000).await;
            let mut expected: Vec<String> = match field {
                // All lines lack this tag.
                "view" => all.clone(),
                "account" | "usage_type" | "charge_type" | "tag" => cost_of(&value).into_iter().collect(),
                // The id of a principal stands here, or an ARN: the text of one is neither. The others find nothing.
                _ => Vec::new(),
            };
            let mut sorted: Vec<&str> = costs(&lines);
            sorted.sort_unstable();
            expected.sort_unstable();
            assert_eq!(sorted, expected, "{field} {value:?}");
            found += lines.len();
        }
    }
    assert!(refused > 100 && found > 100, "{refused} refused, {found} lines found");
    // The principal with a hostile text has an id like any other, and its line is found by it.
    let costs_by = world
        .get(&format!("/v1/costs?period={MONTH}&group_by=principal&filter[usage_type]={}", encoded(HOSTILE)))
        .await;
    let id = &costs_by["data"][0]["principal"];
    let (path, _) = drill(world, &router, &json!({ "period": MONTH, "principal": id })).await;
    assert_eq!(costs(&lines(&router, &path, 100).await), [cost_of(HOSTILE).expect("it is held")]);
    // Nothing has changed.
    let whole = world.get(&format!("/v1/costs?period={MONTH}")).await;
    let sum: u32 = all.iter().map(|cost| cost.parse::<u32>().expect("a whole number")).sum();
    assert_eq!(whole["meta"]["totals"][0]["cost"], sum.to_string());
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn mistakes_are_named_together(pool: PgPool) {
    let world = super::asking::world(pool).await;
    let router = world.as_caller(caller("ann", &[]));
    let answer =
        post(&router, &json!({ "perod": MONTH, "account": 7, "day": "2026-9-1", "tag": { "key": "team" } })).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let problem = answer.json();
    let faults: Vec<&str> =
        problem["errors"].as_array().expect("faults").iter().filter_map(|fault| fault["parameter"].as_str()).collect();
    assert_eq!(faults, ["perod", "period", "account", "day", "tag.value"]);
    assert_eq!(problem["did_you_mean"], "period");
}
