//! The one translation of anything that goes wrong into HTTP: an RFC 9457 problem document.
//!
//! A [`Problem`] travels in the extensions of its response. The outermost layer writes it down with the request id and
//! logs its cause ([`super::middleware`]); below HTTP nothing knows a status code.

mod kind;
mod pages;

use std::time::Duration;

use axum::body::Body;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bill::BillingPeriod;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use super::answer::Links;
use super::grammar::{Fault, Faults};
pub(crate) use kind::ProblemKind;
pub(crate) use pages::{__path_get_problem, __path_list_problems, get_problem, list_problems};

/// The media type of problem documents.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong. Boxed, because a handler hands it through many results.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Problem(Box<ProblemDocument>);

/// What went wrong, as RFC 9457 has it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument {
    /// The kind of problem: stable, made to branch on. Dereferencing it gives a page about the kind.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "/problems/unknown-parameter")]
    kind: ProblemKind,
    /// The same words for each problem of this type.
    #[schema(example = "Unknown parameter")]
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// What is wrong with this request, as a sentence.
    #[schema(example = "there is no parameter `perod` here; did you mean `period`?")]
    detail: String,
    /// Everything that is wrong with what was said in the path, the query, a header or the body, not only the first fault: each
    /// names its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// The nearest name that is known, where one is near.
    #[serde(skip_serializing_if = "Option::is_none")]
    did_you_mean: Option<String>,
    /// The billing periods that can be asked for, where the time asked for has no data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["2026-09", "2026-10"]))]
    loaded_periods: Option<Vec<BillingPeriod>>,
    /// Where to go instead, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<Links>,
    /// The id under which the log tells of this request; the header `x-request-id` has it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0199f3b2a6d77c0e9f5c6f3f1c1a2b3c")]
    request_id: Option<String>,
    /// The chain of causes, for the log alone.
    #[serde(skip)]
    cause: Option<String>,
    /// After how many seconds trying again makes sense, for the header.
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem of a kind, with a sentence about this occurrence.
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Box::new(ProblemDocument {
            kind,
            title: kind.title(),
            status: kind.status().as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            did_you_mean: None,
            loaded_periods: None,
            links: None,
            request_id: None,
            cause: None,
            retry_after: kind.retry_after_seconds().map(u64::from),
        }))
    }

    /// A problem with what one parameter says: a name in the path that nothing has, a period that is not loaded.
    pub(crate) fn about(parameter: &str, kind: ProblemKind, detail: impl Into<String>) -> Self {
        Fault::new(kind, parameter, detail).into()
    }

    /// Adds the nearest known name, to the sentence as well.
    pub(crate) fn with_suggestion(mut self, name: Option<String>) -> Self {
        if let Some(name) = &name {
            self.0.detail = format!("{}; did you mean `{name}`?", self.0.detail);
        }
        if let [only] = self.0.errors.as_mut_slice() {
            only.did_you_mean.clone_from(&name);
        }
        self.0.did_you_mean = name;
        self
    }

    /// Adds the periods that can be asked for.
    pub(crate) fn with_loaded_periods(mut self, periods: &[BillingPeriod]) -> Self {
        self.0.loaded_periods = Some(periods.to_vec());
        self
    }

    /// Adds where to go instead.
    pub(crate) fn with_links(mut self, links: Links) -> Self {
        self.0.links = Some(links);
        self
    }

    /// Adds what the log should know and the caller should not.
    pub(crate) fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Trying again makes sense after this time.
    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        let is_begun = u64::from(wait.subsec_nanos() > 0);
        self.0.retry_after = Some(wait.as_secs() + is_begun);
        self
    }

    /// Adds the id of the request.
    pub(crate) fn with_request_id(mut self, request_id: &str) -> Self {
        self.0.request_id = Some(request_id.to_owned());
        self
    }

    /// The kind.
    pub(crate) fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    /// The sentence about this occurrence.
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What the log should know.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// No billing period has been published.
    pub(crate) fn nothing_loaded() -> Self {
        Self::new(
            ProblemKind::NothingLoaded,
            "no billing period has been published yet; /v1/status shows how far the first refresh is",
        )
    }

    /// The document as bytes.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Every field is text, a number or a list of those, so nothing can fail here; an empty body is the worst case.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
        let errors = faults.into_vec();
        let Some(first) = errors.first() else { return Self::new(ProblemKind::InternalError, "no fault was found") };
        let mut problem = Self::new(first.kind, first.detail.clone()).with_suggestion(first.did_you_mean.clone());
        if errors.len() > 1 {
            problem.0.detail = format!("{} ({} faults in all; see `errors`)", problem.0.detail, errors.len());
        }
        problem.0.errors = errors;
        problem
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Faults::from(fault).into()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if let StoreError::TooManyRows { limit } = error {
            let detail = format!(
                "the answer has more than {limit} rows; group by fewer dimensions, filter, ask for a shorter time, or \
                 read it page by page with `limit`"
            );
            return Self::new(ProblemKind::LimitExceeded, detail);
        }
        let problem = match &error {
            StoreError::VersionGone { .. } => Self::new(ProblemKind::StoreUnreachable, error.to_string()),
            error if error.is_temporary() => Self::new(
                ProblemKind::StoreUnreachable,
                "the database does not answer; the last good data is safe, try again",
            ),
            _ => Self::new(
                ProblemKind::InternalError,
                "the question could not be answered; the log has the cause under this request id",
            ),
        };
        problem.with_cause(chain(&error))
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        let detail = "this part of the path is not percent-encoded UTF-8; write `é` as %C3%A9";
        match rejection {
            PathRejection::FailedToDeserializePathParams(failed) => match failed.into_kind() {
                ErrorKind::InvalidUtf8InPathParam { key } => Self::about(&key, ProblemKind::UnknownPath, detail),
                _ => Self::new(ProblemKind::UnknownPath, "the path is not percent-encoded UTF-8"),
            },
            _ => Self::new(ProblemKind::UnknownPath, "the path is not percent-encoded UTF-8"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json()));
        *response.status_mut() = self.0.kind.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// An error and all its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::grammar::CostsQuery;

    fn pretty(problem: &Problem) -> String {
        serde_json::to_string_pretty(problem).expect("a problem is JSON")
    }

    #[test]
    fn types_are_stable_and_each_is_used_once() {
        let types: BTreeSet<&str> = ProblemKind::ALL.iter().map(|kind| kind.type_uri()).collect();
        assert_eq!(types.len(), ProblemKind::ALL.len());
        assert!(types.iter().all(|uri| uri.starts_with("/problems/")));
    }

    #[test]
    fn two_mistakes_in_one_request_are_both_named() {
        let faults = CostsQuery::parse(Some("group_by=modle&perod=2026-10")).expect_err("two faults");
        insta::assert_snapshot!(pretty(&Problem::from(faults).with_request_id("r-1")));
    }

    #[test]
    fn a_database_that_is_away_is_worth_another_try() {
        let problem = Problem::from(StoreError::Corrupt { what: "an amount", value: "12,50 of alice".to_owned() });
        assert!(!pretty(&problem).contains("alice"), "what the database said is for the log alone");
        assert!(problem.cause().is_some_and(|cause| cause.contains("12,50 of alice")));
        let response = Problem::nothing_loaded().into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "30");
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
    }
}
