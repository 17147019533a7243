//! Pages of other origins that may read answers (<https://fetch.spec.whatwg.org/#http-cors-protocol>).
//!
//! They send an API key or a token themselves: cookies are never taken from them. They may read and not write: what a
//! browser sends on behalf of another site is refused before ([`super::throttle::cross_site`]).

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::answer::told;

/// How long a browser remembers what it was told.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);
/// What a page may send beside what any page may.
const SENT: [HeaderName; 4] =
    [header::AUTHORIZATION, header::IF_NONE_MATCH, header::CONTENT_TYPE, HeaderName::from_static("x-request-id")];
/// What a page may read beside what any page may.
const READ: [HeaderName; 14] = [
    header::ETAG,
    header::LINK,
    header::LOCATION,
    header::RETRY_AFTER,
    header::CONTENT_DISPOSITION,
    header::CONTENT_ENCODING,
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("x-request-id"),
    told::DATA_VERSION,
    told::DATA_AS_OF,
    told::PERIOD_STATUS,
    told::COST_TOTALS,
    told::CONTROL_TOTALS,
];

/// Lets pages of these origins read what the router answers. Without any, nothing is changed.
pub fn across_origins(router: Router, origins: &[HeaderValue]) -> Router {
    if origins.is_empty() {
        return router;
    }
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers(SENT)
        .expose_headers(READ)
        .max_age(REMEMBERED);
    router.layer(layer)
}
