//! `GET /v1/webhooks/{id}/deliveries`: what was sent to a webhook, and how each try went.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::webhooks::DeliveryRecord;
use utoipa::ToSchema;

use super::delivery::Delivery;
use super::{path_of, unknown, webhook_id};
use crate::http::ApiState;
use crate::http::access::WebhooksAdmin;
use crate::http::answer::Links;
use crate::http::cursor::CursorQuestion;
use crate::http::documentation::{PageParameters, WebhookDeliveriesProblems};
use crate::http::grammar::{Accepted, Echo, Faults, Parameters};
use crate::http::keys::NO_STORE;
use crate::http::page::Page;
use crate::http::problem::Problem;

const PARAMETERS: Accepted = Accepted { single: &["limit", "cursor"], list: &[], bracketed: &[] };

/// The messages for a webhook, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveriesAnswer)]
pub(crate) struct DeliveriesAnswer {
    /// The messages of this page.
    data: Vec<Delivery>,
    /// Where to go from here; `next`, where there are older ones.
    links: Links,
}

/// List what was sent to a webhook
///
/// The messages of the last 30 days, newest first, each with all its tries.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", tag = "events",
    params(("id" = String, Path, description = "The id of the webhook", format = "uuid"), PageParameters),
    responses((status = OK, description = "The messages", body = DeliveriesAnswer), WebhookDeliveriesProblems))]
pub(crate) async fn list_deliveries(
    State(state): State<ApiState>,
    WebhooksAdmin(admitted): WebhooksAdmin,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let id = webhook_id(path)?;
    let path = format!("{}/deliveries", path_of(id));
    let mut faults = Faults::default();
    let parameters = Parameters::read(query.as_deref(), &PARAMETERS, &mut faults);
    let page = Page::read(&parameters, CursorQuestion::new(&path, &[], &admitted.extent), &mut faults);
    let page = faults.none_or(page)?;
    state.store.webhook(id).await?.ok_or_else(|| unknown(&id.to_string()))?;
    let before = page.after.and_then(|position| i64::try_from(position).ok());
    let mut deliveries = state.store.deliveries(id, before, page.rows()).await?;
    let position = |delivery: &DeliveryRecord| u128::try_from(delivery.sequence).unwrap_or_default();
    let links = page.cut(&path, &Echo::default(), &mut deliveries, position).and("webhook", path_of(id));
    let data = deliveries.into_iter().map(|delivery| Delivery::new(id, delivery)).collect();
    Ok((NO_STORE, Json(DeliveriesAnswer { data, links })).into_response())
}
