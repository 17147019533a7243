use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{EventKind, EventRecord};
use crate::error::{Doing, StoreError};
use crate::store::Store;

/// Where the log ends, and what is served at that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTail {
    /// The data version that is served.
    pub data_version: i64,
    /// Since when it is served.
    pub published_at: Option<DateTime<Utc>>,
    /// The newest event; `None` where none is kept.
    pub event_id: Option<Uuid>,
    /// Its place in the log; 0 where none is kept.
    pub sequence: i64,
}

impl Store {
    /// Where the log ends, and what is served at that moment.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn event_tail(&self) -> Result<EventTail, StoreError> {
        sqlx::query_as!(
            EventTail,
            r#"select data_version, published_at, newest.event_id as "event_id?", coalesce(newest.sequence, 0) as "sequence!"
                 from serving
                 left join (select event_id, sequence from event order by sequence desc limit 1) as newest on true"#,
        )
        .fetch_one(&self.pool)
        .await
        .doing("the end of the log of events")
    }

    /// Events after a place in the log, oldest first, at most so many.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn events_after(&self, sequence: i64, limit: i64) -> Result<Vec<EventRecord>, StoreError> {
        sqlx::query_as!(
            EventRecord,
            "select event_id, sequence, type as kind, at, payload
               from event
              where sequence > $1
              order by sequence
              limit $2",
            sequence,
            limit,
        )
        .fetch_all(&self.pool)
        .await
        .doing("the events")
    }

    /// The place of an event in the log; `None` where it is not kept any more, or never was.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn place_of_event(&self, event_id: Uuid) -> Result<Option<i64>, StoreError> {
        sqlx::query_scalar!("select sequence from event where event_id = $1", event_id)
            .fetch_optional(&self.pool)
            .await
            .doing("the place of an event")
    }

    /// Events, newest first: at most so many, older than a place in the log, of one kind or of all.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn events(
        &self,
        kind: Option<EventKind>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<EventRecord>, StoreError> {
        sqlx::query_as!(
            EventRecord,
            "select event_id, sequence, type as kind, at, payload
               from event
              where ($1::text is null or type = $1) and ($2::bigint is null or sequence < $2)
              order by sequence desc
              limit $3",
            kind.map(EventKind::as_str),
            before,
            limit,
        )
        .fetch_all(&self.pool)
        .await
        .doing("the events")
    }
}
