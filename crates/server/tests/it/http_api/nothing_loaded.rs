//! A service before its first refresh.

use serde_json::json;
use sqlx::PgPool;

use super::client::{Client, column};

#[sqlx::test(migrations = "../../migrations")]
async fn before_the_first_refresh_costs_ask_to_come_back(pool: PgPool) {
    let client = Client::new(pool);
    let paths = [
        "/v1/costs",
        "/v1/costs?period=2026-10",
        "/v1/costs?start=2026-10-01&end=2026-11-01",
        "/v1/teams?period=2026-10",
        "/v1/teams/data-science",
        "/v1/teams/unattributed/showback",
        "/v1/summary",
        "/v1/principals",
        "/v1/principals/prn_0123456789abcdef0123",
        "/v1/models",
        "/v1/models/claude-a",
        "/v1/tags",
        "/v1/tags/team",
        "/v1/tags/team/values/Web/showback",
        "/v1/dimensions/model/values",
        "/readyz",
    ];
    for path in paths {
        let answer = client.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "30"), "{path}: {}", answer.text);
        assert_eq!(answer.json()["type"], "/problems/nothing-loaded", "{path}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn before_the_first_refresh_lists_are_empty(pool: PgPool) {
    let client = Client::new(pool);
    for path in ["/v1/teams", "/v1/periods"] {
        let answer = client.get_ok(path).await;
        assert_eq!((&answer["data"], &answer["control"]), (&json!([]), &json!([])), "{path}");
        assert_eq!(answer["meta"]["data_version"], "v0", "{path}");
    }
    assert_eq!(client.get("/v1/periods/2026-10").await.status.as_u16(), 404);
    let status = client.get_ok("/v1/status").await["data"].clone();
    assert_eq!(column(&status["warnings"], "code"), ["unauthenticated", "nothing_loaded"]);
    assert_eq!(column(&status["exports"], "export"), ["main"]);
    assert_eq!(client.get("/livez").await.json(), json!({"status": "alive"}));
}
