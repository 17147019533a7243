use access::GrantText;
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::keys::KeyRecord;
use utoipa::ToSchema;
use uuid::Uuid;

use super::schema::GrantSchema;
use crate::http::access::me::grant_texts;
use crate::http::answer::Links;

/// An API key, without its text.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ApiKey {
    /// The id, in paths and in the audit log.
    #[schema(value_type = String, example = "019f3b2a-6d77-7c0e-9f5c-6f3f1c1a2b3c")]
    id: Uuid,
    /// What people call it.
    #[schema(example = "grafana")]
    name: String,
    /// Whether it is accepted: `active`, `expired` or `revoked`.
    #[schema(value_type = String, example = "active")]
    state: &'static str,
    /// What it allows.
    #[schema(value_type = Vec<GrantSchema>)]
    grants: Vec<GrantText>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Who made it, as the audit log names them.
    #[schema(example = "command_line:command-line")]
    created_by: String,
    /// From when it is refused; null where it does not expire.
    expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    revoked_at: Option<DateTime<Utc>>,
    /// When it was last accepted, to the minute or so.
    last_used_at: Option<DateTime<Utc>>,
    /// The key that took its place.
    #[schema(value_type = Option<String>)]
    replaced_by: Option<Uuid>,
    /// Where to go from here.
    links: Links,
}

impl ApiKey {
    /// As it is at this time.
    pub(crate) fn new(key: KeyRecord, now: DateTime<Utc>) -> Self {
        let path = path_of(key.key_id);
        Self {
            id: key.key_id,
            state: key.state(now).as_str(),
            grants: grant_texts(&key.grants),
            name: key.name,
            created_at: key.created_at,
            created_by: key.created_by,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: key.last_used_at,
            replaced_by: key.replaced_by,
            links: Links::to_self(path),
        }
    }
}

/// One key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyAnswer {
    /// The key.
    data: ApiKey,
    /// Where to go from here.
    links: Links,
}

impl KeyAnswer {
    pub(super) fn new(key: KeyRecord, now: DateTime<Utc>) -> Self {
        let links = Links::to_self(path_of(key.key_id)).and("keys", "/v1/keys");
        Self { data: ApiKey::new(key, now), links }
    }
}

/// A key that was just made, with its text.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewKeyAnswer {
    /// The key.
    data: ApiKey,
    /// Its text, to be sent as `Authorization: Bearer …`. It is shown this once.
    #[schema(example = "cbk_a4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqma7siza")]
    key: String,
    /// The key that it replaces, which is accepted until it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced: Option<ApiKey>,
    /// Where to go from here.
    links: Links,
}

impl NewKeyAnswer {
    /// 201 with the place of the new key.
    pub(super) fn created(new: KeyRecord, text: &str, replaced: Option<KeyRecord>, now: DateTime<Utc>) -> Response {
        let path = path_of(new.key_id);
        let answer = Self {
            data: ApiKey::new(new, now),
            key: text.to_owned(),
            replaced: replaced.map(|old| ApiKey::new(old, now)),
            links: Links::to_self(path.as_str()).and("keys", "/v1/keys"),
        };
        (StatusCode::CREATED, [(header::LOCATION, path)], NO_STORE, Json(answer)).into_response()
    }
}

/// What is said about keys is kept by nobody on the way.
pub(crate) const NO_STORE: [(HeaderName, HeaderValue); 1] =
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];

fn path_of(key_id: Uuid) -> String {
    format!("/v1/keys/{key_id}")
}
