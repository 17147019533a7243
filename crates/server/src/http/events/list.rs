use access::Extent;
use serde::Serialize;
use store::Store;
use store::events::{EventKind, EventRecord};
use utoipa::ToSchema;

use super::{EventDocument, PATH};
use crate::http::answer::Links;
use crate::http::cursor::CursorQuestion;
use crate::http::grammar::{Accepted, Echo, Fault, Faults, Parameters};
use crate::http::page::Page;
use crate::http::problem::Problem;

const PARAMETERS: Accepted = Accepted { single: &["type", "limit", "cursor"], list: &[], bracketed: &[] };

/// Events, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventsAnswer {
    /// The events of this page.
    data: Vec<EventDocument>,
    /// Where to go from here; `next`, where there are older ones.
    links: Links,
}

impl EventsAnswer {
    /// The page that a query string asks for.
    pub(super) async fn read(store: &Store, query: Option<&str>) -> Result<Self, Problem> {
        let EventsQuery { kind, page, filters } = EventsQuery::parse(query)?;
        let before = page.after.and_then(|position| i64::try_from(position).ok());
        let mut events = store.events(kind, before, page.rows()).await?;
        let position = |event: &EventRecord| u128::try_from(event.sequence).unwrap_or_default();
        let links = page.cut(PATH, &filters, &mut events, position);
        Ok(Self { data: events.into_iter().map(EventDocument::from).collect(), links })
    }
}

/// A question to the log, as understood.
struct EventsQuery {
    kind: Option<EventKind>,
    page: Page,
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
        faults.none_or(Self { kind, page, filters })
    }
}

/// The word for a kind of event.
pub(super) fn parse_kind(parameter: &str, text: &str) -> Result<EventKind, Fault> {
    let known = EventKind::ALL.iter().map(|kind| kind.as_str());
    EventKind::named(text).ok_or_else(|| Fault::unknown_word(parameter, text, known))
}
