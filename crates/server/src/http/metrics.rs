//! `GET /metrics`: what is measured, in Prometheus's text format.
//!
//! Whoever is known may look, as with `/v1/status`. What is counted over the whole bill is there for those only who see all of
//! it: for everyone else it does not exist. No label names a team, a caller or a person. Amounts become floats here, at the
//! very edge, because Prometheus knows nothing else: they are for alerts and graphs, never to be booked.

mod of_the_moment;
mod served;

use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;

use super::SharedState;
use super::access::Anyone;
use super::documentation::PlainProblems;
use super::grammar::ReportQuery;
use super::problem::{Problem, ProblemKind};
use super::refreshes::sees_the_whole_bill;
pub use served::ServedMeasures;

/// Measure the service
///
/// Age and lag of data, how refreshes ended, what queries read, requests, refusals, and money that someone should look at
/// (tie-out, unclassified, unattributed), in Prometheus's text format. Amounts are floats here and only here. What is counted
/// over the whole bill is left out for callers who see a part of it.
#[utoipa::path(get, path = "/metrics", tag = "service",
    responses((status = OK, description = "The measures", body = String, content_type = "text/plain"), PlainProblems))]
pub(crate) async fn get_metrics(
    State(state): State<SharedState>,
    Anyone(caller): Anyone,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let view = served::view(&state).await;
    let whole_bill = sees_the_whole_bill(&state, &caller);
    let registry = of_the_moment::registry(view.as_ref(), state.store.summaries(), state.clock.now(), whole_bill);
    let text = state.metrics.encode(&registry).map_err(|error| {
        Problem::new(ProblemKind::InternalError, "the measures cannot be written").with_cause(error.to_string())
    })?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
