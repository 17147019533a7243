//! `GET /v1/keys`: all keys that the caller may see.

use access::Extent;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::document::{ApiKey, NO_STORE};
use crate::http::ApiState;
use crate::http::access::KeysAdmin;
use crate::http::answer::Links;
use crate::http::cursor::CursorQuestion;
use crate::http::documentation::{KeyListProblems, PageParameters};
use crate::http::grammar::{Accepted, Echo, Faults, Parameters};
use crate::http::page::Page;
use crate::http::problem::Problem;

const PATH: &str = "/v1/keys";
const PARAMETERS: Accepted = Accepted { single: &["limit", "cursor"], list: &[], bracketed: &[] };

/// Keys, in the order in which they were made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeysAnswer {
    /// The keys of this page.
    data: Vec<ApiKey>,
    /// Where to go from here; `next`, where there is another page.
    links: Links,
}

/// List keys
///
/// Every key that allows nothing beyond what the caller has `keys:admin` for, in the order in which they were made. Keys
/// that are revoked or have expired stay in the list.
#[utoipa::path(get, path = "/v1/keys", tag = "access",
    params(PageParameters),
    responses((status = OK, description = "The keys", body = KeysAnswer), KeyListProblems))]
pub(crate) async fn list_keys(
    State(state): State<ApiState>,
    KeysAdmin(admitted): KeysAdmin,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let page = page(query.as_deref(), &admitted.extent)?;
    let after = page.after.map(Uuid::from_u128);
    let mut keys = state.store.keys(&admitted.extent, after, page.rows()).await?;
    let links = page.cut(PATH, &Echo::default(), &mut keys, |key| key.key_id.as_u128());
    let now = state.clock.now();
    let data = keys.into_iter().map(|key| ApiKey::new(key, now)).collect();
    Ok((NO_STORE, Json(KeysAnswer { data, links })).into_response())
}

fn page(query: Option<&str>, extent: &Extent) -> Result<Page, Faults> {
    let mut faults = Faults::default();
    let parameters = Parameters::read(query, &PARAMETERS, &mut faults);
    let page = Page::read(&parameters, CursorQuestion::new(PATH, &[], extent), &mut faults);
    faults.none_or(page)
}
