//! `GET /v1/keys`: all keys that the caller may see.

use access::Extent;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::document::{ApiKey, NO_STORE};
use crate::http::SharedState;
use crate::http::access::KeysAdmin;
use crate::http::answer::Links;
use crate::http::cursor::CursorQuestion;
use crate::http::documentation::{FormatParameter, FormatProblems, KeyListProblems, PageParameters};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::{Accepted, Echo, Faults, Parameters, read_format};
use crate::http::page::Page;
use crate::http::problem::Problem;

const PATH: &str = "/v1/keys";
const PARAMETERS: Accepted = Accepted { single: &["limit", "cursor", "format"], list: &[], bracketed: &[] };

/// A line each; what a key allows is one column, as JSON.
const TABLE: Table = Table {
    columns: &[
        "id",
        "name",
        "state",
        "grants",
        "created_at",
        "created_by",
        "expires_at",
        "revoked_at",
        "last_used_at",
        "replaced_by",
    ],
    decimals: &[],
    each: None,
};

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
    params(PageParameters, FormatParameter),
    responses((status = OK, description = "The keys", content(
                  (KeysAnswer = "application/json"), (String = "text/csv"))),
              KeyListProblems, FormatProblems))]
pub(crate) async fn list_keys(
    State(state): State<SharedState>,
    KeysAdmin(admitted): KeysAdmin,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (page, named) = page(query.as_deref(), &admitted.extent)?;
    let format = Format::choose(named, &headers, &Format::TABULAR)?;
    let after = page.after.map(Uuid::from_u128);
    let mut keys = state.store.keys(&admitted.extent, after, page.rows()).await?;
    let links = page.cut(PATH, &Echo::default().in_format(named), &mut keys, |key| key.key_id.as_u128());
    let now = state.clock.now();
    let data: Vec<ApiKey> = keys.into_iter().map(|key| ApiKey::new(key, now)).collect();
    if format == Format::Csv {
        return Ok((NO_STORE, TABLE.answer("keys", &data, links.header_of("next"))?).into_response());
    }
    Ok((NO_STORE, Json(KeysAnswer { data, links })).into_response())
}

fn page(query: Option<&str>, extent: &Extent) -> Result<(Page, Option<Format>), Faults> {
    let mut faults = Faults::default();
    let parameters = Parameters::read(query, &PARAMETERS, &mut faults);
    let page = Page::read(&parameters, CursorQuestion::new(PATH, &[], extent), &mut faults);
    let named = read_format(&parameters, &Format::TABULAR, &mut faults);
    faults.none_or((page, named))
}
