use std::net::IpAddr;

use access::Caller;
use access::audit::{AuditAction, AuditEvent};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::{DeliveryRecord, Queued};
use crate::audit::record_in;
use crate::error::{Doing, StoreError};
use crate::identifier;
use crate::store::Store;

/// The type of a message that is sent to try a webhook out.
pub const TEST_TYPE: &str = "webhook.test";
/// How many days messages are kept.
const KEPT_DAYS: i64 = 30;

/// What is sent.
struct Message {
    message_id: Uuid,
    kind: String,
    at: DateTime<Utc>,
    payload: Value,
}

/// Writes down what is to be sent of an event: a message for each webhook that wants it.
pub(crate) async fn queue_event(
    transaction: &mut Transaction<'_, Postgres>,
    event_id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // A webhook that is deleted this very moment is waited for, and left out.
    sqlx::query!(
        "insert into webhook_delivery (webhook_delivery_id, webhook_id, message_id, occasion, type, at, payload, state, next_at,
                                       created_at)
         select gen_random_uuid(), webhook_id, event_id, 'event', type, at, payload, 'pending', $2, $2
           from webhook, event
          where event_id = $1 and disabled_at is null and (types = '{}' or type = any(types))
          order by webhook_id
            for key share of webhook",
        event_id,
        now.trunc_subsecs(6),
    )
    .execute(&mut **transaction)
    .await
    .doing("the messages of an event")?;
    sqlx::query!("delete from webhook_delivery where created_at < $1", now - TimeDelta::days(KEPT_DAYS))
        .execute(&mut **transaction)
        .await
        .map(drop)
        .doing("the forgetting of old messages")
}

impl Store {
    /// Sends a webhook a message that says nothing, to try it out.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn test_webhook(
        &self,
        webhook_id: Uuid,
        caller: &Caller,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Queued, StoreError> {
        let mut transaction = self.begin().await.doing("the test of a webhook")?;
        if let Some(refused) = refused(&mut transaction, webhook_id).await? {
            return Ok(refused);
        }
        let message = Message {
            message_id: identifier::at(now),
            kind: TEST_TYPE.to_owned(),
            at: now.trunc_subsecs(6),
            payload: json!({ "webhook": webhook_id }),
        };
        let delivery = insert(&mut transaction, webhook_id, "test", message, now).await?;
        let event = AuditEvent {
            address,
            object: Some(webhook_id.to_string()),
            details: json!({ "delivery": delivery.delivery_id }),
            ..AuditEvent::new(now, AuditAction::WebhookTested, caller)
        };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("the test of a webhook")?;
        Ok(Queued::Delivery(Box::new(delivery)))
    }

    /// Sends a message again, under the same id, whatever became of it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn replay_delivery(
        &self,
        webhook_id: Uuid,
        delivery_id: Uuid,
        caller: &Caller,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Queued, StoreError> {
        let mut transaction = self.begin().await.doing("the replay of a message")?;
        if let Some(refused) = refused(&mut transaction, webhook_id).await? {
            return Ok(refused);
        }
        let message = sqlx::query_as!(
            Message,
            "select message_id, type as kind, at, payload
               from webhook_delivery
              where webhook_id = $1 and webhook_delivery_id = $2",
            webhook_id,
            delivery_id,
        )
        .fetch_optional(&mut *transaction)
        .await
        .doing("the message to be sent again")?;
        let Some(message) = message else { return Ok(Queued::UnknownDelivery) };
        let delivery = insert(&mut transaction, webhook_id, "replay", message, now).await?;
        let event = AuditEvent {
            address,
            object: Some(webhook_id.to_string()),
            details: json!({ "delivery": delivery.delivery_id, "replays": delivery_id }),
            ..AuditEvent::new(now, AuditAction::WebhookReplayed, caller)
        };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("the replay of a message")?;
        Ok(Queued::Delivery(Box::new(delivery)))
    }
}

/// Why nothing can be sent to a webhook, where nothing can. Nobody deletes it meanwhile.
async fn refused(connection: &mut PgConnection, webhook_id: Uuid) -> Result<Option<Queued>, StoreError> {
    let is_disabled = sqlx::query_scalar!(
        r#"select disabled_at is not null as "is_disabled!" from webhook where webhook_id = $1 for key share"#,
        webhook_id,
    )
    .fetch_optional(connection)
    .await
    .doing("a look at a webhook")?;
    Ok(match is_disabled {
        None => Some(Queued::UnknownWebhook),
        Some(true) => Some(Queued::Disabled),
        Some(false) => None,
    })
}

async fn insert(
    connection: &mut PgConnection,
    webhook_id: Uuid,
    occasion: &str,
    message: Message,
    now: DateTime<Utc>,
) -> Result<DeliveryRecord, StoreError> {
    let now = now.trunc_subsecs(6);
    let delivery_id = identifier::at(now);
    let sequence = sqlx::query_scalar!(
        "insert into webhook_delivery (webhook_delivery_id, webhook_id, message_id, occasion, type, at, payload, state, next_at,
                                       created_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $8)
         returning sequence",
        delivery_id,
        webhook_id,
        message.message_id,
        occasion,
        message.kind,
        message.at,
        message.payload,
        now,
    )
    .fetch_one(connection)
    .await
    .doing("a message")?;
    Ok(DeliveryRecord {
        delivery_id,
        sequence,
        message_id: message.message_id,
        occasion: occasion.to_owned(),
        kind: message.kind,
        at: message.at,
        payload: message.payload,
        state: "pending".to_owned(),
        next_at: Some(now),
        created_at: now,
        finished_at: None,
        attempts: Vec::new(),
    })
}
