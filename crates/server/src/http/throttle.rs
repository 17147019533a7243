//! Turns away what is too much: more requests than can be worked on, more answers than one caller may have worked out.
//!
//! How much is left is told as the IETF's draft has it
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>): `RateLimit-Policy: "answers";q=1200;w=60` and
//! `RateLimit: "answers";r=1199;t=1`.

use std::net::IpAddr;
use std::sync::Arc;

use access::{Caller, CallerKind};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::csrf::ProtectionError;

use super::SharedState;
use super::access::client_ip;
use super::problem::{Problem, ProblemKind};
use crate::limits::{Asker, Exceeded, Left, WINDOW};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");
/// Whether the service lives must be answered however much there is to do.
const PROBES: [&str; 2] = ["/livez", "/readyz"];

/// Turns a request away where as many are worked on as may be.
pub(super) async fn shed(State(state): State<SharedState>, request: Request, next: Next) -> Response {
    if is_probe(&request) {
        return next.run(request).await;
    }
    let Some(_place) = state.limits.begin() else {
        let detail = "as many requests are worked on as the service can; try again";
        return Problem::new(ProblemKind::Overloaded, detail).into_response();
    };
    next.run(request).await
}

/// Counts an answer that is worked out for its asker, and says how many are left.
pub(super) async fn count(State(state): State<SharedState>, request: Request, next: Next) -> Response {
    if is_probe(&request) {
        return next.run(request).await;
    }
    let (mut response, policy, left) = match state.limits.count_answer(asker(&request)) {
        Ok(left) => (next.run(request).await, policy(left.quota), rate_limit(left)),
        Err(exceeded) => {
            state.metrics.rate_limited();
            (too_many_answers(exceeded).into_response(), policy(exceeded.quota), used_up(exceeded))
        }
    };
    for (name, value) in [(POLICY, policy), (STATE, left)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Takes out what is about the asker and not about the answer.
pub(super) fn forget_asker(headers: &mut HeaderMap) {
    headers.remove(POLICY);
    headers.remove(STATE);
}

/// The answer to a browser that was made to send something by another site.
pub(super) fn cross_site(_: ProtectionError) -> Response {
    let detail = "another site had a browser send this; nothing was done";
    Problem::new(ProblemKind::CrossSite, detail).into_response()
}

/// The answer to somebody from whose address too many credentials were not accepted.
pub(super) fn too_many_refusals(exceeded: Exceeded) -> Problem {
    let detail = "too many credentials from this address were not accepted";
    Problem::new(ProblemKind::TooManyRequests, detail).with_retry_after(exceeded.wait)
}

fn too_many_answers(exceeded: Exceeded) -> Problem {
    let detail = format!("{} answers a minute are worked out for each caller", exceeded.quota);
    Problem::new(ProblemKind::TooManyRequests, detail).with_retry_after(exceeded.wait)
}

fn is_probe(request: &Request) -> bool {
    PROBES.contains(&request.uri().path())
}

/// Where everyone is taken for the same caller, or nobody is known yet, addresses are counted.
fn asker(request: &Request) -> Asker {
    let address = client_ip(request.extensions());
    match request.extensions().get::<Arc<Caller>>() {
        Some(caller) => asker_of(caller, address),
        None => Asker::at(address),
    }
}

/// A caller who asks from an address.
pub(super) fn asker_of(caller: &Caller, address: IpAddr) -> Asker {
    match caller.kind {
        CallerKind::Anonymous => Asker::at(address),
        kind => Asker::Caller(format!("{} {}", kind.as_str(), caller.id)),
    }
}

fn policy(quota: u32) -> String {
    format!("\"answers\";q={quota};w={}", WINDOW.as_secs())
}

fn rate_limit(left: Left) -> String {
    format!("\"answers\";r={};t={}", left.remaining, left.full_after.as_secs())
}

fn used_up(exceeded: Exceeded) -> String {
    format!("\"answers\";r=0;t={}", exceeded.wait.as_secs() + 1)
}
