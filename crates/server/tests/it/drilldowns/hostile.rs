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
    given.into_iter().map(str::to_owned).chain(["'".repeat(10_240), "x".repeat(1001), "'".repeat(1000)]).collect()
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
        ("tag", json!({ "period": MONTH, "tag": { "key": "team", "value": value } })),
        ("key", json!({ "period": MONTH, "tag": { "key": value, "value": "ds" } })),
        ("view", json!({ "period": MONTH, "tag": { "key": format!("resource_tags/{value}"), "value": null } })),
        ("field", json!({ "period": MONTH, value: "x" })),
    ]
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_parameter_is_refused_clearly_or_finds_what_it_says(pool: PgPool) {
    let world = World::new(pool).await;
    let mut written = bill();
    // One line that holds the hostile text wherever a text can be.
    written.push(LineItem {
        iam_principal: Some(HOSTILE.into()),
        usage_type: HOSTILE.into(),
        charge_type: HOSTILE.into(),
        usage_account_id: HOSTILE.into(),
        tags: [("iamPrincipal/team".to_owned(), HOSTILE)].into_iter().collect(),
        unblended_cost: amount("512"),
        ..LineItem::bedrock_usage(month())
    });
    world.write(month(), &written);
    world.refresh_well().await;
    let router = world.as_caller(caller("ann", &[]));
    let (mut refused, mut found) = (0, 0);
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
            let (path, _) = drill(&world, &router, &body).await;
            let lines = lines(&router, &path, 1000).await;
            let expected: &[&str] = match field {
                // The id of a principal stands here, or an ARN: the text of one is neither.
                "principal" => &[],
                // All ten lines lack this tag.
                "view" => &["1", "8", "64", "512", "2", "16", "128", "4", "32", "256"],
                _ if value == HOSTILE && field != "key" => &["512"],
                _ => &[],
            };
            let mut sorted: Vec<&str> = costs(&lines);
            let mut expected = expected.to_vec();
            sorted.sort_unstable();
            expected.sort_unstable();
            assert_eq!(sorted, expected, "{field} {value:?}");
            found += lines.len();
        }
    }
    assert!(refused > 100 && found > 100, "{refused} refused, {found} lines found");
    // The principal with the hostile text has an id like any other, and its line is found by it.
    let costs_by = world
        .get(&format!("/v1/costs?period={MONTH}&group_by=principal&filter[usage_type]={}", encoded(HOSTILE)))
        .await;
    let id = &costs_by["data"][0]["principal"];
    let (path, _) = drill(&world, &router, &json!({ "period": MONTH, "principal": id })).await;
    assert_eq!(costs(&lines(&router, &path, 100).await), ["512"]);
    // Nothing has changed.
    let whole = world.get(&format!("/v1/costs?period={MONTH}")).await;
    assert_eq!(whole["meta"]["totals"][0]["cost"], "1023");
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
    assert_eq!(faults, ["perod", "period", "account", "day", "tag"]);
    assert_eq!(problem["did_you_mean"], "period");
}
