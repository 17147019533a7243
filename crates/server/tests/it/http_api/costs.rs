//! `/v1/costs` over the bill of two months.

use axum::http::StatusCode;
use bill::principal::Principal;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::bill_of_two_months::{ALICE, GATEWAY, publish};
use super::client::{Client, column};

#[sqlx::test(migrations = "../../migrations")]
async fn a_whole_answer_says_what_it_is_and_ties_out(pool: PgPool) {
    publish(&pool).await;
    let answer = Client::new(pool).get("/v1/costs?period=2026-10&group_by=team,tag:cost-center&order_by=-cost").await;
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(answer.header("content-type"), "application/json");
    insta::assert_snapshot!(indented(&answer.text));
}

/// JSON with a line for each key, in the order of the answer, which `serde_json::Value` would not keep.
fn indented(text: &str) -> String {
    let mut shown = String::new();
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for character in text.chars() {
        if in_text || !matches!(character, '{' | '}' | '[' | ']' | ',') {
            shown.push(character);
            in_text ^= character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            continue;
        }
        if matches!(character, '}' | ']') {
            depth -= 1;
            shown.truncate(shown.trim_end().len());
            shown.push_str(&format!("\n{}", "  ".repeat(depth)));
        }
        shown.push(character);
        if matches!(character, '{' | '[') {
            depth += 1;
        }
        if !matches!(character, '}' | ']') {
            shown.push_str(&format!("\n{}", "  ".repeat(depth)));
        }
    }
    shown
}

#[sqlx::test(migrations = "../../migrations")]
async fn without_a_period_the_latest_one_answers(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let latest = client.get_ok("/v1/costs").await;
    assert_eq!(latest, client.get_ok("/v1/costs?period=2026-10").await);
    assert_eq!(latest["meta"]["query"], json!({"period": "2026-10", "granularity": "total", "cost": "unblended"}));
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_grouping_adds_up_to_the_same_totals(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let dimensions = "payer account region team principal identity role session person provider model token_kind cache \
                      tier routing charge_type billing_entity product usage_type operation invoice tag:team \
                      tag:resourceTags/none tag:cost_category/none";
    for dimension in dimensions.split_whitespace() {
        for granularity in ["total", "monthly", "daily"] {
            let path = format!("/v1/costs?period=2026-09,2026-10&group_by={dimension}&granularity={granularity}");
            let answer = client.get_ok(&path).await;
            assert_eq!(sum(&answer["data"], "USD"), amount("1.300000000001"), "{path}");
            assert_eq!(sum(&answer["data"], "CNY"), amount("3"), "{path}");
            assert_eq!(sum(&answer["meta"]["totals"], "USD"), amount("1.300000000001"), "{path}");
            assert_eq!(answer["meta"]["rows"], answer["data"].as_array().expect("rows").len(), "{path}");
            let has_key = |row: &Value| row.as_object().expect("a row").contains_key(dimension);
            assert!(answer["data"].as_array().expect("rows").iter().all(has_key), "{path}");
        }
    }
}

fn amount(text: &str) -> bill::Amount {
    text.parse().expect("an amount")
}

fn sum(rows: &Value, currency: &str) -> bill::Amount {
    let rows = rows.as_array().expect("rows").iter().filter(|row| row["currency"] == currency);
    rows.map(|row| amount(row["cost"].as_str().expect("a cost is text"))).sum()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_filter_and_its_complement_are_everything(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    for filter in ["[team]=unattributed", "[principal]=", "[tag:cost-center]=CC-1,", "[model]=claude-a", "[person]=x"] {
        let kept = client.get_ok(&format!("/v1/costs?filter{filter}")).await;
        let left = client.get_ok(&format!("/v1/costs?exclude{filter}")).await;
        for (currency, all) in [("USD", "0.300000000001"), ("CNY", "3")] {
            let both = sum(&kept["meta"]["totals"], currency) + sum(&left["meta"]["totals"], currency);
            assert_eq!(both, amount(all), "{filter}");
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_principal_comes_with_its_arn_and_can_be_asked_for_by_either(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let answer = client.get_ok("/v1/costs?group_by=principal,identity&order_by=principal&filter[tag:team]=Web").await;
    let id = Principal::parse(Some(GATEWAY)).expect("a principal").id;
    assert_eq!(
        answer["data"],
        json!([{
            "principal": id, "principal_arn": GATEWAY, "identity": "assumed_role", "cost": "0.000000000001",
            "currency": "USD", "line_items": 1,
            "tokens": {"input": "0", "output": "0", "cache_read": "0", "cache_write": "0"},
        }])
    );
    let alice = Principal::parse(Some(ALICE)).expect("a principal").id;
    let by_arn = client.get_ok(&format!("/v1/costs?filter[principal]={ALICE}")).await;
    assert_eq!(by_arn, client.get_ok(&format!("/v1/costs?filter[principal]={alice}")).await);
    assert_eq!(sum(&by_arn["data"], "USD"), amount("0.35"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn days_are_half_open_and_cross_months(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let answer =
        client.get_ok("/v1/costs?start=2026-09-30&end=2026-10-02&granularity=daily&filter[team]=data-science").await;
    assert_eq!(column(&answer["data"], "date"), ["2026-09-30", "2026-10-01", "2026-10-01"]);
    assert_eq!(answer["meta"]["period_status"], json!({"2026-09": "provisional", "2026-10": "open"}));
    assert_eq!(answer["meta"]["notes"].as_array().expect("notes").len(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn time_without_data_is_a_problem_and_not_an_empty_answer(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    for query in ["period=2027-10", "period=2026-10,2025-01", "start=2025-01-01&end=2025-02-01"] {
        let answer = client.get(&format!("/v1/costs?{query}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{query}");
        assert_eq!(answer.json()["type"], "/problems/period-not-loaded");
        assert_eq!(answer.json()["loaded_periods"], json!(["2026-09", "2026-10"]));
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_export_without_net_cost_is_said_to_be_one(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let notes = |answer: Value| answer["meta"]["notes"].clone();
    let october = notes(client.get_ok("/v1/costs?cost=net_unblended").await);
    assert_eq!(october, json!(["Export `main` has no net unblended cost for 2026-10: its unblended cost is used."]));
    assert_eq!(notes(client.get_ok("/v1/costs?cost=net_unblended&period=2026-09").await), json!([]));
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_link_to_itself_asks_the_same_question(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let asked = r"/v1/costs?group_by=model,tag:cost-center&filter%5Btag:team%5D=Data+Science,a%5C,b&exclude[model]=&order_by=-tag:cost-center";
    let answer = client.get_ok(asked).await;
    assert_eq!(answer["meta"]["query"]["filter[tag:team]"], r"Data Science,a\,b");
    assert_eq!(answer, client.get_ok(answer["links"]["self"].as_str().expect("a link")).await);
}
