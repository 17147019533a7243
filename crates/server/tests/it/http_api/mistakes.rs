//! What a caller can get wrong, and what is said about it.

use axum::http::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;

use super::bill_of_two_months::publish;
use super::client::Client;

#[sqlx::test(migrations = "../../migrations")]
async fn every_fault_is_reported_at_once_under_the_request_id(pool: PgPool) {
    let path = "/v1/costs?perod=2026-10&group_by=team,modle&granularity=dayly&filter%5Bowner%5D=x";
    let answer = Client::new(pool).request(Method::GET, path, &[("x-request-id", "case-7")]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("x-request-id"), "case-7");
    assert_eq!(answer.header("cache-control"), "no-store");
    insta::assert_json_snapshot!(answer.json());
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_unknown_parameter_is_refused_by_every_route(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let paths = [
        "/v1/costs",
        "/v1/teams",
        "/v1/teams/web",
        "/v1/teams/web/showback",
        "/v1/summary",
        "/v1/principals",
        "/v1/models",
        "/v1/models/claude-a",
        "/v1/dimensions",
        "/v1/dimensions/model/values",
        "/v1/tags",
        "/v1/tags/team",
        "/v1/tags/team/values/Web/showback",
        "/v1/periods",
        "/v1/periods/2026-10",
        "/v1/status",
    ];
    for path in paths {
        assert_eq!(client.get(path).await.status, StatusCode::OK, "{path}");
        let answer = client.get(&format!("{path}?page=10")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.json()["type"], "/problems/unknown-parameter", "{path}");
        assert_eq!(answer.json()["errors"][0]["parameter"], "page", "{path}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_quote_in_any_parameter_is_a_value_or_a_fault_and_never_more(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let before = client.get_ok("/v1/costs?group_by=team").await;
    let injections =
        ["'", "''", "\"", "';drop table load;--", "x') or true --", "$1", "\\", "%_", "\u{0}", "\u{feff}'", "😀'"];
    let mut answered = 0;
    for injection in injections {
        let value: String = injection.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let queries = [
            format!("costs?period={value}"),
            format!("costs?start={value}&end={value}"),
            format!("costs?granularity={value}"),
            format!("costs?group_by={value}"),
            format!("costs?group_by=tag:{value}"),
            format!("costs?group_by=tag:{value}&granularity=daily&order_by=-tag:{value}"),
            format!("costs?group_by=tag:resource_tags/{value}"),
            format!("costs?filter[model]={value}"),
            format!("costs?filter[team]={value}&granularity=monthly"),
            format!("costs?filter[tag:{value}]={value}"),
            format!("costs?exclude[tag:cost_category/{value}]={value},"),
            format!("costs?filter[{value}]=x"),
            format!("costs?filter[principal]=arn:{value}"),
            format!("costs?cost={value}"),
            format!("costs?order_by={value}"),
            format!("costs?{value}={value}"),
            format!("teams?period={value}"),
            format!("teams?cost={value}"),
            format!("teams/{value}"),
            format!("teams/{value}/showback"),
            format!("teams/web/showback?period={value}"),
            format!("periods/{value}"),
            format!("principals/{value}"),
            format!("models/{value}"),
            format!("models?period={value}"),
            format!("summary?period={value}"),
            format!("dimensions/{value}/values"),
            format!("dimensions/tag:{value}/values?q={value}"),
            format!("dimensions/account/values?q={value}"),
            format!("dimensions/team/values?q={value}"),
            format!("dimensions/usage_type/values?q={value}"),
            format!("principals?q={value}"),
            format!("principals?arn={value}"),
            format!("principals?person={value}&role={value}"),
            format!("principals?identity={value}"),
            format!("tags/{value}"),
            format!("tags/team?q={value}"),
            format!("tags/team?limit={value}"),
            format!("tags/team?cursor={value}"),
            format!("tags/{value}/values/{value}/showback"),
            format!("tags/team/values/{value}/showback"),
        ];
        for query in queries {
            let answer = client.get(&format!("/v1/{query}")).await;
            let known = [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND];
            assert!(known.contains(&answer.status), "{query}: {} {}", answer.status, answer.text);
            if answer.status != StatusCode::OK {
                assert_eq!(answer.header("content-type"), "application/problem+json", "{query}");
            }
            answered += usize::from(answer.status == StatusCode::OK);
        }
    }
    assert!(answered > 40, "values with quotes are values: {answered}");
    assert_eq!(before, client.get_ok("/v1/costs?group_by=team").await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_path_that_is_not_there_names_the_nearest(pool: PgPool) {
    let client = Client::new(pool);
    for (path, nearest) in
        [("/v1/cost", json!("/v1/costs")), ("/v1/costs/", json!("/v1/costs")), ("/wp-login.php", json!(null))]
    {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json()["type"], "/problems/unknown-path", "{path}");
        assert_eq!(answer.json()["did_you_mean"], nearest, "{path}");
    }
    assert_eq!(client.get("/v1/teams/%ff").await.json()["type"], "/problems/unknown-path");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_method_that_is_not_there_is_told_which_are(pool: PgPool) {
    let client = Client::new(pool);
    for method in [Method::POST, Method::DELETE, Method::PUT, Method::OPTIONS] {
        let answer = client.request(method, "/v1/costs", &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.header("allow"), "GET,HEAD");
        assert_eq!(answer.json()["type"], "/problems/method-not-allowed");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_question_that_is_too_long_is_refused(pool: PgPool) {
    let answer = Client::new(pool).get(&format!("/v1/costs?filter[model]={}", "a,".repeat(9000))).await;
    assert_eq!(
        (answer.status, answer.json()["type"].clone()),
        (StatusCode::URI_TOO_LONG, json!("/problems/query-too-long"))
    );
}
