//! What happens around every request: an id, one log line, a limit of time and length, and a few headers.

mod limits;
mod observe;

use std::any::Any;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use super::problem::{Problem, ProblemKind};
use crate::listen::client_address::ClientAddress;
use crate::metrics::Metrics;
pub(crate) use limits::LONGEST_QUERY_BYTES;
pub(crate) use observe::LogName;

/// Wraps every route, the unknown ones too. The first layer is the outermost.
pub(super) fn around<S: Clone + Send + Sync + 'static>(router: Router<S>, metrics: Metrics) -> Router<S> {
    router.layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state(metrics, observe::observe))
            .layer(from_fn(add_headers))
            .layer(from_fn(limits::limit))
            .layer(CatchPanicLayer::custom(answer_to_panic)),
    )
}

/// Nothing that is answered is a page that could load, frame or run anything, so that browsers are told to allow nothing.
const SECURITY: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];
/// Whoever has come by HTTPS once is not to come without it for a year.
const ONLY_BY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");

async fn add_headers(request: Request, next: Next) -> Response {
    let https = ClientAddress::of(request.extensions()).https;
    let is_data = request.uri().path().starts_with("/v1/");
    let mut response = next.run(request).await;
    let cache_control = match response.status().is_success() {
        // Costs belong to their reader alone, and a new version may be published at any moment.
        true if is_data => "private, no-cache",
        true => "no-cache",
        false if response.status() == StatusCode::NOT_MODIFIED => "private, no-cache",
        false => "no-store",
    };
    let headers = response.headers_mut();
    // A handler may be stricter.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(cache_control));
    // Whoever asks is known by one of these, and an answer is theirs alone.
    headers.append(header::VARY, HeaderValue::from_static("authorization, cookie"));
    for (name, value) in SECURITY {
        headers.entry(name).or_insert(value);
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_BY_HTTPS);
    }
    response
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands the payload over")]
fn answer_to_panic(payload: Box<dyn Any + Send + 'static>) -> Response {
    let message = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref().copied());
    let cause = format!("a handler panicked: {}", message.unwrap_or("without a message"));
    let detail = "the service made a mistake; the log has it under this request id";
    Problem::new(ProblemKind::InternalError, detail).with_cause(cause).into_response()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;

    /// What a request to a route that panics, or to one that answers, leaves in the log.
    async fn ask(path: &str) -> (Response, Vec<Value>) {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let routes = Router::new()
            .route("/v1/teams/{team}", get(|| async { "fine" }))
            .route("/v1/broken", get(|| async { panic!("a secret") as &str }));
        let request =
            Request::builder().uri(path).header("x-request-id", "r-1").body(Body::empty()).expect("a request");
        let response = around(routes, Metrics::default()).oneshot(request).await.expect("the router never fails");
        (response, lines.read())
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        fn read(&self) -> Vec<Value> {
            let bytes = self.0.lock().expect("no writer panicked");
            let text = String::from_utf8(bytes.clone()).expect("the log is UTF-8");
            text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
        }
    }

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no writer panicked").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_request_leaves_one_line_with_patterns_and_no_values() {
        let (response, lines) = ask("/v1/teams/alice?filter%5Bperson%5D=alice%40example.com").await;
        assert_eq!(response.headers()["cache-control"], "private, no-cache");
        assert_eq!(lines.len(), 1, "{lines:?}");
        let fields = &lines[0]["fields"];
        assert_eq!(
            (&fields["method"], &fields["path"], &fields["query_keys"], &fields["status"], &fields["request_id"]),
            (&"GET".into(), &"/v1/teams/{team}".into(), &"filter".into(), &200.into(), &"r-1".into())
        );
        assert!(fields["duration_ms"].is_u64());
        assert!(!lines[0].to_string().contains("alice"), "{lines:?}");
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_for_the_caller_and_a_cause_in_the_log() {
        let (response, lines) = ask("/v1/broken").await;
        assert_eq!(response.status(), 500);
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let problem: Value = serde_json::from_slice(&body).expect("a problem is JSON");
        assert_eq!((&problem["type"], &problem["request_id"]), (&"/problems/internal-error".into(), &"r-1".into()));
        assert!(!problem.to_string().contains("a secret"));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0]["fields"]["cause"], "a handler panicked: a secret");
    }
}
