//! `GET /v1/events`: what has happened, page by page or as it happens.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use utoipa::IntoParams;

use super::feed::Feed;
use super::list::EventsAnswer;
use super::representation::Representation;
use crate::http::ApiState;
use crate::http::access::CostReader;
use crate::http::documentation::EventProblems;
use crate::http::grammar::ReportQuery;
use crate::http::keys::NO_STORE;
use crate::http::problem::Problem;

/// The parameters of `GET /v1/events`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what `list` and `feed` read")]
pub(crate) struct EventParameters {
    /// Only events of this type. Not of a stream, which tells everything.
    #[param(required = false, pattern = "^(data\\.version\\.published|refresh\\.failed|tie_out\\.failed)$")]
    r#type: Option<String>,
    /// Events on a page; 100, where nothing is said. Not of a stream.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// Where the page begins: from `links.next` of the page before. Not of a stream.
    cursor: Option<String>,
}

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
    params(EventParameters,
           ("last-event-id" = Option<String>, Header, description = "The id of the last event that was received: a stream goes on from there.",
            format = "uuid")),
    responses((status = OK, description = "The events", content((EventsAnswer = "application/json"), (String = "text/event-stream"))),
              EventProblems))]
pub(crate) async fn get_events(
    State(state): State<ApiState>,
    reader: CostReader,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    match Representation::asked_for(&headers) {
        Representation::Json => {
            let answer = EventsAnswer::read(&state.store, query.as_deref()).await?;
            Ok((NO_STORE, Json(answer)).into_response())
        }
        Representation::Stream => {
            ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
            Ok(Feed::open(&state, &reader, &headers).await?.into_response())
        }
    }
}
