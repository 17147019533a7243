use bill::BillingPeriod;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::LoadWriter;
use crate::error::{Doing, StoreError};
use crate::snapshot::Difference;
use crate::store::Store;

/// What is about to be read.
#[derive(Clone, Debug)]
pub struct NewLoad<'a> {
    /// The name of the export.
    pub export: &'a str,
    /// The billing period.
    pub period: BillingPeriod,
    /// What the manifest says it is.
    pub manifest_identity: &'a str,
    /// When the manifest was written.
    pub manifest_written_at: DateTime<Utc>,
    /// Whether to read again what is already served.
    pub force: bool,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// Whether there is something to do.
pub enum Begin {
    /// This very manifest is what is served, as this version.
    Unchanged(i32),
    /// A new version is to be written.
    Load(Box<LoadWriter>),
}

impl Store {
    /// Takes the export's period for writing, waiting while another process has it; clears away what a killed process
    /// left; and begins a new version unless this manifest is served already.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn begin_load(&self, new: &NewLoad<'_>) -> Result<Begin, StoreError> {
        let export_id = self.export_id(new.export).await?;
        let mut lease = self.pool.acquire().await.doing("a connection for a load")?.detach();
        lock_period(&mut lease, export_id, new.period).await?;
        clear_abandoned(&mut lease, export_id, new).await?;
        if !new.force
            && let Some(version) = served_version(&mut lease, export_id, new).await?
        {
            return Ok(Begin::Unchanged(version));
        }
        let (load_id, version) = insert_load(&mut lease, export_id, new).await?;
        Ok(Begin::Load(Box::new(LoadWriter {
            pool: self.pool.clone(),
            lease,
            load_id,
            export_id,
            period: new.period,
            version,
            copy: None,
            buffer: Vec::new(),
            fact_rows: 0,
        })))
    }

    async fn export_id(&self, name: &str) -> Result<i32, StoreError> {
        sqlx::query!("insert into export (name) values ($1) on conflict do nothing", name)
            .execute(&self.pool)
            .await
            .doing("a new export")?;
        sqlx::query_scalar!("select export_id from export where name = $1", name)
            .fetch_one(&self.pool)
            .await
            .doing("the export")
    }
}

async fn lock_period(lease: &mut PgConnection, export_id: i32, period: BillingPeriod) -> Result<(), StoreError> {
    // Two 32-bit keys: the export and the period as a count of days.
    let day = period.first_day().to_epoch_days();
    sqlx::query!("select pg_advisory_lock($1, $2)", export_id, day)
        .execute(lease)
        .await
        .map(drop)
        .doing("the lock on a period")
}

/// With the lock held, a load in state `loading` has no writer any more.
async fn clear_abandoned(lease: &mut PgConnection, export_id: i32, new: &NewLoad<'_>) -> Result<(), StoreError> {
    let abandoned = sqlx::query_scalar!(
        "update load
            set state = 'failed', finished_at = $3, failure = 'the refresh was interrupted before it was complete'
          where export_id = $1 and period = $2 and state = 'loading'
          returning load_id",
        export_id,
        new.period.first_day(),
        new.now,
    )
    .fetch_all(&mut *lease)
    .await
    .doing("the clearing of interrupted loads")?;
    for load_id in abandoned {
        drop_partitions(lease, load_id).await?;
    }
    Ok(())
}

async fn served_version(
    lease: &mut PgConnection,
    export_id: i32,
    new: &NewLoad<'_>,
) -> Result<Option<i32>, StoreError> {
    sqlx::query_scalar!(
        "select version from load
          where export_id = $1 and period = $2 and state = 'current' and manifest_identity = $3",
        export_id,
        new.period.first_day(),
        new.manifest_identity,
    )
    .fetch_optional(lease)
    .await
    .doing("the version that is served")
}

async fn insert_load(lease: &mut PgConnection, export_id: i32, new: &NewLoad<'_>) -> Result<(i64, i32), StoreError> {
    let row = sqlx::query!(
        "insert into load (export_id, period, version, state, manifest_identity, manifest_written_at, started_at)
         select $1, $2, coalesce(max(version), 0) + 1, 'loading', $3, $4, $5
           from load where export_id = $1 and period = $2
         returning load_id, version",
        export_id,
        new.period.first_day(),
        new.manifest_identity,
        new.manifest_written_at,
        new.now,
    )
    .fetch_one(&mut *lease)
    .await
    .doing("a new load")?;
    sqlx::query!("select create_load_partitions($1)", row.load_id)
        .execute(lease)
        .await
        .doing("the partitions of a load")?;
    Ok((row.load_id, row.version))
}

pub(super) async fn drop_partitions(connection: &mut PgConnection, load_id: i64) -> Result<(), StoreError> {
    sqlx::query!("select drop_load_partitions($1)", load_id)
        .execute(connection)
        .await
        .map(drop)
        .doing("the dropping of a load's partitions")
}

impl LoadWriter {
    /// Keeps the load as failed, with the reason and what did not tie out, and clears its rows away. Of several failures
    /// of one manifest the last is kept, so that a refresh that fails every hour does not fill the table.
    ///
    /// # Errors
    /// Where the database fails; the next load of the period then clears it away.
    pub async fn fail(
        mut self,
        reason: &str,
        differences: &[Difference],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if let Some(copy) = self.copy.take() {
            // The load is given up: whether the server still hears of it makes no difference.
            copy.abort("the load failed").await.ok();
        }
        drop_partitions(&mut self.lease, self.load_id).await?;
        sqlx::query!(
            "delete from load earlier using load this
              where this.load_id = $1 and earlier.load_id <> $1 and earlier.state = 'failed'
                and earlier.export_id = this.export_id and earlier.period = this.period
                and earlier.manifest_identity = this.manifest_identity",
            self.load_id,
        )
        .execute(&mut self.lease)
        .await
        .doing("the clearing of earlier failures")?;
        sqlx::query!(
            "update load set state = 'failed', finished_at = $2, failure = $3, differences = $4 where load_id = $1",
            self.load_id,
            now,
            reason,
            Json(differences) as _,
        )
        .execute(&mut self.lease)
        .await
        .map(drop)
        .doing("the record of a failed load")
    }
}
