use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::webhooks::WebhookRecord;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{PATH, path_of};
use crate::http::answer::Links;
use crate::http::keys::NO_STORE;
use crate::webhooks::WebhookSecret;

/// Somebody who is sent events.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Webhook {
    /// The id, in paths and in the audit log.
    #[schema(value_type = String, example = "019f3b2a-6d77-7c0e-9f5c-6f3f1c1a2b3c")]
    id: Uuid,
    /// What people call it.
    #[schema(example = "month-end")]
    name: String,
    /// Where events are sent.
    #[schema(example = "https://hooks.example.com/chargeback")]
    url: String,
    /// Only events of these types; all where empty.
    types: Vec<String>,
    /// `active` or `disabled`: then nothing is sent to it.
    #[schema(value_type = String, example = "active")]
    state: &'static str,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Who made it, as the audit log names them.
    created_by: String,
    /// Until when the secret before signs beside the new one, where there was one.
    previous_secret_until: Option<DateTime<Utc>>,
    /// Since when every try has failed; null where the last one did not.
    failing_since: Option<DateTime<Utc>>,
    /// When it was disabled.
    disabled_at: Option<DateTime<Utc>>,
    /// Why it was disabled.
    disabled_because: Option<String>,
    /// Where to go from here.
    links: Links,
}

impl From<WebhookRecord> for Webhook {
    fn from(webhook: WebhookRecord) -> Self {
        let path = path_of(webhook.webhook_id);
        Self {
            id: webhook.webhook_id,
            state: if webhook.disabled_at.is_some() { "disabled" } else { "active" },
            name: webhook.name,
            url: webhook.url,
            types: webhook.types,
            created_at: webhook.created_at,
            created_by: webhook.created_by,
            previous_secret_until: webhook.previous_until,
            failing_since: webhook.failing_since,
            disabled_at: webhook.disabled_at,
            disabled_because: webhook.disabled_because,
            links: Links::to_self(path.as_str()).and("deliveries", format!("{path}/deliveries")),
        }
    }
}

/// One webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookAnswer {
    /// The webhook.
    data: Webhook,
    /// Where to go from here.
    links: Links,
}

impl WebhookAnswer {
    pub(super) fn of(webhook: WebhookRecord) -> Response {
        let links = Links::to_self(path_of(webhook.webhook_id)).and("webhooks", PATH);
        (NO_STORE, Json(Self { data: webhook.into(), links })).into_response()
    }
}

/// A webhook with the secret that was just made for it.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookSecretAnswer {
    /// The webhook.
    data: Webhook,
    /// The secret with which messages are signed. It is shown this once. The service keeps it as it is: a hash could not sign.
    #[schema(example = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")]
    secret: String,
    /// Where to go from here.
    links: Links,
}

impl WebhookSecretAnswer {
    pub(super) fn of(webhook: WebhookRecord, secret: &WebhookSecret, status: StatusCode) -> Response {
        let path = path_of(webhook.webhook_id);
        let links = Links::to_self(path.as_str()).and("webhooks", PATH);
        let answer = Self { data: webhook.into(), secret: secret.text(), links };
        (status, [(header::LOCATION, path)], NO_STORE, Json(answer)).into_response()
    }
}
