use std::net::IpAddr;

use access::Caller;
use access::audit::{AuditAction, AuditEvent};
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{WebhookRecord, WebhookToCreate};
use crate::audit::record_in;
use crate::error::{Doing, StoreError};
use crate::identifier;
use crate::store::Store;

impl Store {
    /// Makes a webhook, unless there are as many as there may be.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn create_webhook(
        &self,
        webhook: &WebhookToCreate,
        most: i64,
        caller: &Caller,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Option<WebhookRecord>, StoreError> {
        let mut transaction = self.begin().await.doing("a new webhook")?;
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended('webhooks', 0))")
            .fetch_one(&mut *transaction)
            .await
            .doing("the lock on webhooks")?;
        let record = sqlx::query_as!(
            WebhookRecord,
            "insert into webhook (webhook_id, name, url, types, secret, created_at, created_by)
             select $1, $2, $3, $4, $5, $6, $7 where (select count(*) from webhook) < $8
             returning webhook_id, name, url, types, created_at, created_by, previous_until, failing_since, disabled_at,
                       disabled_because",
            identifier::at(now),
            webhook.name,
            webhook.url,
            &webhook.types,
            webhook.secret,
            now.trunc_subsecs(6),
            caller.audit_name(),
            most,
        )
        .fetch_optional(&mut *transaction)
        .await
        .doing("a new webhook")?;
        let Some(record) = record else { return Ok(None) };
        let event = AuditEvent {
            address,
            object: Some(record.webhook_id.to_string()),
            details: json!({ "name": webhook.name, "origin": webhook.origin, "types": webhook.types }),
            ..AuditEvent::new(now, AuditAction::WebhookCreated, caller)
        };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("a new webhook")?;
        Ok(Some(record))
    }

    /// Deletes a webhook with all its messages; whether there was one.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn delete_webhook(
        &self,
        webhook_id: Uuid,
        caller: &Caller,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await.doing("the deletion of a webhook")?;
        let name = sqlx::query_scalar!("delete from webhook where webhook_id = $1 returning name", webhook_id)
            .fetch_optional(&mut *transaction)
            .await
            .doing("the deletion of a webhook")?;
        let Some(name) = name else { return Ok(false) };
        let event = AuditEvent {
            address,
            object: Some(webhook_id.to_string()),
            details: json!({ "name": name }),
            ..AuditEvent::new(now, AuditAction::WebhookDeleted, caller)
        };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("the deletion of a webhook")?;
        Ok(true)
    }

    /// Gives a webhook a new secret; the one before signs beside it until `until`. `None` where there is no such webhook.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn rotate_webhook_secret(
        &self,
        webhook_id: Uuid,
        secret: &[u8],
        until: DateTime<Utc>,
        caller: &Caller,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Option<WebhookRecord>, StoreError> {
        let mut transaction = self.begin().await.doing("the new secret of a webhook")?;
        let record = sqlx::query_as!(
            WebhookRecord,
            "update webhook set previous_secret = secret, previous_until = $3, secret = $2
              where webhook_id = $1
             returning webhook_id, name, url, types, created_at, created_by, previous_until, failing_since, disabled_at,
                       disabled_because",
            webhook_id,
            secret,
            until.trunc_subsecs(6),
        )
        .fetch_optional(&mut *transaction)
        .await
        .doing("the new secret of a webhook")?;
        let Some(record) = record else { return Ok(None) };
        let event = AuditEvent {
            address,
            object: Some(webhook_id.to_string()),
            details: json!({ "name": record.name, "previous_until": record.previous_until }),
            ..AuditEvent::new(now, AuditAction::WebhookSecretRotated, caller)
        };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("the new secret of a webhook")?;
        Ok(Some(record))
    }

    /// Sends to a webhook again that was disabled; nothing that was given up meanwhile. `None` where there is no such webhook.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn enable_webhook(
        &self,
        webhook_id: Uuid,
        caller: &Caller,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Option<WebhookRecord>, StoreError> {
        let mut transaction = self.begin().await.doing("the enabling of a webhook")?;
        let record = sqlx::query_as!(
            WebhookRecord,
            "update webhook set disabled_at = null, disabled_because = null, failing_since = null
              where webhook_id = $1
             returning webhook_id, name, url, types, created_at, created_by, previous_until, failing_since, disabled_at,
                       disabled_because",
            webhook_id,
        )
        .fetch_optional(&mut *transaction)
        .await
        .doing("the enabling of a webhook")?;
        let Some(record) = record else { return Ok(None) };
        let event = AuditEvent {
            address,
            object: Some(webhook_id.to_string()),
            details: json!({ "name": record.name }),
            ..AuditEvent::new(now, AuditAction::WebhookEnabled, caller)
        };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("the enabling of a webhook")?;
        Ok(Some(record))
    }
}
