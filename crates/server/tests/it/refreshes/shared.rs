//! What these tests have in common.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use chrono::{DateTime, Utc};
use sample::LineItem;
use serde_json::Value;
use server::clock::Clock;
use server::config::AthenaConfig;
use server::metrics::Metrics;
use server::refresh::{QueryLedger, Refresher, Worker};
use sqlx::PgPool;
use tower::ServiceExt;

use crate::support::{World, amount, now, period};

pub(crate) const EVERY: Duration = Duration::from_secs(900);

/// An instance that does refreshes over the world's database and export.
pub(crate) fn instance(world: &World, now: DateTime<Utc>) -> Worker {
    let clock = Clock::Fixed(now);
    Worker {
        refresher: Refresher { clock, ..world.refresher.clone() },
        ledger: ledger(world, AthenaConfig::default(), now),
        every: EVERY,
        wake: world.state.wake.clone(),
    }
}

pub(crate) fn ledger(world: &World, terms: AthenaConfig, now: DateTime<Utc>) -> QueryLedger {
    let clock = Clock::Fixed(now);
    QueryLedger { store: world.store.clone(), clock, terms, metrics: world.state.metrics.clone(), refresh_id: None }
}

/// An instance at the world's own time.
pub(crate) fn worker(world: &World) -> Worker {
    instance(world, now())
}

/// Another instance: it shares nothing but the database and the export.
pub(crate) fn another(world: &World) -> Worker {
    let mut worker = worker(world);
    worker.ledger.metrics = Metrics::default();
    worker.wake = Arc::default();
    worker
}

/// A month of a few lines that belong to a team.
pub(crate) fn write_month(world: &World, month: &str, cost: &str) {
    let line = || LineItem {
        iam_principal: Some("arn:aws:iam::123456789012:user/ann".into()),
        unblended_cost: amount(cost),
        tags: [("iamPrincipal/team", "ds")].into(),
        ..LineItem::bedrock_usage(period(month))
    };
    world.write(period(month), &[line(), line(), line()]);
}

pub(crate) async fn post(router: &Router, key: Option<&str>, body: &str) -> (StatusCode, HeaderMap, Value) {
    let request = Request::post("/v1/refreshes").header(header::CONTENT_TYPE, "application/json");
    answer(
        router,
        key.map_or(request.body(Body::from(body.to_owned())), |key| {
            Request::post("/v1/refreshes")
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::AUTHORIZATION, key)
                .body(Body::from(body.to_owned()))
        }),
    )
    .await
}

pub(crate) async fn get_as(router: &Router, key: &str, path: &str) -> (StatusCode, HeaderMap, Value) {
    answer(router, Request::get(path).header(header::AUTHORIZATION, key).body(Body::empty())).await
}

async fn answer(router: &Router, request: axum::http::Result<Request<Body>>) -> (StatusCode, HeaderMap, Value) {
    let response = router.clone().oneshot(request.expect("a request")).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (parts.status, parts.headers, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// The questions that were put, as (question, period, state).
pub(crate) async fn queries(pool: &PgPool) -> Vec<(String, String, String)> {
    sqlx::query_as("select question, to_char(period, 'YYYY-MM'), state from query order by query_id")
        .fetch_all(pool)
        .await
        .expect("the queries")
}
