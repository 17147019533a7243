use chrono::{DateTime, Utc};
use serde::Serialize;
use store::webhooks::{AttemptRecord, DeliveryRecord};
use utoipa::ToSchema;
use uuid::Uuid;

use super::path_of;
use crate::http::EventDocument;
use crate::http::answer::Links;

/// A message for a webhook.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(crate) struct Delivery {
    /// The id of the delivery, in paths.
    #[schema(value_type = String, example = "019f3b2a-6d77-7c0e-9f5c-6f3f1c1a2b3c")]
    id: Uuid,
    /// What it is sent for: an `event`, a `test`, or a `replay` of another.
    #[schema(example = "event")]
    occasion: String,
    /// `pending`, `delivered`, or `failed`: given up.
    #[schema(example = "delivered")]
    state: String,
    /// What is sent. Its id is the `webhook-id` of each try.
    message: EventDocument,
    /// Each try so far.
    attempts: Vec<Attempt>,
    /// When it is tried next; null where it is not any more.
    next_attempt_at: Option<DateTime<Utc>>,
    /// When it was written.
    created_at: DateTime<Utc>,
    /// When it was delivered or given up.
    finished_at: Option<DateTime<Utc>>,
    /// Where to go from here.
    links: Links,
}

/// A try to deliver a message.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub(crate) struct Attempt {
    /// Counted from 1.
    number: i32,
    /// When it began.
    at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    duration_ms: i64,
    /// The HTTP status that was answered; null where nothing was.
    #[schema(example = 200)]
    status: Option<i32>,
    /// Why it failed; null where it did not.
    failure: Option<String>,
    /// The beginning of what was answered, up to 4 kB.
    answer: Option<String>,
}

impl Delivery {
    pub(super) fn new(webhook_id: Uuid, delivery: DeliveryRecord) -> Self {
        let path = format!("{}/deliveries", path_of(webhook_id));
        Self {
            id: delivery.delivery_id,
            occasion: delivery.occasion,
            state: delivery.state,
            message: EventDocument {
                id: delivery.message_id,
                kind: delivery.kind,
                timestamp: delivery.at,
                data: delivery.payload,
            },
            attempts: delivery.attempts.into_iter().map(Attempt::from).collect(),
            next_attempt_at: delivery.next_at,
            created_at: delivery.created_at,
            finished_at: delivery.finished_at,
            links: Links::default()
                .and("replay", format!("{path}/{}/replay", delivery.delivery_id))
                .and("deliveries", path),
        }
    }
}

impl From<AttemptRecord> for Attempt {
    fn from(attempt: AttemptRecord) -> Self {
        let AttemptRecord { number, at, duration_ms, status, failure, answer } = attempt;
        Self { number, at, duration_ms, status, failure, answer }
    }
}
