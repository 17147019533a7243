//! `GET /v1/cost-files`: the caller's files.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::cost_files::CostFileRecord;
use utoipa::ToSchema;
use uuid::Uuid;

use super::PATH;
use super::document::CostFile;
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::Links;
use crate::http::cursor::CursorQuestion;
use crate::http::documentation::{CostFileListProblems, FormatParameter, FormatProblems, PageParameters};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::{Accepted, Echo, Faults, Parameters, read_format};
use crate::http::keys::NO_STORE;
use crate::http::page::Page;
use crate::http::problem::Problem;

const PARAMETERS: Accepted = Accepted { single: &["limit", "cursor", "format"], list: &[], bracketed: &[] };

/// A line each.
const TABLE: Table = Table {
    columns: &[
        "id",
        "state",
        "question",
        "data_version",
        "format",
        "name",
        "rows",
        "bytes",
        "sha256",
        "cost_totals",
        "control_totals",
        "failure",
        "requested_at",
        "finished_at",
        "expires_at",
    ],
    decimals: &[],
    each: None,
};

/// Cost files, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CostFilesAnswer {
    /// The files of this page.
    data: Vec<CostFile>,
    /// Where to go from here; `next`, where there are older ones.
    links: Links,
}

/// List cost files
///
/// The files that the caller has asked for and that are not forgotten yet, newest first. Those of others are not in it, nor those
/// that hold what the caller may not see any more.
#[utoipa::path(get, path = "/v1/cost-files", tag = "costs",
    params(PageParameters, FormatParameter),
    responses((status = OK, description = "The files", content(
                  (CostFilesAnswer = "application/json"), (String = "text/csv"))),
              CostFileListProblems, FormatProblems))]
pub(crate) async fn list_cost_files(
    State(state): State<SharedState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let parameters = Parameters::read(query.as_deref(), &PARAMETERS, &mut faults);
    let page = Page::read(&parameters, CursorQuestion::new(PATH, &[], &reader.sight.extent), &mut faults);
    let named = read_format(&parameters, &Format::TABULAR, &mut faults);
    let page = faults.none_or(page)?;
    let format = Format::choose(named, &headers, &Format::TABULAR)?;
    let (after, now) = (page.after.map(Uuid::from_u128), state.clock.now());
    let mut records = state.store.cost_files(&reader.caller, after, page.rows(), now).await?;
    let position = |record: &CostFileRecord| record.cost_file_id.as_u128();
    let links = page.cut(PATH, &Echo::default().in_format(named), &mut records, position);
    let may_be_seen = |record: &&CostFileRecord| reader.require_sight_of(&record.sight).is_ok();
    let data: Vec<CostFile> = records.iter().filter(may_be_seen).map(CostFile::from).collect();
    if format == Format::Csv {
        return Ok((NO_STORE, TABLE.answer("cost-files", &data, links.header_of("next"))?).into_response());
    }
    Ok((NO_STORE, Json(CostFilesAnswer { data, links })).into_response())
}
