//! Webhooks: made, listed, tried out and deleted by whoever has `webhooks:admin`, and what was sent to each.
//!
//! The text of a secret is in one answer, the one that makes it, and nowhere else.

mod body;
mod create;
mod deliveries;
mod delivery;
mod document;
mod one;
mod send;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use uuid::Uuid;

use super::grammar::shown;
use super::problem::{Problem, ProblemKind};
pub(crate) use create::{__path_create_webhook, __path_list_webhooks, create_webhook, list_webhooks};
pub(crate) use deliveries::{__path_list_deliveries, list_deliveries};
pub(crate) use one::{
    __path_delete_webhook, __path_enable_webhook, __path_get_webhook, __path_rotate_webhook_secret, delete_webhook,
    enable_webhook, get_webhook, rotate_webhook_secret,
};
pub(crate) use send::{__path_replay_delivery, __path_test_webhook, replay_delivery, test_webhook};

const PATH: &str = "/v1/webhooks";

fn path_of(webhook_id: Uuid) -> String {
    format!("{PATH}/{webhook_id}")
}

/// The id in a path. What is no id names no webhook.
fn webhook_id(path: Result<Path<String>, PathRejection>) -> Result<Uuid, Problem> {
    let Path(text) = path?;
    id(&text).ok_or_else(|| unknown(&text))
}

fn id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| id.to_string() == text)
}

fn unknown(id: &str) -> Problem {
    let detail = format!("there is no webhook `{}`; `/v1/webhooks` lists those that there are", shown(id));
    Problem::about("id", ProblemKind::UnknownWebhook, detail)
}

fn unknown_delivery(id: &str) -> Problem {
    let detail =
        format!("there is no message `{}` of this webhook; its `deliveries` list those that are kept", shown(id));
    Problem::about("delivery", ProblemKind::UnknownDelivery, detail)
}
