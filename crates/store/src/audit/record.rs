use access::audit::{AuditEvent, Entry};
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;
use sqlx::{Postgres, Transaction};

use super::{AuditHead, chain_hash};
use crate::error::{Doing, StoreError};
use crate::store::Store;

impl Store {
    /// Writes an event down, in a transaction of its own. Gives back its number.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn record(&self, event: &AuditEvent) -> Result<i64, StoreError> {
        let mut transaction = self.begin().await.doing("an entry of the audit log")?;
        let sequence = record_in(&mut transaction, event).await?;
        transaction.commit().await.doing("an entry of the audit log")?;
        Ok(sequence)
    }
}

/// Writes an event down together with what it is about. Everyone who writes waits for the head of the log, so this is the
/// last thing that a transaction does.
pub(crate) async fn record_in(
    transaction: &mut Transaction<'_, Postgres>,
    event: &AuditEvent,
) -> Result<i64, StoreError> {
    let head = locked_head(transaction).await?;
    let kept = Kept::of(event);
    let extent = serde_json::to_value(&event.extent)
        .map_err(|error| StoreError::Corrupt { what: "an extent", value: error.to_string() })?;
    let entry = Entry {
        sequence: head.sequence + 1,
        at: kept.at,
        action: event.action.as_str(),
        caller: &kept.caller,
        address: event.address,
        object: kept.object.as_deref(),
        extent: &event.extent,
        details: &kept.details,
    };
    let hash = head.hash.next(&entry);
    sqlx::query!(
        "insert into audit_entry (sequence, at, action, caller, address, object, extent, details, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        entry.sequence,
        entry.at,
        entry.action,
        entry.caller,
        entry.address.map(|address| address.to_string()),
        entry.object,
        extent,
        kept.details,
        hash.0.as_slice(),
    )
    .execute(&mut **transaction)
    .await
    .doing("an entry of the audit log")?;
    sqlx::query!("update audit_head set sequence = $1, hash = $2", entry.sequence, hash.0.as_slice())
        .execute(&mut **transaction)
        .await
        .doing("the head of the audit log")?;
    Ok(entry.sequence)
}

async fn locked_head(transaction: &mut Transaction<'_, Postgres>) -> Result<AuditHead, StoreError> {
    let row = sqlx::query!("select sequence, hash from audit_head for update")
        .fetch_one(&mut **transaction)
        .await
        .doing("the lock on the audit log")?;
    Ok(AuditHead { sequence: row.sequence, hash: chain_hash(&row.hash)? })
}

/// An event as the database gives it back: what is hashed must be what is read.
struct Kept {
    at: DateTime<Utc>,
    caller: String,
    object: Option<String>,
    details: Value,
}

impl Kept {
    fn of(event: &AuditEvent) -> Self {
        Self {
            // Postgres keeps microseconds.
            at: event.at.trunc_subsecs(6),
            caller: keepable_text(&event.caller),
            object: event.object.as_deref().map(keepable_text),
            details: keepable(event.details.clone()),
        }
    }
}

/// Postgres keeps no NUL in a text, and numbers as decimals: a binary fraction may come back written in another way.
fn keepable(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(keepable_text(&text)),
        Value::Number(number) if !number.is_i64() && !number.is_u64() => Value::String(number.to_string()),
        Value::Array(values) => values.into_iter().map(keepable).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (keepable_text(&key), keepable(value))).collect(),
        other => other,
    }
}

fn keepable_text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
