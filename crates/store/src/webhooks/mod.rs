//! Webhooks: whoever is sent events, and what is sent to them until they take it.
//!
//! The invariant kept here: what is to be sent of an event is written by the transaction that writes the event. Whoever sends
//! takes a message for as long as a try may last; what a process that died had taken is taken again. So every message is
//! sent until it was taken or is given up, and one may come twice, under the same id.

mod change;
mod deliver;
mod queue;
mod read;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub use deliver::{DueDelivery, Tried, Verdict};
pub use queue::TEST_TYPE;
pub(crate) use queue::queue_event;

/// A webhook, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRecord {
    /// Which one.
    pub webhook_id: Uuid,
    /// What people call it.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// Only events of these types; all where empty.
    pub types: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who made it, as the audit log names them.
    pub created_by: String,
    /// Until when the secret before signs beside the new one, where there is one.
    pub previous_until: Option<DateTime<Utc>>,
    /// Since when every try has failed.
    pub failing_since: Option<DateTime<Utc>>,
    /// When it was disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Why it was disabled.
    pub disabled_because: Option<String>,
}

/// A webhook to be made.
#[derive(Clone, Debug)]
pub struct WebhookToCreate {
    /// What people call it.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// What of it may stand in the audit log: the path may hold a secret.
    pub origin: String,
    /// Only events of these types; all where empty.
    pub types: Vec<String>,
    /// The key of its signatures.
    pub secret: Vec<u8>,
}

/// A message for a webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryRecord {
    /// Which one.
    pub delivery_id: Uuid,
    /// Its place among all of them.
    pub sequence: i64,
    /// The id under which it is sent.
    pub message_id: Uuid,
    /// `event`, `test` or `replay`.
    pub occasion: String,
    /// The type of the event, or [`TEST_TYPE`].
    pub kind: String,
    /// When the event happened.
    pub at: DateTime<Utc>,
    /// What the event says.
    pub payload: Value,
    /// `pending`, `delivered` or `failed`.
    pub state: String,
    /// When it is tried next.
    pub next_at: Option<DateTime<Utc>>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was delivered or given up.
    pub finished_at: Option<DateTime<Utc>>,
    /// All tries so far.
    pub attempts: Vec<AttemptRecord>,
}

/// A try to deliver a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    /// Counted from 1.
    pub number: i32,
    /// When it began.
    pub at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The HTTP status that was answered.
    pub status: Option<i32>,
    /// Why it failed.
    pub failure: Option<String>,
    /// The beginning of what was answered.
    pub answer: Option<String>,
}

/// What became of a message that was to be sent to a webhook.
#[derive(Clone, Debug, PartialEq)]
pub enum Queued {
    /// It is sent as soon as possible.
    Delivery(Box<DeliveryRecord>),
    /// The webhook is disabled: nothing is sent to it.
    Disabled,
    /// There is no such webhook.
    UnknownWebhook,
    /// There is no such message of this webhook.
    UnknownDelivery,
}
