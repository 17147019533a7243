//! `/v1/webhooks/{id}`: one webhook, shown, deleted, enabled again, given a new secret.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::document::{WebhookAnswer, WebhookSecretAnswer};
use super::{unknown, webhook_id};
use crate::http::SharedState;
use crate::http::access::WebhooksAdmin;
use crate::http::documentation::WebhookProblems;
use crate::http::grammar::ReportQuery;
use crate::http::problem::Problem;
use crate::keys::USUAL_OVERLAP;
use crate::webhooks::WebhookSecret;

/// Show a webhook
///
/// Where events are sent, and how that fares. Its secret is not shown again.
#[utoipa::path(get, path = "/v1/webhooks/{id}", tag = "events",
    params(("id" = String, Path, description = "The id of the webhook", format = "uuid")),
    responses((status = OK, description = "The webhook", body = WebhookAnswer), WebhookProblems))]
pub(crate) async fn get_webhook(
    State(state): State<SharedState>,
    WebhooksAdmin(_admitted): WebhooksAdmin,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let id = webhook_id(path)?;
    let webhook = state.store.webhook(id).await?.ok_or_else(|| unknown(&id.to_string()))?;
    Ok(WebhookAnswer::of(webhook))
}

/// Delete a webhook
///
/// Nothing is sent there any more, and what was sent is forgotten.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "events",
    params(("id" = String, Path, description = "The id of the webhook", format = "uuid")),
    responses((status = NO_CONTENT, description = "The webhook is deleted"), WebhookProblems))]
pub(crate) async fn delete_webhook(
    State(state): State<SharedState>,
    WebhooksAdmin(admitted): WebhooksAdmin,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let id = webhook_id(path)?;
    let (address, now) = (Some(admitted.address), state.clock.now());
    let deleted = state.store.delete_webhook(id, &admitted.caller, address, now).await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(&id.to_string())) }
}

/// Enable a webhook
///
/// Sends again to a webhook that was disabled: what happens from now on. Messages that were given up can be replayed.
#[utoipa::path(post, path = "/v1/webhooks/{id}/enable", tag = "events",
    params(("id" = String, Path, description = "The id of the webhook", format = "uuid")),
    responses((status = OK, description = "The webhook", body = WebhookAnswer), WebhookProblems))]
pub(crate) async fn enable_webhook(
    State(state): State<SharedState>,
    WebhooksAdmin(admitted): WebhooksAdmin,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let id = webhook_id(path)?;
    let (address, now) = (Some(admitted.address), state.clock.now());
    let webhook = state.store.enable_webhook(id, &admitted.caller, address, now).await?;
    Ok(WebhookAnswer::of(webhook.ok_or_else(|| unknown(&id.to_string()))?))
}

/// Replace the secret of a webhook
///
/// Messages are signed with the new secret and, for a day, with the one before as well, so that the receiver can take the new one
/// in its own time. The answer has the new secret, which is shown this once.
#[utoipa::path(post, path = "/v1/webhooks/{id}/rotate", tag = "events",
    params(("id" = String, Path, description = "The id of the webhook", format = "uuid")),
    responses((status = OK, description = "The webhook with its new secret", body = WebhookSecretAnswer,
                  headers(("location" = String, description = "The path of the webhook"))),
              WebhookProblems))]
pub(crate) async fn rotate_webhook_secret(
    State(state): State<SharedState>,
    WebhooksAdmin(admitted): WebhooksAdmin,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let id = webhook_id(path)?;
    let secret = WebhookSecret::random();
    let (address, now) = (Some(admitted.address), state.clock.now());
    let until = now + USUAL_OVERLAP;
    let rotated = state.store.rotate_webhook_secret(id, secret.bytes(), until, &admitted.caller, address, now).await?;
    let webhook = rotated.ok_or_else(|| unknown(&id.to_string()))?;
    Ok(WebhookSecretAnswer::of(webhook, &secret, StatusCode::OK))
}
