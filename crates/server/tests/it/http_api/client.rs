//! A caller of the API.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use server::clock::Clock;
use server::config::LimitsConfig;
use server::gate::Gate;
use server::http::{AnswerMemory, ApiState, CostFileDesk, ServedMeasures, router};
use server::limits::Limits;
use server::metrics::Metrics;
use server::refresh::board::RefreshBoard;
use sqlx::PgPool;
use store::Store;
use tower::ServiceExt;

/// A caller, on the morning of 5 November 2026.
pub(crate) struct Client {
    router: Router,
    /// Where the service looks for how refreshes ended.
    pub(crate) board: RefreshBoard,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON; the text itself where it is none, so that a failed assertion shows it.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| Value::String(self.text.clone()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a plain header"))
    }
}

impl Client {
    pub(crate) fn new(pool: PgPool) -> Self {
        let board = RefreshBoard::default();
        let state = ApiState {
            store: Store::from_pool(pool),
            clock: Clock::Fixed("2026-11-05T06:00:00Z".parse().expect("an instant")),
            board: board.clone(),
            gate: Gate::open(),
            limits: Limits::new(&LimitsConfig::default()),
            cost_files: CostFileDesk::default(),
            drilldowns: server::drilldowns::DrilldownDesk::default(),
            versions: store::VersionWatch::default(),
            unauthenticated_warning: true,
            exports: Arc::from(["main".to_owned()]),
            metrics: Metrics::default(),
            wake: Arc::default(),
            stop: tokio_util::sync::CancellationToken::new(),
            webhooks: server::config::WebhooksConfig::default(),
            served_measures: ServedMeasures::default(),
            memory: AnswerMemory::new(0, Metrics::default()),
        };
        Self { router: router(state), board }
    }

    pub(crate) async fn request(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers
            .iter()
            .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// Posts a body of JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router never fails");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("answers are UTF-8");
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// GET, whatever comes back.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, &[]).await
    }

    /// GET, and it must be 200.
    pub(crate) async fn get_ok(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.json()
    }
}

/// The values of one key in every row.
pub(crate) fn column<'a>(rows: &'a Value, key: &str) -> Vec<&'a str> {
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().map(|row| row[key].as_str().unwrap_or("null")).collect()
}
