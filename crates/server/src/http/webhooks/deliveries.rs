//! `GET /v1/webhooks/{id}/deliveries`: what was sent to a webhook, and how each try went.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::webhooks::DeliveryRecord;
use utoipa::ToSchema;

use super::delivery::Delivery;
use super::{path_of, unknown, webhook_id};
use crate::http::SharedState;
use crate::http::access::WebhooksAdmin;
use crate::http::answer::Links;
use crate::http::cursor::CursorQuestion;
use crate::http::documentation::{FormatParameter, FormatProblems, PageParameters, WebhookDeliveriesProblems};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::{Accepted, Echo, Faults, Parameters, read_format};
use crate::http::keys::NO_STORE;
use crate::http::page::Page;
use crate::http::problem::Problem;

const PARAMETERS: Accepted = Accepted { single: &["limit", "cursor", "format"], list: &[], bracketed: &[] };

/// A line for each try, and one for a message that was not tried yet.
const TABLE: Table = Table {
    columns: &[
        "id",
        "occasion",
        "state",
        "message.id",
        "message.type",
        "message.timestamp",
        "message.data",
        "attempts.number",
        "attempts.at",
        "attempts.duration_ms",
        "attempts.status",
        "attempts.failure",
        "attempts.answer",
        "next_attempt_at",
        "created_at",
        "finished_at",
    ],
    decimals: &[],
    each: Some("attempts"),
};

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
/// The messages of the last 30 days, newest first, each with all its tries. In CSV each try is a line, and so is a message that
/// was not tried yet.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", tag = "events",
    params(("id" = String, Path, description = "The id of the webhook", format = "uuid"), PageParameters,
           FormatParameter),
    responses((status = OK, description = "The messages", content(
                  (DeliveriesAnswer = "application/json"), (String = "text/csv"))),
              WebhookDeliveriesProblems, FormatProblems))]
pub(crate) async fn list_deliveries(
    State(state): State<SharedState>,
    WebhooksAdmin(admitted): WebhooksAdmin,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = webhook_id(path)?;
    let path = format!("{}/deliveries", path_of(id));
    let mut faults = Faults::default();
    let parameters = Parameters::read(query.as_deref(), &PARAMETERS, &mut faults);
    let page = Page::read(&parameters, CursorQuestion::new(&path, &[], &admitted.extent), &mut faults);
    let named = read_format(&parameters, &Format::TABULAR, &mut faults);
    let page = faults.none_or(page)?;
    let format = Format::choose(named, &headers, &Format::TABULAR)?;
    state.store.webhook(id).await?.ok_or_else(|| unknown(&id.to_string()))?;
    let before = page.after.and_then(|position| i64::try_from(position).ok());
    let mut deliveries = state.store.deliveries(id, before, page.rows()).await?;
    let position = |delivery: &DeliveryRecord| u128::try_from(delivery.sequence).unwrap_or_default();
    let filters = Echo::default().in_format(named);
    let links = page.cut(&path, &filters, &mut deliveries, position).and("webhook", path_of(id));
    let data: Vec<Delivery> = deliveries.into_iter().map(|delivery| Delivery::new(id, delivery)).collect();
    if format == Format::Csv {
        return Ok((NO_STORE, TABLE.answer("deliveries", &data, links.header_of("next"))?).into_response());
    }
    Ok((NO_STORE, Json(DeliveriesAnswer { data, links })).into_response())
}
