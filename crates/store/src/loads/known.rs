use bill::BillingPeriod;
use chrono::{DateTime, Utc};

use crate::error::{Doing, StoreError};
use crate::store::Store;

/// A delivery of an export that was read before, so that it need not be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDelivery {
    /// The billing period.
    pub period: BillingPeriod,
    /// What the manifest was.
    pub manifest_identity: String,
    /// As which version it was read.
    pub version: i32,
    /// When reading it failed; `None` where it did not.
    pub failed_at: Option<DateTime<Utc>>,
    /// Whether reading it was interrupted, or what failed could not be cleared away: then it is not served.
    pub has_leftovers: bool,
}

impl Store {
    /// The deliveries of an export that are served, those that could not be read, and those that are being read.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn known_deliveries(&self, export: &str) -> Result<Vec<KnownDelivery>, StoreError> {
        let rows = sqlx::query!(
            r#"select period, manifest_identity, version, case when state = 'failed' then finished_at end as failed_at,
                      state = 'loading'
                      or state = 'failed' and (to_regclass('daily_cost_' || load_id) is not null
                                               or to_regclass('period_cost_' || load_id) is not null) as "has_leftovers!"
                 from load
                 join export using (export_id)
                where export.name = $1 and state in ('loading', 'current', 'failed')"#,
            export,
        )
        .fetch_all(&self.pool)
        .await
        .doing("what was read before")?;
        Ok(rows
            .into_iter()
            .map(|row| KnownDelivery {
                period: BillingPeriod::containing(row.period),
                manifest_identity: row.manifest_identity,
                version: row.version,
                failed_at: row.failed_at,
                has_leftovers: row.has_leftovers,
            })
            .collect())
    }
}
