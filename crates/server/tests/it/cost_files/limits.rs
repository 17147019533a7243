//! How much may be asked for, and what cannot be.

use axum::http::StatusCode;
use serde_json::json;
use server::config::CostFilesConfig;
use server::http::{CostFileDesk, CostFileRunner};
use sqlx::PgPool;

use super::files::{ask, made, post, well};
use crate::support::World;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_caller_may_ask_for_so_many_at_once_and_in_a_day(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let limits = CostFilesConfig {
        at_once: 2.try_into().expect("not zero"),
        per_day: 3.try_into().expect("not zero"),
        ..CostFilesConfig::default()
    };
    let state = server::http::ApiState { cost_files: CostFileDesk::new(limits), ..world.state.clone() };
    let router = server::http::router(state);
    let of = |dimension: &str| json!({ "period": ["2026-10"], "group_by": [dimension] });
    ask(&router, &of("team")).await;
    ask(&router, &of("model")).await;
    let third = post(&router, &of("region")).await;
    assert_eq!((third.status, third.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    assert_eq!(third.json()["detail"], "2 cost files of yours are being written; wait until one is complete");
    assert_eq!(world.cost_file_runner().work_off().await.expect("the database"), 2);
    made(&world, &router, &of("region")).await;
    let fourth = post(&router, &of("tier")).await;
    assert_eq!((fourth.status, fourth.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "86400"));
    assert_eq!(fourth.json()["detail"], "3 cost files a day may be asked for by each caller");
    let known = post(&router, &of("team")).await;
    assert_eq!(known.status, StatusCode::OK, "what is there is shown all the same");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_file_that_grows_too_long_says_what_to_do(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let path = ask(&world.router, &json!({ "period": ["2026-10"], "group_by": ["principal"] })).await;
    let limits = CostFilesConfig { max_bytes: 100, ..CostFilesConfig::default() };
    let runner = CostFileRunner { desk: CostFileDesk::new(limits), ..world.cost_file_runner() };
    assert_eq!(runner.work_off().await.expect("the database"), 1);
    let failed = well(&world.router, &path).await.json();
    assert_eq!(
        failed["data"]["failure"],
        "the file would have more than 100 bytes, the most that are kept (`[cost_files] max_bytes`); group by fewer \
         dimensions, filter, or ask for a shorter time"
    );
    let pieces: i64 =
        sqlx::query_scalar("select count(*) from cost_file_part").fetch_one(&world.pool).await.expect("the database");
    assert_eq!(pieces, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_no_table_or_cannot_be_answered_is_refused_at_once(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    for (body, status, kind, parameter, detail) in [
        (
            json!({ "format": "json" }),
            400,
            "/problems/invalid-value",
            "format",
            "a file is a table: write `csv`, `ndjson` or `parquet`, or leave `format` out",
        ),
        (
            json!({ "limit": 5 }),
            400,
            "/problems/conflicting-parameters",
            "limit",
            "a table has no pages: leave `limit` out, or ask for JSON",
        ),
        (
            json!({ "as_of": "v99" }),
            400,
            "/problems/invalid-value",
            "as_of",
            "no such data version has been published; v5 is the newest",
        ),
    ] {
        let refused = post(&world.router, &body).await;
        let problem = refused.json();
        assert_eq!((refused.status.as_u16(), problem["type"].as_str()), (status, Some(kind)), "{problem}");
        assert_eq!((&problem["errors"][0]["parameter"], &problem["detail"]), (&json!(parameter), &json!(detail)));
    }
    let refused = post(&world.router, &json!({ "period": ["2020-01"] })).await;
    assert_eq!(refused.json()["type"], "/problems/period-not-loaded");
}
