use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::{Doing, StoreError};
use crate::store::Store;

/// For how many days every try may fail before a webhook is disabled.
const FAILING_DAYS: i64 = 5;

/// A message that is to be sent now, by whoever took it.
#[derive(Clone, Debug)]
pub struct DueDelivery {
    /// Which one.
    pub delivery_id: Uuid,
    /// For which webhook.
    pub webhook_id: Uuid,
    /// The id under which it is sent.
    pub message_id: Uuid,
    /// The type of the event.
    pub kind: String,
    /// When the event happened.
    pub at: DateTime<Utc>,
    /// What the event says.
    pub payload: Value,
    /// How often it was tried before.
    pub attempts: i32,
    /// Where it is sent.
    pub url: String,
    /// The key of its signature.
    pub secret: Vec<u8>,
    /// The key before, where it still signs.
    pub previous_secret: Option<Vec<u8>>,
}

/// How a try to deliver a message went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// When it began.
    pub at: DateTime<Utc>,
    /// How long it took.
    pub duration: Duration,
    /// The HTTP status that was answered.
    pub status: Option<u16>,
    /// Why it failed.
    pub failure: Option<String>,
    /// The beginning of what was answered.
    pub answer: Option<String>,
}

/// What a try means for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Delivered,
    /// It is tried again at this time; given up where there is none.
    Again(Option<DateTime<Utc>>),
    /// Whoever answered wants nothing more: the webhook is disabled.
    Gone,
}

impl Store {
    /// Takes messages that are due, at most so many. They are due again at `until`, if nothing was written down about them by
    /// then: whoever took them has died.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn take_deliveries(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        sqlx::query_as!(
            DueDelivery,
            r#"with due as (
                 select webhook_delivery_id from webhook_delivery
                  where next_at <= $1
                  order by next_at, sequence
                  limit $3
                    for update skip locked)
               update webhook_delivery as delivery set next_at = $2
                 from due, webhook
                where delivery.webhook_delivery_id = due.webhook_delivery_id and webhook.webhook_id = delivery.webhook_id
               returning delivery.webhook_delivery_id as delivery_id, delivery.webhook_id, message_id, type as kind, at, payload,
                         attempts, url, secret,
                         case when previous_until > $1 then previous_secret end as previous_secret"#,
            now,
            until,
            limit,
        )
        .fetch_all(&self.pool)
        .await
        .doing("the taking of messages that are due")
    }

    /// Writes down how a try went, and what follows from it. A message that is over, or was deleted meanwhile, stays as it is.
    ///
    /// # Errors
    /// Where the database fails: then the message is due again when it was taken until.
    pub async fn write_attempt(
        &self,
        delivery: &DueDelivery,
        tried: &Tried,
        verdict: Verdict,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await.doing("a try to deliver a message")?;
        // The webhook before its messages: whoever disables it locks them in this order too.
        let webhook = sqlx::query!(
            "select failing_since from webhook where webhook_id = $1 for no key update",
            delivery.webhook_id,
        )
        .fetch_optional(&mut *transaction)
        .await
        .doing("the lock on a webhook")?;
        let Some(webhook) = webhook else { return Ok(()) };
        let ended = (tried.at + tried.duration).trunc_subsecs(6);
        let again = match verdict {
            Verdict::Again(at) => at.map(|at| at.trunc_subsecs(6)),
            Verdict::Delivered | Verdict::Gone => None,
        };
        let state = match (verdict, again) {
            (Verdict::Delivered, _) => "delivered",
            (_, Some(_)) => "pending",
            (_, None) => "failed",
        };
        let number = sqlx::query_scalar!(
            "update webhook_delivery
                set attempts = attempts + 1, state = $2, next_at = $3, finished_at = case when $3::timestamptz is null then $4::timestamptz end
              where webhook_delivery_id = $1 and state = 'pending'
             returning attempts",
            delivery.delivery_id,
            state,
            again,
            ended,
        )
        .fetch_optional(&mut *transaction)
        .await
        .doing("what becomes of a message")?;
        let Some(number) = number else { return Ok(()) };
        insert(&mut transaction, delivery.delivery_id, number, tried).await?;
        let has_failed = verdict != Verdict::Delivered;
        let failing_since = has_failed.then(|| webhook.failing_since.unwrap_or(ended));
        sqlx::query!("update webhook set failing_since = $2 where webhook_id = $1", delivery.webhook_id, failing_since)
            .execute(&mut *transaction)
            .await
            .doing("how a webhook fares")?;
        let fails_for_days = failing_since.is_some_and(|since| ended - since >= TimeDelta::days(FAILING_DAYS));
        if verdict == Verdict::Gone {
            disable(&mut transaction, delivery.webhook_id, "the receiver answered 410 Gone", ended).await?;
        } else if fails_for_days {
            let because = format!("every try has failed for {FAILING_DAYS} days");
            disable(&mut transaction, delivery.webhook_id, &because, ended).await?;
        }
        transaction.commit().await.doing("a try to deliver a message")
    }
}

async fn insert(
    connection: &mut PgConnection,
    delivery_id: Uuid,
    number: i32,
    tried: &Tried,
) -> Result<(), StoreError> {
    let keepable = |text: &Option<String>| text.as_ref().map(|text| text.replace('\0', "\u{fffd}"));
    sqlx::query!(
        "insert into webhook_attempt (webhook_delivery_id, number, at, duration_ms, status, failure, answer)
         values ($1, $2, $3, $4, $5, $6, $7)",
        delivery_id,
        number,
        tried.at.trunc_subsecs(6),
        i64::try_from(tried.duration.as_millis()).unwrap_or(i64::MAX),
        tried.status.map(i32::from),
        keepable(&tried.failure),
        keepable(&tried.answer),
    )
    .execute(connection)
    .await
    .map(drop)
    .doing("a try to deliver a message")
}

/// Nothing is sent to the webhook any more, and what waited for it is given up.
async fn disable(
    connection: &mut PgConnection,
    webhook_id: Uuid,
    because: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update webhook set disabled_at = $2, disabled_because = $3 where webhook_id = $1 and disabled_at is null",
        webhook_id,
        now,
        because,
    )
    .execute(&mut *connection)
    .await
    .doing("the disabling of a webhook")?;
    sqlx::query!(
        "update webhook_delivery set state = 'failed', next_at = null, finished_at = $2
          where webhook_id = $1 and state = 'pending'",
        webhook_id,
        now,
    )
    .execute(connection)
    .await
    .map(drop)
    .doing("the giving up of messages")
}
