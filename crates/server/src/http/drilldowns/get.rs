//! `GET /v1/drilldowns/{id}`: how far a drill-down has come.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};

use super::document::DrilldownAnswer;
use super::{Opened, drilldown_id};
use crate::http::SharedState;
use crate::http::access::LineReader;
use crate::http::documentation::DrilldownProblems;
use crate::http::grammar::ReportQuery;
use crate::http::keys::NO_STORE;
use crate::http::problem::Problem;

/// Show a drill-down
///
/// How far it has come and, once its lines are there, whether they add up to the figure that was drilled into.
#[utoipa::path(get, path = "/v1/drilldowns/{id}", tag = "drilldowns",
    params(("id" = String, Path, description = "The id of the drill-down", format = "uuid")),
    responses((status = OK, description = "The drill-down", body = DrilldownAnswer), DrilldownProblems))]
pub(crate) async fn get_drilldown(
    State(state): State<SharedState>,
    reader: LineReader,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let mut opened = Opened::new(&state, &reader, drilldown_id(path)?).await?;
    Ok((NO_STORE, Json(DrilldownAnswer::of(&mut opened).await?)).into_response())
}
