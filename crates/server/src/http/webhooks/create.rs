//! `GET` and `POST /v1/webhooks`: all webhooks, and a new one.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::webhooks::WebhookRecord;
use utoipa::ToSchema;
use uuid::Uuid;

use super::PATH;
use super::body::WebhookBody;
use super::document::{Webhook, WebhookSecretAnswer};
use crate::http::SharedState;
use crate::http::access::WebhooksAdmin;
use crate::http::answer::Links;
use crate::http::body::JsonObject;
use crate::http::cursor::CursorQuestion;
use crate::http::documentation::{
    FormatParameter, FormatProblems, PageParameters, WebhookBodyProblems, WebhookListProblems,
};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::{Accepted, Echo, Faults, Parameters, ReportQuery, read_format};
use crate::http::keys::NO_STORE;
use crate::http::page::Page;
use crate::http::problem::{Problem, ProblemKind};
use crate::webhooks::WebhookSecret;

/// More receivers than this are better served by one that passes messages on.
const MOST_WEBHOOKS: i64 = 100;
const PARAMETERS: Accepted = Accepted { single: &["limit", "cursor", "format"], list: &[], bracketed: &[] };

/// A line each; the types are one column, as JSON.
const TABLE: Table = Table {
    columns: &[
        "id",
        "name",
        "url",
        "types",
        "state",
        "created_at",
        "created_by",
        "previous_secret_until",
        "failing_since",
        "disabled_at",
        "disabled_because",
    ],
    decimals: &[],
    each: None,
};

/// Webhooks, in the order in which they were made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhooksAnswer {
    /// The webhooks of this page.
    data: Vec<Webhook>,
    /// Where to go from here; `next`, where there is another page.
    links: Links,
}

/// List webhooks
///
/// All webhooks, in the order in which they were made, without their secrets.
#[utoipa::path(get, path = "/v1/webhooks", tag = "events",
    params(PageParameters, FormatParameter),
    responses((status = OK, description = "The webhooks", content(
                  (WebhooksAnswer = "application/json"), (String = "text/csv"))),
              WebhookListProblems, FormatProblems))]
pub(crate) async fn list_webhooks(
    State(state): State<SharedState>,
    WebhooksAdmin(admitted): WebhooksAdmin,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let parameters = Parameters::read(query.as_deref(), &PARAMETERS, &mut faults);
    let page = Page::read(&parameters, CursorQuestion::new(PATH, &[], &admitted.extent), &mut faults);
    let named = read_format(&parameters, &Format::TABULAR, &mut faults);
    let page = faults.none_or(page)?;
    let format = Format::choose(named, &headers, &Format::TABULAR)?;
    let mut webhooks = state.store.webhooks(page.after.map(Uuid::from_u128), page.rows()).await?;
    let position = |webhook: &WebhookRecord| webhook.webhook_id.as_u128();
    let links = page.cut(PATH, &Echo::default().in_format(named), &mut webhooks, position);
    let data: Vec<Webhook> = webhooks.into_iter().map(Webhook::from).collect();
    if format == Format::Csv {
        return Ok((NO_STORE, TABLE.answer("webhooks", &data, links.header_of("next"))?).into_response());
    }
    Ok((NO_STORE, Json(WebhooksAnswer { data, links })).into_response())
}

/// Make a webhook
///
/// From now on every event (`GET /v1/events`) of the types that are named is posted there as JSON, signed as Standard Webhooks has
/// it: `webhook-id` is the id of the event, `webhook-timestamp` the time of the try in seconds, `webhook-signature` has
/// `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. Any library of <https://www.standardwebhooks.com> verifies it.
///
/// A message is taken by an answer with a status from 200 to 299 within 15 seconds; else it is tried again after 5 seconds, 5 and
/// 30 minutes, 2, 5, 10, 14, 20 and 24 hours, and then given up. Messages may come twice, under one id, and in any order. A webhook is
/// disabled by `410 Gone`, and after five days in which every try has failed. The answer has the secret, which is shown this once.
#[utoipa::path(post, path = "/v1/webhooks", tag = "events", request_body = WebhookBody,
    responses((status = CREATED, description = "The webhook", body = WebhookSecretAnswer,
                  headers(("location" = String, description = "The path of the webhook"))),
              WebhookBodyProblems))]
pub(crate) async fn create_webhook(
    State(state): State<SharedState>,
    WebhooksAdmin(admitted): WebhooksAdmin,
    RawQuery(query): RawQuery,
    body: JsonObject,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let body = WebhookBody::read(body, state.webhooks.allow_http_and_private)?;
    let secret = WebhookSecret::random();
    let webhook = body.with_secret(&secret);
    let (address, now) = (Some(admitted.address), state.clock.now());
    let made = state.store.create_webhook(&webhook, MOST_WEBHOOKS, &admitted.caller, address, now).await?;
    let made = made.ok_or_else(|| {
        let detail = format!("there are {MOST_WEBHOOKS} webhooks, which is as many as there may be; delete one");
        Problem::new(ProblemKind::TooManyWebhooks, detail)
    })?;
    Ok(WebhookSecretAnswer::of(made, &secret, StatusCode::CREATED))
}
