//! The request id, and the one log line of a request.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use crate::http::problem::Problem;
use crate::metrics::Metrics;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ids are not taken over from the caller.
const LONGEST_REQUEST_ID: usize = 64;

/// Who asked, as the log may name them: never a person. The middleware that knows callers puts it on the response.
#[derive(Clone, Debug)]
pub(crate) struct LogName(pub(crate) String);

/// Gives the request an id, writes problems down under it, and logs and measures how the request ended.
///
/// The line holds the pattern of the path and the names of the query parameters, never their values: those can be people.
pub(super) async fn observe(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = request_id(request.headers());
    let method = request.method().clone();
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "(unknown)".to_owned(), |path| path.as_str().to_owned());
    let query_keys = query_keys(request.uri().query());

    let response = next.run(request).await;
    let (mut response, problem) = write_problem(response, &request_id);
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }

    let took = started.elapsed();
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    metrics.request_answered(method.as_str(), &path, status, took);
    let problem_type = problem.as_ref().map(|problem| problem.kind().type_uri());
    let cause = problem.as_ref().and_then(Problem::cause);
    let caller = response.extensions_mut().remove::<LogName>().map(|LogName(name)| name);
    if response.status().is_server_error() {
        tracing::error!(%method, path, query_keys, caller, status, duration_ms, request_id, problem_type, cause, "answered a request with an error of the service");
    } else {
        tracing::info!(%method, path, query_keys, caller, status, duration_ms, request_id, problem_type, "answered a request");
    }
    response
}

/// The caller's id, if it is a sane token; else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let is_sane = |id: &&str| {
        let letters = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        !id.is_empty() && id.len() <= LONGEST_REQUEST_ID && letters
    };
    given.filter(is_sane).map_or_else(|| Uuid::now_v7().simple().to_string(), str::to_owned)
}

/// A problem is written anew with the id of the request, under which the log tells of its cause.
fn write_problem(mut response: Response, request_id: &str) -> (Response, Option<Problem>) {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return (response, None) };
    let problem = problem.with_request_id(request_id);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(problem.to_json());
    (response, Some(problem))
}

fn query_keys(query: Option<&str>) -> String {
    let names = query.unwrap_or_default().split('&').filter_map(|pair| pair.split('=').next());
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).map(plain_name).collect();
    names.join(",")
}

/// The name without its brackets; what could not be one of ours is not repeated, because anything may stand there.
fn plain_name(name: &str) -> &str {
    let plain = name.split(['[', '%']).next().unwrap_or_default();
    let is_ours =
        !plain.is_empty() && plain.len() <= 16 && plain.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_ours { plain } else { "(other)" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_the_caller_is_taken_over_only_if_it_is_a_plain_token() {
        let with =
            |value: &'static str| request_id(&HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static(value))]));
        assert_eq!(with("trace-7_A"), "trace-7_A");
        for odd in ["", "a b", "a\"b", "{}", "x".repeat(65).leak()] {
            assert_eq!(with(odd).len(), 32, "{odd}");
        }
    }

    #[test]
    fn the_log_has_the_names_of_parameters_and_no_value() {
        let query = "period=2026-10&filter%5Bperson%5D=alice%40example.com&filter[role]=x&alice@example.com=1&&cost";
        assert_eq!(query_keys(Some(query)), "period,filter,filter,(other),cost");
    }
}
