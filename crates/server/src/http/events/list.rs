use access::Extent;
use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::Store;
use store::events::{EventKind, EventRecord};
use utoipa::ToSchema;

use super::{EventDocument, PATH};
use crate::http::answer::Links;
use crate::http::cursor::CursorQuestion;
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::{Accepted, Echo, Fault, Faults, Parameters, read_format};
use crate::http::keys::NO_STORE;
use crate::http::page::Page;
use crate::http::problem::Problem;

const PARAMETERS: Accepted = Accepted { single: &["type", "limit", "cursor", "format"], list: &[], bracketed: &[] };

/// A line each; what there is to say about an event is one column, as JSON.
const TABLE: Table = Table { columns: &["id", "type", "timestamp", "data"], decimals: &[], each: None };

/// Events, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventsAnswer {
    /// The events of this page.
    data: Vec<EventDocument>,
    /// Where to go from here; `next`, where there are older ones.
    links: Links,
}

/// Whether a query string names a format: then a list is asked for, whatever else is taken.
pub(super) fn names_format(query: Option<&str>) -> bool {
    Parameters::read(query, &PARAMETERS, &mut Faults::default()).single("format").is_some()
}

/// The page that a query string asks for, in the format that is taken.
pub(super) async fn list(store: &Store, query: Option<&str>, headers: &HeaderMap) -> Result<Response, Problem> {
    let asked = EventsQuery::parse(query)?;
    let format = Format::choose(asked.named, headers, &Format::TABULAR)?;
    let answer = EventsAnswer::read(store, asked).await?;
    if format == Format::Csv {
        let table = TABLE.answer("events", &answer.data, answer.links.header_of("next"))?;
        return Ok((NO_STORE, table).into_response());
    }
    Ok((NO_STORE, [(header::VARY, "accept")], Json(answer)).into_response())
}

impl EventsAnswer {
    async fn read(store: &Store, asked: EventsQuery) -> Result<Self, Problem> {
        let EventsQuery { kind, page, named, filters } = asked;
        let before = page.after.and_then(|position| i64::try_from(position).ok());
        let mut events = store.events(kind, before, page.rows()).await?;
        let position = |event: &EventRecord| u128::try_from(event.sequence).unwrap_or_default();
        let links = page.cut(PATH, &filters.in_format(named), &mut events, position);
        Ok(Self { data: events.into_iter().map(EventDocument::from).collect(), links })
    }
}

/// A question to the log, as understood.
struct EventsQuery {
    kind: Option<EventKind>,
    page: Page,
    /// The format, where one is named.
    named: Option<Format>,
    filters: Echo,
}

impl EventsQuery {
    fn parse(query: Option<&str>) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let parameters = Parameters::read(query, &PARAMETERS, &mut faults);
        let kind = parameters.single("type").and_then(|text| faults.keep(parse_kind("type", text)));
        let given = kind.map(EventKind::as_str);
        // The log is the same for everyone who may read it.
        let question = CursorQuestion::new(PATH, &[("type", given)], &Extent::Everything);
        let page = Page::read(&parameters, question, &mut faults);
        let mut filters = Echo::default();
        if let Some(kind) = given {
            filters.push("type", kind);
        }
        let named = read_format(&parameters, &Format::TABULAR, &mut faults);
        faults.none_or(Self { kind, page, named, filters })
    }
}

/// The word for a kind of event.
pub(super) fn parse_kind(parameter: &str, text: &str) -> Result<EventKind, Fault> {
    let known = EventKind::ALL.iter().map(|kind| kind.as_str());
    EventKind::named(text).ok_or_else(|| Fault::unknown_word(parameter, text, known))
}
