//! Conditional requests: a poller that has the newest answer is told so, without the database being asked.
//!
//! The entity tag is made from what an answer depends on: the data version (which counts changes of data and of rules), the
//! date (a month that is over is no longer open), the version of this program, the question with the formats that are taken,
//! and what the caller may see. It
//! is invalidated by the flip of a version and never by a clock; two callers with the same sight have the same tag, and a tag
//! of another sight holds for nobody else.

use std::sync::Arc;

use access::{Caller, Persons};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, http::Method};
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::snapshot::Snapshot;

use super::SharedState;
use super::format::{Format, preferences};
use super::memory::Asked;

/// An answer that is the same as long as the data version is.
pub(crate) struct Versioned<T> {
    version: DataVersion,
    body: T,
}

/// Which data version was served when an answer was made, and since when that which it is about is.
#[derive(Clone, Copy, Debug)]
pub(super) struct DataVersion {
    pub(super) number: i64,
    published_at: Option<DateTime<Utc>>,
    persons: Persons,
}

impl<T> Versioned<T> {
    /// An answer made from nothing but this snapshot and the question.
    pub(crate) fn of(snapshot: &Snapshot, body: T) -> Self {
        // An answer about an earlier version is as old as the newest: until the next, nothing about it changes.
        let (number, published_at) = (snapshot.newest_version(), snapshot.as_of());
        Self { version: DataVersion { number, published_at, persons: snapshot.sight().persons }, body }
    }

    /// Sends it in some way.
    pub(crate) fn sent_as(self, send: impl FnOnce(T) -> Response) -> Response {
        let mut response = send(self.body);
        response.extensions_mut().insert(self.version);
        response
    }
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        self.sent_as(|body| Json(body).into_response())
    }
}

/// Answers 304 where the caller has the newest answer, and gives every versioned answer its tag.
pub(super) async fn conditional(State(state): State<SharedState>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let caller = request.extensions().get::<Arc<Caller>>();
    // Without a caller who may read costs there is nothing that could be unchanged.
    let Some(sight) = caller.and_then(|caller| state.gate.sight_of(caller)) else { return next.run(request).await };
    let formats = preferences(request.headers()).into_iter().map(Format::word).collect();
    let question = Question { uri: request.uri().clone(), formats, today: state.today(), sight: sight.digest() };
    let condition = request.headers().get(header::IF_NONE_MATCH).cloned();
    let holds = |tag: &HeaderValue| condition.as_ref().is_some_and(|condition| names(condition, tag));
    let hides_persons = state.gate.is_pseudonymous();
    let may_be_unchanged = !(hides_persons && asks_to_reveal(request.uri()));
    let mut response = match state.versions.current().filter(|_| may_be_unchanged) {
        None => next.run(request).await,
        Some(number) => {
            let tag = question.entity_tag(number);
            if holds(&tag) {
                return not_modified(tag, None);
            }
            if request.method() == Method::GET {
                let accept = request.headers().get(header::ACCEPT).cloned();
                state.memory.answer(Asked { tag, accept }, number, request, next).await
            } else {
                next.run(request).await
            }
        }
    };
    let Some(version) = response.extensions_mut().remove::<DataVersion>() else { return response };
    state.versions.saw(version.number);
    if hides_persons && version.persons == Persons::Named {
        // Persons are shown once, to whoever asked, with an entry in the audit log: nothing of it is kept or repeated.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return response;
    }
    let tag = question.entity_tag(version.number);
    if holds(&tag) {
        return not_modified(tag, version.published_at);
    }
    add_validators(response.headers_mut(), tag, version.published_at);
    response
}

/// Whether a question may ask for the persons behind pseudonyms: rather too often than too seldom.
fn asks_to_reveal(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    query.split('&').filter_map(|pair| pair.split('=').next()).any(|name| percent_decode_str(name).eq(*b"reveal"))
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

/// What the tag of an answer is made from, beside the data version.
struct Question {
    uri: Uri,
    /// What is taken, the dearest first: with the route it decides about the format.
    formats: Vec<&'static str>,
    today: NaiveDate,
    sight: String,
}

impl Question {
    fn entity_tag(&self, data_version: i64) -> HeaderValue {
        let path = self.uri.path_and_query().map_or("/", |question| question.as_str());
        let formats = self.formats.join(",");
        let digest = Sha256::new().chain_update(&self.sight).chain_update(formats).chain_update(path).finalize();
        let question = HEXLOWER.encode(&digest[..8]);
        let today = self.today.format("%Y%m%d");
        let tag = format!("\"v{data_version}-{today}-{}-{question}\"", env!("CARGO_PKG_VERSION"));
        // Digits, letters, dots and dashes: never refused.
        HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"unknown\""))
    }
}

/// Whether a condition names this tag (RFC 9110, section 13.1.2). Weak tags compare as strong ones do.
pub(super) fn names(condition: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(condition), Ok(tag)) = (condition.to_str(), tag.to_str()) else { return false };
    condition.split(',').map(str::trim).any(|named| named.strip_prefix("W/").unwrap_or(named) == tag)
}
