//! What every answer has in common.

use axum::http::{Method, StatusCode};
use sqlx::PgPool;

use super::bill_of_two_months::publish;
use super::client::Client;

#[sqlx::test(migrations = "../../migrations")]
async fn head_is_get_without_the_body(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    for path in [
        "/",
        "/livez",
        "/readyz",
        "/openapi.json",
        "/docs",
        "/docs/page.js",
        "/v1/costs",
        "/v1/teams",
        "/v1/costs?limit=1",
        "/nowhere",
    ] {
        let get = client.request(Method::GET, path, &[("x-request-id", "same")]).await;
        let head = client.request(Method::HEAD, path, &[("x-request-id", "same")]).await;
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert_eq!(head.header("content-length"), get.text.len().to_string(), "{path}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_answer_has_an_id_and_is_not_sniffed(pool: PgPool) {
    let client = Client::new(pool);
    let mut ids = std::collections::BTreeSet::new();
    for path in ["/", "/livez", "/v1/costs", "/v1/status", "/nowhere"] {
        let answer = client.request(Method::GET, path, &[("x-request-id", "not a token")]).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 32, "{path}");
        assert!(ids.insert(answer.header("x-request-id").to_owned()), "{path}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_index_leads_only_to_what_is_there(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let index = client.get_ok("/").await;
    for (relation, path) in index["links"].as_object().expect("links") {
        assert_eq!(client.get(path.as_str().expect("a path")).await.status, StatusCode::OK, "{relation}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_type_of_a_problem_leads_to_a_page_about_it(pool: PgPool) {
    let client = Client::new(pool);
    for kind in client.get_ok("/problems").await.as_array().expect("kinds") {
        assert_eq!(&client.get_ok(kind["type"].as_str().expect("a type")).await, kind);
    }
    assert_eq!(client.get("/problems/unknown-parametre").await.status, StatusCode::NOT_FOUND);
}
