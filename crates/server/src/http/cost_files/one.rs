//! `/v1/cost-files/{id}`: how far a file has come, and its end.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::document::CostFileAnswer;
use super::{cost_file_id, find, unknown};
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::documentation::CostFileProblems;
use crate::http::grammar::ReportQuery;
use crate::http::keys::NO_STORE;
use crate::http::problem::Problem;

/// Show a cost file
///
/// How far it has come and, once it is complete, how long it is and what its rows come to.
#[utoipa::path(get, path = "/v1/cost-files/{id}", tag = "costs",
    params(("id" = String, Path, description = "The id of the file", format = "uuid")),
    responses((status = OK, description = "The file", body = CostFileAnswer), CostFileProblems))]
pub(crate) async fn get_cost_file(
    State(state): State<SharedState>,
    reader: CostReader,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let record = find(&state, &reader, cost_file_id(path)?).await?;
    // What a file comes to is told to those alone who may see what is in it.
    reader.require_sight_of(&record.sight)?;
    Ok((NO_STORE, Json(CostFileAnswer::from(&record))).into_response())
}

/// Delete a cost file
///
/// One that is being written is not written any further. It counts for the day all the same.
#[utoipa::path(delete, path = "/v1/cost-files/{id}", tag = "costs",
    params(("id" = String, Path, description = "The id of the file", format = "uuid")),
    responses((status = NO_CONTENT, description = "The file is deleted"), CostFileProblems))]
pub(crate) async fn delete_cost_file(
    State(state): State<SharedState>,
    reader: CostReader,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let id = cost_file_id(path)?;
    let deleted = state.store.delete_cost_file(id, &reader.caller, state.clock.now()).await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(&id.to_string())) }
}
