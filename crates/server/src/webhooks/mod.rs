//! Sending events to webhooks, signed as Standard Webhooks has it (<https://www.standardwebhooks.com>).
//!
//! What is to be sent waits in the store ([`store::webhooks`]); [`WebhookSender`] takes what is due, a few at a time, and writes
//! down how each try went. Where it is sent to is somebody else's word: `address` keeps it from reaching what only this
//! machine can.

mod address;
mod client;
mod schedule;
mod secret;
mod target;

use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt;
use store::webhooks::{DueDelivery, Tried, Verdict};
use store::{Store, StoreError};
use tokio::time::Instant;

pub use self::client::{ClientError, WebhookClient};
pub(crate) use self::secret::WebhookSecret;
pub(crate) use self::target::{PATTERN, Target};
use crate::clock::Clock;
use crate::http::EventDocument;

/// How often it is looked for what is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Messages that are sent at a time.
const AT_ONCE: usize = 16;
/// The same as the number of rows.
const TAKEN_AT_ONCE: i64 = 16;
/// Longer than a try can take: whoever has not written down by then how it went has died.
const TAKEN_FOR: TimeDelta = TimeDelta::seconds(60);

/// Sends what is due, as one of the instances that may.
#[derive(Clone, Debug)]
pub struct WebhookSender {
    /// Where messages wait.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// What sends.
    pub client: WebhookClient,
}

impl WebhookSender {
    /// Sends for as long as it is not dropped. What is being sent then is sent again by the next process.
    pub async fn run(&self) {
        loop {
            if let Err(error) = self.send_due().await {
                tracing::warn!(%error, "messages for webhooks wait for the database");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Sends what is due until nothing is, and tells how many tries that took.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn send_due(&self) -> Result<usize, StoreError> {
        let mut tries = 0;
        loop {
            let now = self.clock.now();
            let due = self.store.take_deliveries(now, now + TAKEN_FOR, TAKEN_AT_ONCE).await?;
            if due.is_empty() {
                return Ok(tries);
            }
            tries += due.len();
            futures::stream::iter(due).for_each_concurrent(AT_ONCE, |delivery| self.attempt(delivery)).await;
        }
    }

    async fn attempt(&self, delivery: DueDelivery) {
        let (at, begun) = (self.clock.now(), Instant::now());
        let message = EventDocument::of_delivery(&delivery).to_json();
        let sent = self.client.send(&delivery, &message, at).await;
        let duration = begun.elapsed();
        let tried = match &sent {
            Ok(answer) => Tried {
                at,
                duration,
                status: Some(answer.status),
                failure: answer.failure(),
                answer: Some(answer.beginning.clone()).filter(|text| !text.is_empty()),
            },
            Err(error) => Tried { at, duration, status: None, failure: Some(error.to_string()), answer: None },
        };
        let verdict = match &sent {
            Ok(answer) if answer.is_success() => Verdict::Delivered,
            Ok(answer) if answer.is_gone() => Verdict::Gone,
            _ => Verdict::Again(schedule::next(delivery.delivery_id, delivery.attempts).map(|wait| at + wait)),
        };
        let (delivery_id, webhook_id) = (delivery.delivery_id, delivery.webhook_id);
        match &tried.failure {
            None => tracing::debug!(%delivery_id, %webhook_id, "a message was delivered to a webhook"),
            // What was answered, and where it was sent, is for those alone who may have webhooks.
            Some(_) => {
                tracing::info!(%delivery_id, %webhook_id, status = tried.status, ?verdict, "a message was not delivered to a webhook")
            }
        }
        if let Err(error) = self.store.write_attempt(&delivery, &tried, verdict).await {
            tracing::warn!(%delivery_id, %error, "how a message to a webhook fared could not be written down; it is sent again");
        }
    }
}
