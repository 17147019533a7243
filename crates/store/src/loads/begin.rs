use std::time::Duration;

use bill::BillingPeriod;
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::types::Json;
use sqlx::{Connection, PgConnection};

use super::LoadWriter;
use crate::copy::CopyRows;
use crate::error::{Doing, StoreError};
use crate::events::{EventKind, NewEvent, record_in};
use crate::ownership::{OwnersMet, rules_in_force};
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

/// Why a load is not served that has differences, in words that quote nothing of the bill.
const DOES_NOT_TIE_OUT: &str =
    "what was read does not add up to the control totals of the bill; what was served is served still";
/// How long to wait for another process that has the period.
const PATIENCE: &str = "60s";

impl Store {
    /// Takes the export's period for writing, waiting for a minute while another process has it; clears away what a killed
    /// process left; and begins a new version unless this manifest is served already.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where another process goes on writing the period, or where the database fails.
    pub async fn begin_load(&self, new: &NewLoad<'_>) -> Result<Begin, StoreError> {
        let mut lease = self.writer_connection().await?;
        let export_id = export_id(&mut lease, new.export).await?;
        lock_period(&mut lease, export_id, new.period).await?;
        clear_abandoned(&mut lease, export_id, new).await?;
        if !new.force
            && let Some(version) = served_version(&mut lease, export_id, new).await?
        {
            return Ok(Begin::Unchanged(version));
        }
        let (ownership_id, rules) = rules_in_force(&mut lease).await?;
        let (load_id, version) = insert_load(&mut lease, export_id, new).await?;
        Ok(Begin::Load(Box::new(LoadWriter {
            lease,
            copy_pool: self.writer_pool(),
            load_id,
            export_id,
            period: new.period,
            version,
            copying: None,
            rows: CopyRows::default(),
            met: Some(OwnersMet::new(ownership_id, rules, new.period)),
            line_items: 0,
            fact_rows: 0,
            given: None,
            store: self.clone(),
        })))
    }
}

async fn export_id(lease: &mut PgConnection, name: &str) -> Result<i32, StoreError> {
    let known = sqlx::query_scalar!("select export_id from export where name = $1", name);
    if let Some(export_id) = known.fetch_optional(&mut *lease).await.doing("the export")? {
        return Ok(export_id);
    }
    sqlx::query!("insert into export (name) values ($1) on conflict do nothing", name)
        .execute(&mut *lease)
        .await
        .doing("a new export")?;
    sqlx::query_scalar!("select export_id from export where name = $1", name).fetch_one(lease).await.doing("the export")
}

pub(super) async fn export_name(connection: &mut PgConnection, export_id: i32) -> Result<String, StoreError> {
    sqlx::query_scalar!("select name from export where export_id = $1", export_id)
        .fetch_one(connection)
        .await
        .doing("the name of an export")
}

async fn lock_period(lease: &mut PgConnection, export_id: i32, period: BillingPeriod) -> Result<(), StoreError> {
    set_lock_timeout(lease, PATIENCE).await?;
    // Two 32-bit keys: the export and the period as a count of days.
    let day = period.first_day().to_epoch_days();
    let locked = sqlx::query!("select pg_advisory_lock($1, $2)", export_id, day).execute(&mut *lease).await;
    match locked {
        // lock_not_available: the timeout.
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => {
            Err(StoreError::Busy { period })
        }
        locked => {
            locked.doing("the lock on a period")?;
            set_lock_timeout(lease, "10s").await
        }
    }
}

async fn set_lock_timeout(connection: &mut PgConnection, timeout: &str) -> Result<(), StoreError> {
    sqlx::query!("select set_config('lock_timeout', $1, false)", timeout)
        .fetch_one(connection)
        .await
        .map(drop)
        .doing("the lock timeout")
}

