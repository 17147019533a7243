//! Models over the bill of two months.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::bill_of_two_months::publish;
use super::client::{Client, column};

#[sqlx::test(migrations = "../../migrations")]
async fn whole_answers_about_models(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    insta::assert_json_snapshot!("models", client.get_ok("/v1/models").await);
    insta::assert_json_snapshot!("model", client.get_ok("/v1/models/claude-a").await);
}

/// 0.1 USD for 1,000 tokens of input, 0.25 for 200 of output; in September, 1 USD for 4,000 of input.
#[sqlx::test(migrations = "../../migrations")]
async fn prices_are_those_of_the_bill(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let answer = client.get_ok("/v1/models").await;
    assert_eq!(column(&answer["data"], "id"), ["claude-a", "claude-a", "nova-b", "null"]);
    let (in_cny, in_usd) = (&answer["data"][0], &answer["data"][1]);
    assert_eq!(
        in_usd["price_per_million"],
        json!({"input": "100", "output": "1250", "cache_read": null, "cache_write": null})
    );
    assert_eq!(in_cny["price_per_million"]["cache_read"], "300000");
    // What fresh input would have cost in this currency cannot be told: none was bought.
    assert_eq!((&in_cny["cache_hit_percent"], &in_cny["saved_by_cache"]), (&json!("100"), &Value::Null));
    let months = client.get_ok("/v1/models/claude-a").await["data"]["by_month"].clone();
    assert_eq!(column(&months, "period"), ["2026-10", "2026-10", "2026-09"]);
    assert_eq!(months[2]["price_per_million"]["input"], "250");
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_unknown_model_is_not_found_and_the_nearest_is_named(pool: PgPool) {
    publish(&pool).await;
    let answer = Client::new(pool).get("/v1/models/cluade-a").await;
    assert_eq!(
        (answer.status, answer.json()["type"].clone()),
        (StatusCode::NOT_FOUND, json!("/problems/unknown-model"))
    );
    assert_eq!(answer.json()["did_you_mean"], "claude-a");
}
