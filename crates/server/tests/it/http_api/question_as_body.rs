//! `POST /v1/costs:query`: the question of `/v1/costs` as a body.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::bill_of_two_months::publish;
use super::client::Client;

const PATH: &str = "/v1/costs:query";

#[sqlx::test(migrations = "../../migrations")]
async fn a_body_is_answered_like_the_query_string_that_it_stands_for(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    for body in [
        json!({}),
        json!({"period": ["2026-09", "2026-10"], "granularity": "daily", "group_by": ["team", "tag:cost-center"]}),
        json!({"group_by": ["model"], "filter": {"tag:cost-center": ["CC-1", null], "model": ["claude-a", null]}}),
        json!({"filter": {"or:model": ["nova-b"], "or:tag:cost-center": [null]}, "exclude": {"and:team": ["web"]}}),
        json!({"start": "2026-09-30", "end": "2026-10-02", "group_by": ["principal"], "order_by": "principal"}),
        json!({"group_by": ["charge_type"], "top": 1, "compare": "previous", "cost": "list", "order_by": "-cost"}),
        json!({"group_by": ["model"], "limit": 2}),
    ] {
        let answer = client.post(PATH, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text);
        assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store", ""), "{body}");
        let found = answer.json();
        let same = client.get(found["links"]["self"].as_str().expect("a link")).await;
        assert_eq!(answer.text, same.text, "{body}");
        assert_eq!(answer.header("link"), same.header("link"), "{body}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_body_leads_from_page_to_page_by_the_cursor_of_the_one_before(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let mut body = json!({"group_by": ["model"], "limit": 3});
    let first = client.post(PATH, &body).await.json();
    body["cursor"] = first["meta"]["next_cursor"].clone();
    let second = client.post(PATH, &body).await.json();
    assert_eq!((&first["meta"]["rows"], &second["meta"]["rows"]), (&json!(3), &json!(1)));
    assert_eq!(second["meta"].get("next_cursor"), None);
    assert_eq!(second, client.get_ok(first["links"]["next"].as_str().expect("a link")).await);
}

/// Filters that no query string could hold, which is what a body is for.
#[sqlx::test(migrations = "../../migrations")]
async fn a_question_that_is_too_long_for_a_link_has_none(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let mut models: Vec<String> = (0..99).map(|number| format!("{}{number}", "x".repeat(300))).collect();
    models.push("claude-a".to_owned());
    let body = json!({"filter": {"model": models}, "group_by": ["model"], "limit": 1});
    let answer = client.post(PATH, &body).await;
    assert_eq!((answer.status, answer.header("link")), (StatusCode::OK, ""), "{}", answer.text);
    let found = answer.json();
    assert_eq!(found["data"][0]["model"], "claude-a");
    assert_eq!((found["links"].get("self"), found["links"].get("next")), (None, None));
    assert!(found["meta"]["next_cursor"].is_string());
}

#[sqlx::test(migrations = "../../migrations")]
async fn each_mistake_names_the_place_where_it_stands(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let body = json!({
        "period": ["2026-13"], "group_by": ["modle"], "filter": {"team": ["a", 7], "owner": ["x"]}, "top": 0,
        "grouping": ["team"], "cost": "blended",
    });
    let answer = client.post(PATH, &body).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::BAD_REQUEST, "application/problem+json"));
    let problem = answer.json();
    let faults = problem["errors"].as_array().expect("faults").iter();
    let faults: Vec<(&str, &str)> = faults
        .map(|fault| (fault["parameter"].as_str().unwrap_or_default(), fault["type"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        faults,
        [
            ("grouping", "/problems/invalid-body"),
            ("filter.team[1]", "/problems/invalid-body"),
            ("period", "/problems/invalid-value"),
            ("group_by", "/problems/unknown-dimension"),
            ("filter.owner", "/problems/unknown-dimension"),
            ("cost", "/problems/invalid-value"),
            ("top", "/problems/invalid-value"),
        ]
    );
    for (body, kind) in [
        (json!(["team"]), "invalid-body"),
        (json!({"period": ["2026-09", "2026-10"], "compare": "previous"}), "conflicting-parameters"),
        (json!({"filter": {"and:team": ["ds"]}}), "unknown-dimension"),
        (json!({"cursor": "x"}), "invalid-value"),
    ] {
        let answer = client.post(PATH, &body).await;
        let expected = (StatusCode::BAD_REQUEST, Value::from(format!("/problems/{kind}")));
        assert_eq!((answer.status, answer.json()["type"].clone()), expected, "{body}");
    }
    let beside = client.post(&format!("{PATH}?period=2026-10"), &json!({})).await;
    assert_eq!(beside.json()["type"], "/problems/unknown-parameter");
    let unread = client.request(Method::GET, PATH, &[]).await;
    assert_eq!((unread.status, unread.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn another_site_cannot_have_a_browser_ask(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let answer = client.request(Method::POST, PATH, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!((answer.status, &answer.json()["type"]), (StatusCode::FORBIDDEN, &json!("/problems/cross-site")));
}