/// With the lock held, a load in state `loading` has no writer any more. Partitions of failed loads that could not be
/// dropped when they failed are dropped now.
async fn clear_abandoned(lease: &mut PgConnection, export_id: i32, new: &NewLoad<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "update load
            set state = 'failed', finished_at = $3, failure = 'the refresh was interrupted before it was complete'
          where export_id = $1 and period = $2 and state = 'loading'",
        export_id,
        new.period.first_day(),
        new.now,
    )
    .execute(&mut *lease)
    .await
    .doing("the clearing of interrupted loads")?;
    let leftovers = sqlx::query_scalar!(
        "select load_id from load
          where export_id = $1 and period = $2 and state = 'failed'
            and (to_regclass('daily_cost_' || load_id) is not null
                 or to_regclass('period_cost_' || load_id) is not null)",
        export_id,
        new.period.first_day(),
    )
    .fetch_all(&mut *lease)
    .await
    .doing("what interrupted loads left")?;
    for load_id in leftovers {
        drop_or_leave(lease, load_id).await;
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

/// How often the dropping of partitions is tried, and how long to wait in between: readers hold their locks for
/// milliseconds.
const DROP_ATTEMPTS: usize = 20;
const DROP_PAUSE: Duration = Duration::from_millis(50);

/// Drops the partitions of a load that is not served; where readers are always in the way it is left to the next refresh.
pub(super) async fn drop_or_leave(connection: &mut PgConnection, load_id: i64) {
    for _ in 0..DROP_ATTEMPTS {
        match sqlx::query!("select drop_load_partitions($1)", load_id).execute(&mut *connection).await {
            Ok(_) => return,
            Err(error) => tracing::debug!(load_id, %error, "partitions cannot be dropped now"),
        }
        tokio::time::sleep(DROP_PAUSE).await;
    }
    tracing::info!(load_id, "the partitions of a load are left for the next refresh to drop");
}

/// Deletes the owners and summaries of a load that is not served.
pub(super) async fn forget_rows(connection: &mut PgConnection, load_id: i64) -> Result<(), StoreError> {
    sqlx::query!("select forget_rows($1)", load_id)
        .execute(connection)
        .await
        .map(drop)
        .doing("the forgetting of a load's rows")
}

impl LoadWriter {
    /// Keeps the load as failed, with the reason and what did not tie out, and clears its rows away. Of several failures
    /// of one manifest the last is kept, so that a refresh that fails every hour does not fill the table. A load that has
    /// been published, or that another process has given up since, is left as it is.
    ///
    /// # Errors
    /// Where the database fails; the next load of the period then clears it away.
    pub async fn fail(
        mut self,
        reason: &str,
        differences: &[Difference],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if let Some(copying) = self.copying.take() {
            copying.abort().await;
        }
        let mut transaction = self.lease.begin().await.doing("the record of a failed load")?;
        let failed = sqlx::query!(
            "update load set state = 'failed', finished_at = $2, failure = $3, differences = $4
              where load_id = $1 and state = 'loading'",
            self.load_id,
            now,
            reason,
            Json(differences) as _,
        )
        .execute(&mut *transaction)
        .await
        .doing("the record of a failed load")?;
        if failed.rows_affected() == 1 && !differences.is_empty() {
            let payload = json!({
                "export": export_name(&mut transaction, self.export_id).await?,
                "period": self.period,
                "version": self.version,
                "differences": differences.len(),
                "reason": DOES_NOT_TIE_OUT,
            });
            record_in(&mut transaction, &NewEvent { kind: EventKind::TieOutFailed, payload, now }).await?;
        }
        transaction.commit().await.doing("the record of a failed load")?;
        if failed.rows_affected() == 1 {
            forget_rows(&mut self.lease, self.load_id).await?;
            drop_or_leave(&mut self.lease, self.load_id).await;
            self.forget_earlier_failures().await?;
        }
        Ok(())
    }

    async fn forget_earlier_failures(&mut self) -> Result<(), StoreError> {
        sqlx::query!(
            "delete from load earlier using load this
              where this.load_id = $1 and earlier.load_id <> $1 and earlier.state = 'failed'
                and earlier.export_id = this.export_id and earlier.period = this.period
                and earlier.manifest_identity = this.manifest_identity
                and to_regclass('daily_cost_' || earlier.load_id) is null
                and to_regclass('period_cost_' || earlier.load_id) is null",
            self.load_id,
        )
        .execute(&mut self.lease)
        .await
        .map(drop)
        .doing("the clearing of earlier failures")
    }
}
