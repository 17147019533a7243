//! `GET /v1/refreshes/{id}`: one refresh.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};

use super::document::RefreshAnswer;
use super::{refresh_id, sees_the_whole_bill, unknown};
use crate::http::SharedState;
use crate::http::access::RefreshRunner;
use crate::http::documentation::RefreshProblems;
use crate::http::grammar::ReportQuery;
use crate::http::keys::NO_STORE;
use crate::http::problem::Problem;

/// Watch a refresh
///
/// How far it is, what it came to, what its queries cost, and why it failed. The answer is the same from every instance.
#[utoipa::path(get, path = "/v1/refreshes/{id}", tag = "refreshes",
    params(("id" = String, Path, description = "The id of the refresh", format = "uuid")),
    responses((status = OK, description = "The refresh", body = RefreshAnswer), RefreshProblems))]
pub(crate) async fn get_refresh(
    State(state): State<SharedState>,
    RefreshRunner(admitted): RefreshRunner,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let id = refresh_id(path)?;
    let record = state.store.refresh(id).await?.ok_or_else(|| unknown(&id.to_string()))?;
    let whole_bill = sees_the_whole_bill(&state, &admitted.caller);
    Ok((NO_STORE, Json(RefreshAnswer::new(record, whole_bill))).into_response())
}
