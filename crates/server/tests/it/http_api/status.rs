//! The status of a service with something to tell.

use serde_json::json;
use server::refresh::board::RefreshOutcome;
use sqlx::PgPool;

use super::bill_of_two_months::publish;
use super::client::{Client, column};

#[sqlx::test(migrations = "../../migrations")]
async fn the_status_names_everything_that_someone_should_look_at(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    client.board.post(RefreshOutcome {
        export: "main".to_owned(),
        period: "2026-10".to_owned(),
        result: "failed",
        message: "the rows do not add up to the bill".to_owned(),
        at: "2026-11-05T05:45:00Z".parse().expect("an instant"),
    });
    let status = client.get_ok("/v1/status").await["data"].clone();
    assert_eq!(status["store_reachable"], json!(true));
    assert_eq!(
        column(&status["warnings"], "code"),
        ["unauthenticated", "refresh_failed", "load_failed", "unclassified_cost", "unattributed_cost"]
    );
    assert_eq!(status["warnings"][3]["cost"], "0.000000000001");
    assert_eq!(column(&status["exports"][0]["periods"], "period"), ["2026-10", "2026-09"]);
    assert_eq!(status["exports"][0]["last_refreshes"][0]["result"], "failed");
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_status_is_answered_while_the_database_is_away(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool.clone());
    pool.close().await;
    let status = client.get_ok("/v1/status").await["data"].clone();
    assert_eq!((&status["store_reachable"], &status["data_version"]), (&json!(false), &json!(null)));
    assert_eq!(column(&status["warnings"], "code"), ["unauthenticated", "store_unreachable"]);

    assert_eq!(client.get("/livez").await.status, 200);
    for path in ["/readyz", "/v1/costs", "/v1/teams", "/v1/teams/x", "/v1/periods"] {
        let answer = client.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "5"), "{path}: {}", answer.text);
        assert_eq!(answer.json()["type"], "/problems/store-unreachable");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_database_without_our_tables_is_our_mistake_and_its_words_stay_in_the_log(pool: PgPool) {
    sqlx::query("drop table serving cascade").execute(&pool).await.expect("dropped");
    let answer = Client::new(pool).get("/v1/costs").await;
    assert_eq!((answer.status.as_u16(), answer.json()["type"].clone()), (500, json!("/problems/internal-error")));
    assert!(!answer.text.contains("serving"), "{}", answer.text);
}
