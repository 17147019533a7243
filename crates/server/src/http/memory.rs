//! Answers are worked out once for each data version and kept in memory, within a limit of bytes.
//!
//! The key of an answer is its entity tag, which says everything that it depends on (`conditional`): the flip of a version
//! makes new keys, and no clock makes an answer old. Of many who ask the same at once, one has it worked out and the others
//! wait for it. What is not an answer from the data (a problem, the names behind pseudonyms, a stream) is never kept.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use futures::stream;
use moka::future::Cache;

use super::conditional::DataVersion;
use super::throttle;
use crate::metrics::Metrics;

/// Beside the body: its key, its headers, and what the cache itself takes.
const OVERHEAD_BYTES: usize = 1024;
/// One answer takes at most this part of the memory.
const LARGEST_PART: u64 = 8;

/// The answers that are kept by this instance. Clones share them.
#[derive(Clone, Debug)]
pub struct AnswerMemory {
    answers: Cache<Asked, Arc<Answer>>,
    newest: Arc<AtomicI64>,
    largest: usize,
    metrics: Metrics,
}

/// What an answer depends on: its tag, and the forms that its asker takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub(super) tag: HeaderValue,
    pub(super) accept: Option<HeaderValue>,
}

#[derive(Debug)]
struct Answer {
    headers: HeaderMap,
    body: Bytes,
    version: DataVersion,
}

/// An answer that is for its asker alone.
#[derive(Debug)]
struct NotKept;

impl AnswerMemory {
    /// A memory for this many bytes of answers; with 0, nothing is kept.
    pub fn new(bytes: u64, metrics: Metrics) -> Self {
        let weigh =
            |_: &Asked, answer: &Arc<Answer>| u32::try_from(answer.body.len() + OVERHEAD_BYTES).unwrap_or(u32::MAX);
        let answers = Cache::builder().max_capacity(bytes).weigher(weigh).build();
        let largest = usize::try_from(bytes / LARGEST_PART).unwrap_or(usize::MAX);
        Self { answers, newest: Arc::default(), largest, metrics }
    }

    /// The answer to this request in this data version: from memory, or from whatever comes next.
    pub(super) async fn answer(&self, asked: Asked, data_version: i64, request: Request, next: Next) -> Response {
        if self.newest.fetch_max(data_version, Ordering::AcqRel) < data_version {
            self.answers.invalidate_all();
        }
        let (parts, _) = request.into_parts();
        let again = || Request::from_parts(parts.clone(), Body::empty());
        let mut own = None;
        let work_out = async {
            let (answer, response) = self.read(next.clone().run(again()).await, data_version).await;
            own = Some(response);
            answer.ok_or(NotKept)
        };
        let kept = self.answers.try_get_with(asked, work_out).await;
        match (own, kept) {
            (Some(own), _) => own,
            (None, Ok(answer)) => {
                self.metrics.answered_from_memory();
                answer.to_response()
            }
            // Whoever was waited for got an answer for themselves alone.
            (None, Err(_)) => next.run(again()).await,
        }
    }

    /// What of a response can be kept, and the response.
    async fn read(&self, response: Response, data_version: i64) -> (Option<Arc<Answer>>, Response) {
        let version = response.extensions().get::<DataVersion>().copied();
        let Some(version) = version.filter(|version| version.number == data_version) else { return (None, response) };
        // A stream does not know its length.
        let length = response.body().size_hint().exact().and_then(|length| usize::try_from(length).ok());
        if response.status() != StatusCode::OK || length.is_none_or(|length| length > self.largest) {
            return (None, response);
        }
        let (parts, body) = response.into_parts();
        let body = match to_bytes(body, self.largest).await {
            Ok(body) => body,
            // The asker must not take the beginning of an answer for all of it.
            Err(error) => return (None, Response::from_parts(parts, broken_off(error))),
        };
        let mut headers = parts.headers.clone();
        throttle::forget_asker(&mut headers);
        let answer = Answer { headers, body: body.clone(), version };
        (Some(Arc::new(answer)), Response::from_parts(parts, Body::from(body)))
    }
}

fn broken_off(error: axum::Error) -> Body {
    Body::from_stream(stream::once(ready(Err::<Bytes, _>(error))))
}

impl Answer {
    fn to_response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.headers_mut() = self.headers.clone();
        response.extensions_mut().insert(self.version);
        response
    }
}
