//! `POST /v1/keys`: a new key.

use access::Grants;
use access::api_key::NewKey;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use store::keys::KeyToCreate;
use utoipa::ToSchema;

use super::document::NewKeyAnswer;
use super::schema::{GrantSchema, LifetimeSchema, NameSchema};
use super::{grants, may_give};
use crate::http::SharedState;
use crate::http::access::KeysAdmin;
use crate::http::body::{Fields, JsonObject, fault};
use crate::http::documentation::KeyBodyProblems;
use crate::http::grammar::{Faults, ReportQuery};
use crate::http::problem::Problem;
use crate::keys::{KeyName, Lifetime};

/// A key to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewKey)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyBody {
    /// What people call it.
    #[schema(value_type = NameSchema)]
    name: KeyName,
    /// What it allows: no more than the caller may do.
    #[schema(value_type = Vec<GrantSchema>, min_items = 1, max_items = 100)]
    grants: Grants,
    /// How long it lasts, such as `90d`, `12h` or `30m`, or `never`: then it is accepted until it is revoked. A year, where
    /// nothing is said.
    #[schema(value_type = LifetimeSchema, required = false)]
    expires_after: Lifetime,
}

impl KeyBody {
    fn read(body: JsonObject) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut fields = body.fields(&["name", "grants", "expires_after"], &mut faults);
        let name = fields.require::<String>("name", &mut faults);
        let name = name.and_then(|name| faults.keep(name.parse().map_err(|error| named("name", error))));
        let grants = grants::read(&mut fields, &mut faults);
        let expires_after = lifetime(&mut fields, &mut faults);
        match (name, grants) {
            (Some(name), Some(grants)) => faults.none_or(Self { name, grants, expires_after }),
            _ => Err(faults),
        }
    }
}

/// The field `expires_after`.
pub(super) fn lifetime(fields: &mut Fields, faults: &mut Faults) -> Lifetime {
    let text = fields.take::<String>("expires_after", faults);
    let given = text.and_then(|text| faults.keep(text.parse().map_err(|error| named("expires_after", error))));
    given.unwrap_or(Lifetime::USUAL)
}

fn named<E: ToString>(field: &str, error: E) -> crate::http::grammar::Fault {
    fault(field, error.to_string())
}

/// Make a key
///
/// The answer has the text of the key, which is shown this once. A key allows no more than its maker may do.
#[utoipa::path(post, path = "/v1/keys", tag = "access", request_body = KeyBody,
    responses((status = CREATED, description = "The key", body = NewKeyAnswer,
                  headers(("location" = String, description = "The path of the key"))),
              KeyBodyProblems))]
pub(crate) async fn create_key(
    State(state): State<SharedState>,
    KeysAdmin(admitted): KeysAdmin,
    RawQuery(query): RawQuery,
    body: JsonObject,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let KeyBody { name, grants, expires_after } = KeyBody::read(body)?;
    may_give(&admitted.caller, &admitted.extent, &grants)?;
    let (now, text) = (state.clock.now(), NewKey::random());
    let key = KeyToCreate { name: name.into(), hash: text.hash(), grants, expires_at: expires_after.end(now) };
    let record = state.store.create_key(&key, &admitted.caller, Some(admitted.address), now).await?;
    Ok(NewKeyAnswer::created(record, text.expose(), None, now))
}
