//! Pages, the largest, and comparisons, over the bill of two months.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::bill_of_two_months::publish;
use super::client::{Client, column};

#[sqlx::test(migrations = "../../migrations")]
async fn pages_lead_from_one_to_the_next_in_links_and_header(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let first = client.get("/v1/costs?group_by=model&limit=2").await;
    let body = first.json();
    let next = body["links"]["next"].as_str().expect("another page");
    assert_eq!(first.header("link"), format!("<{next}>; rel=\"next\""));
    assert_eq!(column(&body["data"], "model"), ["claude-a", "claude-a"]);
    assert_eq!((&body["meta"]["rows"], &body["meta"]["query"]["limit"]), (&json!(2), &json!("2")));
    assert_eq!(body["meta"]["totals"].as_array().map(Vec::len), Some(2), "of the whole answer");

    let second = client.get(next).await;
    assert_eq!(second.header("link"), "");
    assert_eq!(column(&second.json()["data"], "model"), ["nova-b", "null"]);
    assert_eq!(second.json()["links"]["first"], body["links"]["self"]);
    assert_eq!(second.json()["links"].get("next"), None);
    assert_eq!(second.json()["meta"]["totals"], body["meta"]["totals"]);

    // How long a page is may change on the way.
    let longer = client.get_ok(&next.replace("limit=2", "limit=1000")).await;
    assert_eq!(longer["data"], second.json()["data"]);
    let cursor = next.split("cursor=").last().expect("a cursor");
    assert_eq!(body["meta"]["next_cursor"], cursor);
    let alone = client.get_ok(&format!("/v1/costs?group_by=model&cursor={cursor}")).await;
    assert_eq!((&alone["data"], &alone["meta"]["query"]["limit"]), (&longer["data"], &json!("10000")));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_cursor_of_another_question_is_none_of_this(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let cursor = client.get_ok("/v1/costs?group_by=model&limit=2").await["meta"]["next_cursor"].clone();
    let cursor = cursor.as_str().expect("a cursor");
    for other in ["group_by=team", "group_by=model&cost=list", "group_by=model&period=2026-09", "group_by=model&top=1"]
    {
        let answer = client.get(&format!("/v1/costs?{other}&limit=2&cursor={cursor}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{other}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["parameter"], "cursor", "{other}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_not_among_the_largest_is_one_row_of_each_currency(pool: PgPool) {
    publish(&pool).await;
    let answer = Client::new(pool).get_ok("/v1/costs?group_by=model,charge_type&top=1&order_by=-cost").await;
    let tokens = json!({"input": "1000", "output": "200", "cache_read": "0", "cache_write": "0"});
    let none = json!({"input": "0", "output": "0", "cache_read": "0", "cache_write": "0"});
    let cached = json!({"input": "0", "output": "0", "cache_read": "10", "cache_write": "0"});
    assert_eq!(
        answer["data"],
        json!([
            {"model": "claude-a", "charge_type": "Usage", "others": false, "others_count": 0, "cost": "3",
             "currency": "CNY", "tokens": cached, "line_items": 1},
            {"model": "claude-a", "charge_type": "Usage", "others": false, "others_count": 0, "cost": "0.35",
             "currency": "USD", "tokens": tokens, "line_items": 3},
            {"model": null, "charge_type": null, "others": true, "others_count": 2, "cost": "-0.049999999999",
             "currency": "USD", "tokens": none, "line_items": 2},
        ])
    );
    assert_eq!(answer["meta"]["query"]["top"], "1");
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_period_before_stands_beside_each_row(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let answer = client.get_ok("/v1/costs?group_by=model&compare=previous&order_by=-cost").await;
    let compared: Vec<(&str, &str, Value)> = answer["data"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            (row["model"].as_str().unwrap_or("null"), row["cost"].as_str().expect("a cost"), row["compare"].clone())
        })
        .collect();
    let nothing = |change: &str| json!({"cost": "0", "change": change, "change_percent": null});
    assert_eq!(
        compared,
        [
            ("claude-a", "3", nothing("3")),
            ("claude-a", "0.35", json!({"cost": "1", "change": "-0.65", "change_percent": "-65"})),
            ("nova-b", "0.000000000001", nothing("0.000000000001")),
            ("null", "-0.05", nothing("-0.05")),
        ]
    );
    let beside = &answer["meta"]["compare"];
    assert_eq!((&beside["period"], &beside["totals"][0]["cost"]), (&json!("2026-09"), &json!("1")));
    assert_eq!(answer["meta"]["query"]["compare"], "2026-09");
    assert_eq!(answer["meta"]["period_status"], json!({"2026-09": "provisional", "2026-10": "open"}));
    assert_eq!(answer, client.get_ok("/v1/costs?group_by=model&compare=2026-09&order_by=-cost").await);

    // Seen from September, October is what costs something alone.
    let back =
        client.get_ok("/v1/costs?period=2026-09&group_by=charge_type&compare=2026-10&order_by=charge_type").await;
    assert_eq!(column(&back["data"], "charge_type"), ["Credit", "Usage", "Usage"]);
    assert_eq!(column(&back["data"], "cost"), ["0", "0", "1"]);
    let credit = json!({"cost": "-0.05", "change": "0.05", "change_percent": "100"});
    assert_eq!((&back["data"][0]["compare"], &back["data"][0]["line_items"]), (&credit, &json!(0)));
}

#[sqlx::test(migrations = "../../migrations")]
async fn each_mistake_names_its_parameter_and_what_would_be_right(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    for (query, kind, parameter, says) in [
        ("limit=0", "invalid-value", "limit", "a number from 1 to 10000"),
        ("limit=10001", "invalid-value", "limit", "a number from 1 to 10000"),
        ("limit=+1", "invalid-value", "limit", "a number from 1 to 10000"),
        ("limit=1&limit=1", "repeated-parameter", "limit", "more than once"),
        ("cursor=", "invalid-value", "cursor", "follow `links.next`"),
        ("cursor=abc", "invalid-value", "cursor", "follow `links.next`"),
        ("group_by=team&top=1001", "invalid-value", "top", "a number from 1 to 1000"),
        ("group_by=team&top=ten", "invalid-value", "top", "a number from 1 to 1000"),
        ("top=10", "conflicting-parameters", "top", "needs a `group_by`"),
        ("compare=prevoius", "invalid-value", "compare", "neither `previous` nor a billing period"),
        ("period=2026-10&compare=2026-10", "invalid-value", "compare", "compared with itself"),
        ("compare=2026-10", "invalid-value", "compare", "compared with itself"),
        ("period=2026-09,2026-10&compare=previous", "conflicting-parameters", "compare", "one `period`"),
        ("start=2026-10-01&end=2026-10-02&compare=previous", "conflicting-parameters", "compare", "`period`"),
        ("granularity=daily&compare=previous", "conflicting-parameters", "compare", "leave `granularity` out"),
    ] {
        let answer = client.get(&format!("/v1/costs?{}", query.replace('+', "%2B"))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        let problem = answer.json();
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{query}");
        assert_eq!(problem["errors"][0]["parameter"], parameter, "{query}");
        let detail = problem["errors"][0]["detail"].as_str().expect("a sentence");
        assert!(detail.contains(says), "{query}: {detail}");
    }
    for query in ["period=2026-09&compare=previous", "compare=2025-12"] {
        let answer = client.get(&format!("/v1/costs?{query}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{query}");
        assert_eq!(answer.json()["loaded_periods"], json!(["2026-09", "2026-10"]), "{query}");
    }
}
