use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, Postgres, Transaction};

use super::request::request;
use super::{Occasion, RefreshToRequest, Requested};
use crate::error::{Doing, StoreError};
use crate::store::Store;

/// How many days refreshes are kept; those that found nothing new for one.
const KEPT_DAYS: i64 = 90;

impl Store {
    /// Asks for a refresh because an instance starts. The schedule goes on from here: what was missed is made up by this one.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn request_refresh_at_start(&self, every: Duration, now: DateTime<Utc>) -> Result<Requested, StoreError> {
        let mut transaction = self.begin().await.doing("the schedule")?;
        let requested = request_automatically(&mut transaction, Occasion::Start, every, now).await?;
        transaction.commit().await.doing("the schedule")?;
        Ok(requested)
    }

    /// Asks for the scheduled refresh if it is due and no other instance has done so. However many were missed, one is
    /// asked for.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn request_refresh_if_due(
        &self,
        every: Duration,
        now: DateTime<Utc>,
    ) -> Result<Option<Requested>, StoreError> {
        // Most of the time it is not due, and nothing need be locked to know it.
        if self.next_scheduled_refresh().await?.is_some_and(|next_at| next_at > now) {
            return Ok(None);
        }
        let mut transaction = self.begin().await.doing("the schedule")?;
        let next_at = sqlx::query_scalar!("select next_at from refresh_schedule for update")
            .fetch_one(&mut *transaction)
            .await
            .doing("the lock on the schedule")?;
        if next_at.is_some_and(|next_at| next_at > now) {
            // Another instance was quicker.
            return Ok(None);
        }
        let requested = request_automatically(&mut transaction, Occasion::Schedule, every, now).await?;
        forget_old_refreshes(&mut transaction, now).await?;
        transaction.commit().await.doing("the schedule")?;
        Ok(Some(requested))
    }

    /// When the next scheduled refresh is due; `None` before the first instance has started.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn next_scheduled_refresh(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        sqlx::query_scalar!("select next_at from refresh_schedule").fetch_one(&self.pool).await.doing("the schedule")
    }
}

async fn request_automatically(
    transaction: &mut Transaction<'_, Postgres>,
    occasion: Occasion,
    every: Duration,
    now: DateTime<Utc>,
) -> Result<Requested, StoreError> {
    // An interval beyond what a calendar holds means never again.
    let next_at = TimeDelta::from_std(every).ok().and_then(|every| now.checked_add_signed(every));
    sqlx::query!("update refresh_schedule set next_at = $1", next_at.unwrap_or(DateTime::<Utc>::MAX_UTC))
        .execute(&mut **transaction)
        .await
        .doing("the schedule")?;
    let refresh = RefreshToRequest { occasion, periods: BTreeSet::new(), force: false };
    request(transaction, &refresh, None, now).await
}

async fn forget_old_refreshes(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from refresh
          where finished_at < $1
             or finished_at < $2 and occasion in ('start', 'schedule') and state = 'succeeded'
                and not exists (select from refresh_part as part
                                 where part.refresh_id = refresh.refresh_id and part.result = 'published')",
        now - TimeDelta::days(KEPT_DAYS),
        now - TimeDelta::days(1),
    )
    .execute(connection)
    .await
    .map(drop)
    .doing("the forgetting of old refreshes")
}
