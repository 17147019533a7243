//! Conditional requests: a poller that has the newest answer is told so, without the database being asked.
//!
//! The entity tag is made from what an answer depends on: the data version (which counts changes of data and of rules), the
//! date (a month that is over is no longer open), the version of this program, and the question. It is invalidated by the
//! flip of a version and never by a clock.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, http::Method};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::snapshot::Snapshot;

use super::ApiState;

/// An answer that is the same as long as the data version is.
pub(crate) struct Versioned<T> {
    version: DataVersion,
    body: T,
}

/// Which data version an answer was made from, and since when that is served.
#[derive(Clone, Copy)]
struct DataVersion {
    number: i64,
    published_at: Option<DateTime<Utc>>,
}

impl<T> Versioned<T> {
    /// An answer made from nothing but this snapshot and the question.
    pub(crate) fn of(snapshot: &Snapshot, body: T) -> Self {
        Self { version: DataVersion { number: snapshot.data_version(), published_at: snapshot.as_of() }, body }
    }
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        response.extensions_mut().insert(self.version);
        response
    }
}

/// Answers 304 where the caller has the newest answer, and gives every versioned answer its tag.
pub(super) async fn conditional(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (uri, today) = (request.uri().clone(), state.today());
    let condition = request.headers().get(header::IF_NONE_MATCH).cloned();
    let holds = |tag: &HeaderValue| condition.as_ref().is_some_and(|condition| names(condition, tag));
    if let Some(number) = state.versions.current() {
        let tag = entity_tag(number, today, &uri);
        if holds(&tag) {
            return not_modified(tag, None);
        }
    }
    let mut response = next.run(request).await;
    let Some(version) = response.extensions_mut().remove::<DataVersion>() else { return response };
    let tag = entity_tag(version.number, today, &uri);
    if holds(&tag) {
        return not_modified(tag, version.published_at);
    }
    add_validators(response.headers_mut(), tag, version.published_at);
    response
}

fn not_modified(tag: HeaderValue, published_at: Option<DateTime<Utc>>) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    add_validators(response.headers_mut(), tag, published_at);
    response
}

fn add_validators(headers: &mut HeaderMap, tag: HeaderValue, published_at: Option<DateTime<Utc>>) {
    headers.insert(header::ETAG, tag);
    headers.insert(header::VARY, HeaderValue::from_static("accept, authorization"));
    let published_at = published_at.map(|time| time.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    if let Some(Ok(time)) = published_at.map(|text| HeaderValue::from_str(&text)) {
        headers.insert(header::LAST_MODIFIED, time);
    }
}

fn entity_tag(data_version: i64, today: NaiveDate, uri: &Uri) -> HeaderValue {
    let question = uri.path_and_query().map_or("/", |question| question.as_str());
    let digest = Sha256::digest(question.as_bytes());
    let question: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"v{data_version}-{}-{}-{question}\"", today.format("%Y%m%d"), env!("CARGO_PKG_VERSION"));
    // Digits, letters, dots and dashes: never refused.
    HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"unknown\""))
}

/// Whether a condition names this tag (RFC 9110, section 13.1.2). Weak tags compare as strong ones do.
fn names(condition: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(condition), Ok(tag)) = (condition.to_str(), tag.to_str()) else { return false };
    condition.split(',').map(str::trim).any(|named| named.strip_prefix("W/").unwrap_or(named) == tag)
}
