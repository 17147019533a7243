use bill::BillingPeriod;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{Postgres, Transaction};

use super::{LoadVersion, PeriodStatus};
use crate::error::{Doing, StoreError};
use crate::store::Store;

/// Everything that is served, as it was at one moment: one read-only transaction at repeatable-read isolation.
pub struct Snapshot {
    pub(super) transaction: Transaction<'static, Postgres>,
    pub(super) ownership_id: i32,
    data_version: i64,
    as_of: Option<DateTime<Utc>>,
    loads: Vec<(i64, LoadVersion)>,
    periods: Vec<BillingPeriod>,
}

impl Store {
    /// Opens a snapshot of what is served now.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let mut transaction = self
            .pool
            .begin_with("begin isolation level repeatable read read only")
            .await
            .doing("the opening of a snapshot")?;
        // What no caller waits for any more, the database need not go on computing.
        let serving = sqlx::query!(
            "select data_version, ownership_id, published_at, set_config('statement_timeout', '30s', true)
               from serving"
        )
        .fetch_one(&mut *transaction)
        .await
        .doing("what is served")?;
        let loads = super::history::current_loads(&mut transaction).await?;
        let mut periods: Vec<BillingPeriod> = loads.iter().map(|(_, load)| load.period).collect();
        periods.sort_unstable();
        periods.dedup();
        Ok(Snapshot {
            transaction,
            ownership_id: serving.ownership_id.unwrap_or(0),
            data_version: serving.data_version,
            as_of: serving.published_at,
            loads,
            periods,
        })
    }
}

impl Snapshot {
    /// Grows with each load made current and each change of rules; 0 where nothing was published yet.
    pub fn data_version(&self) -> i64 {
        self.data_version
    }

    /// When this data version was published.
    pub fn as_of(&self) -> Option<DateTime<Utc>> {
        self.as_of
    }

    /// The number of the ownership rules in force; 0 where there are none yet.
    pub fn ownership_version(&self) -> i32 {
        self.ownership_id
    }

    /// The periods that are served, in order.
    pub fn periods(&self) -> &[BillingPeriod] {
        &self.periods
    }

    /// The version that is served of each period of each export, by period and export.
    pub fn current_loads(&self) -> impl Iterator<Item = &LoadVersion> {
        self.loads.iter().map(|(_, load)| load)
    }

    /// How far a period has come: provisional once it is over and every line of every export carries an invoice id.
    pub fn period_status(&self, period: BillingPeriod, today: NaiveDate) -> PeriodStatus {
        let mut loads = self.current_loads().filter(|load| load.period == period).peekable();
        if today >= period.end() && loads.peek().is_some() && loads.all(|load| load.invoiced) {
            PeriodStatus::Provisional
        } else {
            PeriodStatus::Open
        }
    }

    /// The numbers of the loads that are served for these periods.
    pub(super) fn load_ids(&self, wanted: impl Fn(&LoadVersion) -> bool) -> Vec<i64> {
        self.loads.iter().filter(|(_, load)| wanted(load)).map(|(load_id, _)| *load_id).collect()
    }
}
