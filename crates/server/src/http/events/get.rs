//! `GET /v1/events`: what has happened, page by page or as it happens.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::feed::{Feed, last_event_id};
use super::list::{EventsAnswer, list, names_format};
use super::representation::Representation;
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::documentation::{EventParameters, EventProblems, FormatParameter, FormatProblems};
use crate::http::grammar::ReportQuery;
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
    params(EventParameters, FormatParameter),
    responses((status = OK, description = "The events", content(
                  (EventsAnswer = "application/json"), (String = "text/csv"), (String = "text/event-stream"))),
              EventProblems, FormatProblems))]
pub(crate) async fn get_events(
    State(state): State<SharedState>,
    reader: CostReader,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let last_event_id = last_event_id(&headers)?;
    let query = query.as_deref();
    if names_format(query) || Representation::asked_for(&headers) == Representation::List {
        return list(&state.store, query, &headers).await;
    }
    ReportQuery::parse(query, &ReportQuery::NOTHING)?;
    Ok(Feed::open(&state, &reader, &headers, last_event_id).await?.into_response())
}
