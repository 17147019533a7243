//! `GET /v1/keys/{id}`: one key.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};

use super::document::{KeyAnswer, NO_STORE};
use super::{key_id, unknown};
use crate::http::SharedState;
use crate::http::access::KeysAdmin;
use crate::http::documentation::KeyProblems;
use crate::http::grammar::ReportQuery;
use crate::http::problem::Problem;

/// Show a key
///
/// What a key allows, how long it lasts, and when it was last used. Its text is not kept.
#[utoipa::path(get, path = "/v1/keys/{id}", tag = "access",
    params(("id" = String, Path, description = "The id of the key", format = "uuid")),
    responses((status = OK, description = "The key", body = KeyAnswer), KeyProblems))]
pub(crate) async fn get_key(
    State(state): State<SharedState>,
    KeysAdmin(admitted): KeysAdmin,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let id = key_id(path)?;
    let key = state.store.key(id, &admitted.extent).await?.ok_or_else(|| unknown(&id.to_string()))?;
    Ok((NO_STORE, Json(KeyAnswer::new(key, state.clock.now()))).into_response())
}
