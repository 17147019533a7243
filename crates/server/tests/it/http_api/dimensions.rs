//! Dimensions and their values over the bill of two months.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use super::bill_of_two_months::publish;
use super::client::{Client, column};

#[sqlx::test(migrations = "../../migrations")]
async fn whole_answers_about_dimensions(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    insta::assert_json_snapshot!("dimensions", client.get_ok("/v1/dimensions").await);
    insta::assert_json_snapshot!("dimension_values", client.get_ok("/v1/dimensions/model/values?q=CLAUDE").await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_typed_is_looked_for_where_people_know_it(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    for (question, found) in [
        // A principal is found by its ARN, a team by its name.
        ("principal/values?q=ALICE", vec!["prn_5778c30d3fe8c123cb2a", "prn_5778c30d3fe8c123cb2a"]),
        ("team/values?q=science", vec!["data-science", "data-science"]),
        ("team/values?q=ttrib", vec!["unattributed"]),
        ("tag:team/values?q=eb", vec!["Web"]),
        ("tag:resourceTags%2Fteam/values?q=eb", vec![]),
        ("charge_type/values?q=red&period=2026-09", vec![]),
        ("charge_type/values?q=red", vec!["Credit"]),
    ] {
        let answer = client.get_ok(&format!("/v1/dimensions/{question}")).await;
        assert_eq!(column(&answer["data"], "value"), found, "{question}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_no_dimension_is_refused_with_everything_else(pool: PgPool) {
    publish(&pool).await;
    let answer = Client::new(pool).get("/v1/dimensions/modle/values?limit=0").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["type"], json!("/problems/unknown-dimension"));
    assert_eq!(column(&answer.json()["errors"], "parameter"), ["dimension", "limit"]);
    assert_eq!(answer.json()["did_you_mean"], "model");
}
