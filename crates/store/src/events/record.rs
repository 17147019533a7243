use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::Value;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::EventKind;
use crate::error::{Doing, StoreError};
use crate::identifier;
use crate::webhooks::queue_event;

/// How many days events are kept.
const KEPT_DAYS: i64 = 30;

/// Something to be told.
pub(crate) struct NewEvent {
    pub(crate) kind: EventKind,
    pub(crate) payload: Value,
    pub(crate) now: DateTime<Utc>,
}

/// Writes an event down together with what it tells of. Whoever writes waits for those before, so this stands near the end
/// of a transaction: only an entry of the audit log comes after it.
pub(crate) async fn record_in(
    transaction: &mut Transaction<'_, Postgres>,
    event: &NewEvent,
) -> Result<Uuid, StoreError> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('events', 0))")
        .fetch_one(&mut **transaction)
        .await
        .doing("the lock on events")?;
    let event_id = identifier::at(event.now);
    sqlx::query!(
        "insert into event (event_id, type, at, payload) values ($1, $2, $3, $4)",
        event_id,
        event.kind.as_str(),
        event.now.trunc_subsecs(6),
        event.payload,
    )
    .execute(&mut **transaction)
    .await
    .doing("an event")?;
    queue_event(transaction, event_id, event.now).await?;
    forget_old_events(transaction, event.now).await?;
    Ok(event_id)
}

async fn forget_old_events(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!("delete from event where at < $1", now - TimeDelta::days(KEPT_DAYS))
        .execute(connection)
        .await
        .map(drop)
        .doing("the forgetting of old events")
}
