//! What happens around every request: an id, one log line, a limit of time and length, and a few headers.

mod limits;
mod observe;

use std::any::Any;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use super::problem::{Problem, ProblemKind};

/// Wraps every route, the unknown ones too. The first layer is the outermost.
pub(super) fn around<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(
        ServiceBuilder::new()
            .layer(from_fn(observe::observe))
            .layer(from_fn(add_headers))
            .layer(from_fn(limits::limit))
            .layer(CatchPanicLayer::custom(answer_to_panic)),
    )
}

async fn add_headers(request: Request, next: Next) -> Response {
    let is_data = request.uri().path().starts_with("/v1/");
    let mut response = next.run(request).await;
    let cache_control = match response.status().is_success() {
        // Costs belong to their reader alone, and a new version may be published at any moment.
        true if is_data => "private, no-cache",
        true => "no-cache",
        false => "no-store",
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands the payload over")]
fn answer_to_panic(payload: Box<dyn Any + Send + 'static>) -> Response {
    let message = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref().copied());
    let cause = format!("a handler panicked: {}", message.unwrap_or("without a message"));
    let detail = "the service made a mistake; the log has it under this request id";
    Problem::new(ProblemKind::InternalError, detail).with_cause(cause).into_response()
}
