//! `GET /v1/events`: what has happened, page by page or as it happens.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::feed::{Feed, last_event_id};
use super::list::EventsAnswer;
use super::representation::Representation;
use crate::http::ApiState;
use crate::http::access::CostReader;
use crate::http::documentation::{EventParameters, EventProblems};
use crate::http::grammar::ReportQuery;
use crate::http::keys::NO_STORE;
use crate::http::problem::Problem;

/// Watch what happens
///
/// The log of events of the last 30 days, newest first; or, with `Accept: text/event-stream`, a stream of Server-Sent Events
/// that goes on until the service stops or the credentials end. Each event of the stream has the event's type as `event`, its id as
/// `id`, and the event as JSON as `data`.
///
/// A stream begins with `data.version.current`, which says the data version that is served; what is new follows as it happens.
/// With `Last-Event-ID` everything after that event comes first, and everything that is kept where it is not kept any more: an event may come
/// twice and none is missed. A comment keeps a quiet connection alive.
#[utoipa::path(get, path = "/v1/events", tag = "events",
    params(EventParameters),
    responses((status = OK, description = "The events", content((EventsAnswer = "application/json"), (String = "text/event-stream"))),
              EventProblems))]
pub(crate) async fn get_events(
    State(state): State<ApiState>,
    reader: CostReader,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let last_event_id = last_event_id(&headers)?;
    match Representation::asked_for(&headers) {
        Representation::Json => {
            let answer = EventsAnswer::read(&state.store, query.as_deref()).await?;
            Ok((NO_STORE, Json(answer)).into_response())
        }
        Representation::Stream => {
            ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
            Ok(Feed::open(&state, &reader, &headers, last_event_id).await?.into_response())
        }
    }
}
