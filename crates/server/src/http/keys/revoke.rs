//! `DELETE /v1/keys/{id}`: a key is refused from now on.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;

use super::{key_id, unknown};
use crate::http::SharedState;
use crate::http::access::KeysAdmin;
use crate::http::documentation::KeyProblems;
use crate::http::grammar::ReportQuery;
use crate::http::problem::Problem;

/// Revoke a key
///
/// Every instance of the service refuses the key from now on. Doing it again changes nothing; the key stays in the list.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "access",
    params(("id" = String, Path, description = "The id of the key", format = "uuid")),
    responses((status = NO_CONTENT, description = "The key is revoked"), KeyProblems))]
pub(crate) async fn revoke_key(
    State(state): State<SharedState>,
    KeysAdmin(admitted): KeysAdmin,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let id = key_id(path)?;
    let (address, now) = (Some(admitted.address), state.clock.now());
    let revoked = state.store.revoke_key(id, &admitted.extent, &admitted.caller, address, now).await?;
    revoked.map(|_| StatusCode::NO_CONTENT).ok_or_else(|| unknown(&id.to_string()))
}
