//! `POST /v1/webhooks/{id}/test` and `…/deliveries/{delivery}/replay`: a message is sent because somebody asks for it.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::webhooks::Queued;
use utoipa::ToSchema;
use uuid::Uuid;

use super::delivery::Delivery;
use super::{id, path_of, unknown, unknown_delivery, webhook_id};
use crate::http::SharedState;
use crate::http::access::WebhooksAdmin;
use crate::http::answer::Links;
use crate::http::documentation::{ReplayProblems, WebhookTestProblems};
use crate::http::grammar::ReportQuery;
use crate::http::keys::NO_STORE;
use crate::http::problem::{Problem, ProblemKind};

/// A message that is about to be sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryAnswer)]
pub(crate) struct DeliveryAnswer {
    /// The message.
    data: Delivery,
    /// Where to go from here.
    links: Links,
}

/// Try a webhook out
///
/// Sends a message of the type `webhook.test` as soon as possible; `GET /v1/webhooks/{id}/deliveries` shows how that went.
#[utoipa::path(post, path = "/v1/webhooks/{id}/test", tag = "events",
    params(("id" = String, Path, description = "The id of the webhook", format = "uuid")),
    responses((status = ACCEPTED, description = "The message", body = DeliveryAnswer,
                  headers(("location" = String, description = "Where the message can be watched"))),
              WebhookTestProblems))]
pub(crate) async fn test_webhook(
    State(state): State<SharedState>,
    WebhooksAdmin(admitted): WebhooksAdmin,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let id = webhook_id(path)?;
    let (address, now) = (Some(admitted.address), state.clock.now());
    accepted(id, "", state.store.test_webhook(id, &admitted.caller, address, now).await?)
}

/// Send a message again
///
/// Sends what was sent before, under the same `webhook-id`, as soon as possible: as a delivery of its own, whatever became of the first.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{delivery}/replay", tag = "events",
    params(("id" = String, Path, description = "The id of the webhook", format = "uuid"),
           ("delivery" = String, Path, description = "The id of the delivery", format = "uuid")),
    responses((status = ACCEPTED, description = "The message", body = DeliveryAnswer,
                  headers(("location" = String, description = "Where the message can be watched"))),
              ReplayProblems))]
pub(crate) async fn replay_delivery(
    State(state): State<SharedState>,
    WebhooksAdmin(admitted): WebhooksAdmin,
    path: Result<Path<(String, String)>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let Path((webhook, delivery)) = path?;
    let webhook_id = id(&webhook).ok_or_else(|| unknown(&webhook))?;
    let delivery_id = id(&delivery).ok_or_else(|| unknown_delivery(&delivery))?;
    let (address, now) = (Some(admitted.address), state.clock.now());
    let queued = state.store.replay_delivery(webhook_id, delivery_id, &admitted.caller, address, now).await?;
    accepted(webhook_id, &delivery, queued)
}

fn accepted(webhook_id: Uuid, replayed: &str, queued: Queued) -> Result<Response, Problem> {
    let path = format!("{}/deliveries", path_of(webhook_id));
    match queued {
        Queued::Delivery(delivery) => {
            let data = Delivery::new(webhook_id, *delivery);
            let links = Links::default().and("deliveries", path.as_str()).and("webhook", path_of(webhook_id));
            let answer = Json(DeliveryAnswer { data, links });
            Ok((StatusCode::ACCEPTED, [(header::LOCATION, path)], NO_STORE, answer).into_response())
        }
        Queued::Disabled => {
            let detail = "the webhook is disabled: nothing is sent to it; enable it first";
            Err(Problem::new(ProblemKind::WebhookDisabled, detail))
        }
        Queued::UnknownWebhook => Err(unknown(&webhook_id.to_string())),
        Queued::UnknownDelivery => Err(unknown_delivery(replayed)),
    }
}
