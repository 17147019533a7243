use std::collections::BTreeSet;

use bill::BillingPeriod;
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::{Occasion, RefreshLease, periods_of};
use crate::error::{Doing, StoreError};
use crate::store::Store;

struct Candidate {
    refresh_id: Uuid,
    occasion: String,
    periods: Vec<NaiveDate>,
    force: bool,
}

impl Store {
    /// Takes up the refresh that has waited longest, or this one if it is the next that could be taken up. `None` where
    /// there is none, or another is being done: one is done at a time, by one instance of many.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn claim_refresh(
        &self,
        wanted: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<Option<RefreshLease>, StoreError> {
        self.mark_abandoned_refreshes().await?;
        if !self.has_refresh_to_do(wanted).await? {
            return Ok(None);
        }
        let mut connection = self.writer_connection().await?;
        let mut transaction = connection.begin().await.doing("the taking up of a refresh")?;
        let Some(candidate) = next_candidate(&mut transaction, wanted).await? else { return Ok(None) };
        let refresh_id = candidate.refresh_id;
        if !lock(&mut transaction, refresh_id).await? {
            // Somebody looks this very moment whether it was abandoned.
            return Ok(None);
        }
        let published = take_up(&mut transaction, refresh_id, now).await?;
        transaction.commit().await.doing("the taking up of a refresh")?;
        let occasion = Occasion::ALL.into_iter().find(|occasion| occasion.as_str() == candidate.occasion);
        Ok(Some(RefreshLease {
            connection,
            refresh_id,
            occasion: occasion
                .ok_or(StoreError::Corrupt { what: "the occasion of a refresh", value: candidate.occasion })?,
            periods: periods_of(candidate.periods),
            force: candidate.force,
            published,
            failed: Vec::new(),
        }))
    }

    /// A refresh that is running without its lock has lost its process.
    async fn mark_abandoned_refreshes(&self) -> Result<(), StoreError> {
        let abandoned = sqlx::query_scalar!(
            "with running as materialized (
                 select refresh_id from refresh where state = 'running' for update skip locked)
             update refresh set state = 'abandoned'
               from running
              where refresh.refresh_id = running.refresh_id
                and pg_try_advisory_xact_lock(hashtextextended('refresh ' || running.refresh_id, 0))
             returning refresh.refresh_id"
        )
        .fetch_all(&self.pool)
        .await
        .doing("the search for abandoned refreshes")?;
        for refresh_id in abandoned {
            tracing::warn!(%refresh_id, "the process that did a refresh has ended; it is taken up again");
        }
        Ok(())
    }

    async fn has_refresh_to_do(&self, wanted: Option<Uuid>) -> Result<bool, StoreError> {
        sqlx::query_scalar!(
            r#"select exists (select from refresh
                               where state in ('queued', 'abandoned') and ($1::uuid is null or refresh_id = $1))
                  and not exists (select from refresh where state = 'running') as "is_there!""#,
            wanted,
        )
        .fetch_one(&self.pool)
        .await
        .doing("the search for a refresh to do")
    }
}

/// Whoever takes up a refresh does so alone, and sees whether another is being done.
async fn next_candidate(
    transaction: &mut Transaction<'_, Postgres>,
    wanted: Option<Uuid>,
) -> Result<Option<Candidate>, StoreError> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('refresh claims', 0))")
        .fetch_one(&mut **transaction)
        .await
        .doing("the lock on refreshes")?;
    sqlx::query_as!(
        Candidate,
        "select refresh_id, occasion, periods, force
           from refresh
          where state in ('queued', 'abandoned') and ($1::uuid is null or refresh_id = $1)
            and not exists (select from refresh where state = 'running')
          order by created_at
          limit 1
            for update skip locked",
        wanted,
    )
    .fetch_optional(&mut **transaction)
    .await
    .doing("the search for a refresh to do")
}

/// The lock of whoever does the refresh: held until the connection is closed.
async fn lock(connection: &mut PgConnection, refresh_id: Uuid) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"select pg_try_advisory_lock(hashtextextended('refresh ' || $1::uuid, 0)) as "locked!""#,
        refresh_id,
    )
    .fetch_one(connection)
    .await
    .doing("the lock on a refresh")
}

/// What a process before has published stays done; all else is done again.
async fn take_up(
    connection: &mut PgConnection,
    refresh_id: Uuid,
    now: DateTime<Utc>,
) -> Result<BTreeSet<(String, BillingPeriod)>, StoreError> {
    sqlx::query!(
        "update refresh set state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, $2)
          where refresh_id = $1",
        refresh_id,
        now.trunc_subsecs(6),
    )
    .execute(&mut *connection)
    .await
    .doing("the taking up of a refresh")?;
    sqlx::query!("delete from refresh_part where refresh_id = $1 and result is distinct from 'published'", refresh_id,)
        .execute(&mut *connection)
        .await
        .doing("the clearing of what was interrupted")?;
    sqlx::query!("update query set state = 'interrupted' where refresh_id = $1 and state = 'running'", refresh_id)
        .execute(&mut *connection)
        .await
        .doing("the marking of interrupted queries")?;
    let published = sqlx::query!(
        r#"select export, period as "period!" from refresh_part where refresh_id = $1 and period is not null"#,
        refresh_id,
    )
    .fetch_all(connection)
    .await
    .doing("what was published before")?;
    Ok(published.into_iter().map(|part| (part.export, BillingPeriod::containing(part.period))).collect())
}
