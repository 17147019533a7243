//! Billing periods over the bill of two months.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::bill_of_two_months::{october, publish};
use super::client::{Client, column};

#[sqlx::test(migrations = "../../migrations")]
async fn periods_are_listed_with_their_status_and_control(pool: PgPool) {
    publish(&pool).await;
    let answer = Client::new(pool).get_ok("/v1/periods").await;
    assert_eq!(column(&answer["data"], "period"), ["2026-10", "2026-09"]);
    assert_eq!(column(&answer["data"], "status"), ["open", "provisional"]);
    assert_eq!(column(&answer["data"][0]["exports"], "export"), ["main"]);
    assert_eq!(column(&answer["control"], "bedrock_total"), ["1", "3", "0.300000000001"]);
    assert_eq!(column(&answer["control"], "bill_total"), ["101", "3", "100.300000000001"]);
    assert_eq!(column(&answer["control"], "delta"), ["0", "0", "0"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_period_shows_what_failed_and_why_beside_what_is_served(pool: PgPool) {
    publish(&pool).await;
    let answer = Client::new(pool).get_ok(&format!("/v1/periods/{}", october())).await;
    let versions = &answer["data"]["versions"];
    assert_eq!(column(versions, "state"), ["failed", "current"]);
    assert_eq!(versions[0]["failure"], "the rows do not add up to the bill");
    assert_eq!(versions[0]["differences"][0]["expected"], "2");
    assert_eq!(
        answer["data"]["freshness"],
        json!([{
            "export": "main", "version": 1, "manifest_written_at": "2026-11-05T05:00:00Z",
            "refreshed_at": "2026-11-05T05:31:00Z", "age_seconds": 3600,
        }])
    );
    let parts = answer["data"]["bill_totals"].as_array().expect("parts");
    let usage = parts.iter().find(|part| part["charge_type"] == "Usage" && part["currency"] == "USD").expect("usage");
    assert_eq!((&usage["bill_total"], &usage["invoice"]), (&json!("100.350000000001"), &Value::Null));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_period_that_is_none_and_a_period_that_is_not_loaded_are_told_apart(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    assert_eq!(client.get("/v1/periods/october").await.status, StatusCode::BAD_REQUEST);
    let answer = client.get("/v1/periods/2027-10").await;
    assert_eq!(
        (answer.status, answer.json()["loaded_periods"].clone()),
        (StatusCode::NOT_FOUND, json!(["2026-09", "2026-10"]))
    );
}
