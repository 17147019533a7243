//! The summary of the bill of two months.

use serde_json::Value;
use sqlx::PgPool;

use super::bill_of_two_months::publish;
use super::client::{Client, column};

#[sqlx::test(migrations = "../../migrations")]
async fn a_whole_summary(pool: PgPool) {
    publish(&pool).await;
    insta::assert_json_snapshot!("summary", Client::new(pool).get_ok("/v1/summary").await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_first_month_has_nothing_to_be_compared_with(pool: PgPool) {
    publish(&pool).await;
    let first = Client::new(pool).get_ok("/v1/summary?period=2026-09").await;
    assert_eq!(first["data"]["change"], Value::Null);
    assert_eq!(column(&first["data"]["by_team"], "team"), ["data-science"]);
    assert_eq!(
        (&first["data"]["unattributed"], &first["data"]["unclassified"]),
        (&Value::Array(vec![]), &Value::Array(vec![]))
    );
}
