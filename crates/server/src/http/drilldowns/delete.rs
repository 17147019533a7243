//! `DELETE /v1/drilldowns/{id}`: nobody waits for it any more.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;

use super::{drilldown_id, unknown};
use crate::http::SharedState;
use crate::http::access::LineReader;
use crate::http::documentation::DrilldownProblems;
use crate::http::grammar::ReportQuery;
use crate::http::problem::Problem;

/// Delete a drill-down
///
/// What is being fetched for nobody else is not fetched any further. It counts for the day all the same.
#[utoipa::path(delete, path = "/v1/drilldowns/{id}", tag = "drilldowns",
    params(("id" = String, Path, description = "The id of the drill-down", format = "uuid")),
    responses((status = NO_CONTENT, description = "The drill-down is deleted"), DrilldownProblems))]
pub(crate) async fn delete_drilldown(
    State(state): State<SharedState>,
    reader: LineReader,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let id = drilldown_id(path)?;
    let deleted = state.store.delete_drilldown(id, &reader.admitted.caller, state.clock.now()).await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(&id.to_string())) }
}
