use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{AttemptRecord, DeliveryRecord, WebhookRecord};
use crate::error::{Doing, StoreError};
use crate::store::Store;

struct Row {
    delivery_id: Uuid,
    sequence: i64,
    message_id: Uuid,
    occasion: String,
    kind: String,
    at: DateTime<Utc>,
    payload: Value,
    state: String,
    next_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl Store {
    /// One webhook; `None` where there is none of this id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn webhook(&self, webhook_id: Uuid) -> Result<Option<WebhookRecord>, StoreError> {
        sqlx::query_as!(
            WebhookRecord,
            "select webhook_id, name, url, types, created_at, created_by, previous_until, failing_since, disabled_at,
                    disabled_because
               from webhook
              where webhook_id = $1",
            webhook_id,
        )
        .fetch_optional(&self.pool)
        .await
        .doing("a webhook")
    }

    /// Webhooks, in the order in which they were made: at most so many, after one of them.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn webhooks(&self, after: Option<Uuid>, limit: i64) -> Result<Vec<WebhookRecord>, StoreError> {
        sqlx::query_as!(
            WebhookRecord,
            "select webhook_id, name, url, types, created_at, created_by, previous_until, failing_since, disabled_at,
                    disabled_because
               from webhook
              where $1::uuid is null or webhook_id > $1
              order by webhook_id
              limit $2",
            after,
            limit,
        )
        .fetch_all(&self.pool)
        .await
        .doing("the webhooks")
    }

    /// The messages of a webhook with all tries, newest first: at most so many, older than a place among them.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn deliveries(
        &self,
        webhook_id: Uuid,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            "select webhook_delivery_id as delivery_id, sequence, message_id, occasion, type as kind, at, payload, state, next_at,
                    created_at, finished_at
               from webhook_delivery
              where webhook_id = $1 and ($2::bigint is null or sequence < $2)
              order by sequence desc
              limit $3",
            webhook_id,
            before,
            limit,
        )
        .fetch_all(&self.pool)
        .await
        .doing("the messages of a webhook")?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.delivery_id).collect();
        let mut attempts = self.attempts(&ids).await?;
        Ok(rows
            .into_iter()
            .map(|row| DeliveryRecord {
                attempts: attempts.remove(&row.delivery_id).unwrap_or_default(),
                delivery_id: row.delivery_id,
                sequence: row.sequence,
                message_id: row.message_id,
                occasion: row.occasion,
                kind: row.kind,
                at: row.at,
                payload: row.payload,
                state: row.state,
                next_at: row.next_at,
                created_at: row.created_at,
                finished_at: row.finished_at,
            })
            .collect())
    }

    async fn attempts(&self, delivery_ids: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<AttemptRecord>>, StoreError> {
        let rows = sqlx::query!(
            "select webhook_delivery_id, number, at, duration_ms, status, failure, answer
               from webhook_attempt
              where webhook_delivery_id = any($1)
              order by webhook_delivery_id, number",
            delivery_ids,
        )
        .fetch_all(&self.pool)
        .await
        .doing("the tries of messages")?;
        let mut attempts: BTreeMap<Uuid, Vec<AttemptRecord>> = BTreeMap::new();
        for row in rows {
            attempts.entry(row.webhook_delivery_id).or_default().push(AttemptRecord {
                number: row.number,
                at: row.at,
                duration_ms: row.duration_ms,
                status: row.status,
                failure: row.failure,
                answer: row.answer,
            });
        }
        Ok(attempts)
    }
}
