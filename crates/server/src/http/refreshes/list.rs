//! `GET /v1/refreshes`: all refreshes that are kept.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::refreshes::RefreshRecord;
use utoipa::ToSchema;
use uuid::Uuid;

use super::document::Refresh;
use super::{PATH, sees_the_whole_bill};
use crate::http::SharedState;
use crate::http::access::RefreshRunner;
use crate::http::answer::Links;
use crate::http::cursor::CursorQuestion;
use crate::http::documentation::{FormatParameter, FormatProblems, PageParameters, RefreshListProblems};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::{Accepted, Echo, Faults, Parameters, read_format};
use crate::http::keys::NO_STORE;
use crate::http::page::Page;
use crate::http::problem::Problem;

const PARAMETERS: Accepted = Accepted { single: &["limit", "cursor", "format"], list: &[], bracketed: &[] };

/// A line each; what was done to each period of each export is one column, as JSON.
const TABLE: Table = Table {
    columns: &[
        "id",
        "state",
        "occasion",
        "requested_by",
        "periods",
        "force",
        "created_at",
        "started_at",
        "finished_at",
        "attempts",
        "progress.parts_done",
        "progress.parts",
        "progress.export",
        "progress.period",
        "progress.step",
        "progress.step_number",
        "progress.steps",
        "progress.rows",
        "failure",
        "scanned_bytes",
        "price",
        "price_currency",
        "parts",
    ],
    decimals: &["price"],
    each: None,
};

/// Refreshes, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefreshesAnswer {
    /// The refreshes of this page.
    data: Vec<Refresh>,
    /// Where to go from here; `next`, where there are older ones.
    links: Links,
}

/// List refreshes
///
/// All refreshes that are kept, newest first: those that found nothing new for a day, all others for 90.
#[utoipa::path(get, path = "/v1/refreshes", tag = "refreshes",
    params(PageParameters, FormatParameter),
    responses((status = OK, description = "The refreshes", content(
                  (RefreshesAnswer = "application/json"), (String = "text/csv"))),
              RefreshListProblems, FormatProblems))]
pub(crate) async fn list_refreshes(
    State(state): State<SharedState>,
    RefreshRunner(admitted): RefreshRunner,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let parameters = Parameters::read(query.as_deref(), &PARAMETERS, &mut faults);
    let page = Page::read(&parameters, CursorQuestion::new(PATH, &[], &admitted.extent), &mut faults);
    let named = read_format(&parameters, &Format::TABULAR, &mut faults);
    let page = faults.none_or(page)?;
    let format = Format::choose(named, &headers, &Format::TABULAR)?;
    let mut refreshes = state.store.refreshes(page.after.map(Uuid::from_u128), page.rows()).await?;
    let position = |refresh: &RefreshRecord| refresh.refresh_id.as_u128();
    let links = page.cut(PATH, &Echo::default().in_format(named), &mut refreshes, position);
    let whole_bill = sees_the_whole_bill(&state, &admitted.caller);
    let data: Vec<Refresh> = refreshes.into_iter().map(|refresh| Refresh::new(refresh, whole_bill)).collect();
    if format == Format::Csv {
        return Ok((NO_STORE, TABLE.answer("refreshes", &data, links.header_of("next"))?).into_response());
    }
    Ok((NO_STORE, Json(RefreshesAnswer { data, links })).into_response())
}
