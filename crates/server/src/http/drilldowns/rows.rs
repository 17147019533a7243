//! `GET /v1/drilldowns/{id}/rows`: the lines, page by page as JSON or all of them as CSV.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::document::{TieOutDocument, tie_out};
use super::line::LineDocument;
use super::{Opened, csv, drilldown_id, path_of};
use crate::http::SharedState;
use crate::http::access::LineReader;
use crate::http::answer::{Links, data_version};
use crate::http::cursor::CursorQuestion;
use crate::http::documentation::{DrilldownRowsProblems, FormatParameter, FormatProblems};
use crate::http::format::Format;
use crate::http::grammar::{Accepted, Echo, Fault, Faults, Parameters, read_format};
use crate::http::keys::NO_STORE;
use crate::http::page::Page;
use crate::http::problem::Problem;

const PARAMETERS: Accepted = Accepted { single: &["format", "limit", "cursor"], list: &[], bracketed: &[] };

/// Lines of the bill.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DrilldownRowsAnswer {
    /// The lines of this page.
    data: Vec<LineDocument>,
    /// What the answer says about itself.
    meta: DrilldownRowsMeta,
    /// Where to go from here; `next`, where there is another page.
    links: Links,
}

/// What a page of lines says about itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DrilldownRowsMeta {
    /// The version of all data.
    #[schema(example = "v12")]
    data_version: String,
    /// The figure that was drilled into beside what all lines come to, those of other pages too.
    tie_out: Vec<TieOutDocument>,
}

/// List the lines of a drill-down
///
/// Page by page as JSON, or all of them as CSV (`format=csv`, or `Accept: text/csv`), in the same order each time. In CSV a text
/// that a spreadsheet would take for a formula begins with an apostrophe.
#[utoipa::path(get, path = "/v1/drilldowns/{id}/rows", tag = "drilldowns",
    params(("id" = String, Path, description = "The id of the drill-down", format = "uuid"),
           ("limit" = Option<u16>, Query, description = "Lines on a page; 100, where nothing is said. CSV has no pages.",
                minimum = 1, maximum = 1000),
           ("cursor" = Option<String>, Query, description = "Where the page begins: from `links.next` of the page before."), FormatParameter),
    responses((status = OK, description = "The lines", content(
                  (DrilldownRowsAnswer = "application/json"), (String = "text/csv"))),
              DrilldownRowsProblems, FormatProblems))]
pub(crate) async fn list_drilldown_rows(
    State(state): State<SharedState>,
    reader: LineReader,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = drilldown_id(path)?;
    let path = format!("{}/rows", path_of(id));
    let mut faults = Faults::default();
    let parameters = Parameters::read(query.as_deref(), &PARAMETERS, &mut faults);
    let page = Page::read(&parameters, CursorQuestion::new(&path, &[], &reader.admitted.extent), &mut faults);
    let named = read_format(&parameters, &Format::TABULAR, &mut faults);
    let format = Format::choose(named, &headers, &Format::TABULAR);
    for name in ["limit", "cursor"].into_iter().filter(|name| parameters.single(name).is_some()) {
        if matches!(format, Ok(Format::Csv)) {
            faults.push(Fault::invalid_value(name, format!("CSV has no pages: leave `{name}` out, or ask for JSON")));
        }
    }
    let page = faults.none_or(page)?;
    let format = format?;
    let mut opened = Opened::new(&state, &reader, id).await?;
    opened.require_complete()?;
    if format == Format::Csv {
        return Ok(csv::answer(state, reader, opened));
    }
    let after = page.after.map_or(0, |position| i32::try_from(position).unwrap_or(i32::MAX));
    let set_id = opened.set_id();
    let mut lines = opened.snapshot.lines(set_id, &opened.question, after, page.rows()).await?;
    let position = |line: &store::snapshot::Line| u128::try_from(line.position).unwrap_or(0);
    let links = page.cut(&path, &Echo::default(), &mut lines, position).and("drilldown", path_of(id));
    let persons = opened.snapshot.sight().persons;
    let data = lines.into_iter().map(|line| LineDocument::new(line, persons)).collect::<Result<_, _>>()?;
    let meta = DrilldownRowsMeta { data_version: data_version(&opened.snapshot), tie_out: tie_out(&mut opened).await? };
    Ok((NO_STORE, [(header::VARY, "accept")], Json(DrilldownRowsAnswer { data, meta, links })).into_response())
}
