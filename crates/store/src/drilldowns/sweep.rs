use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::error::{Doing, StoreError};
use crate::store::Store;

impl Store {
    /// Whether anybody still waits for a set that is being fetched.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn is_drilldown_wanted(&self, set_id: i64) -> Result<bool, StoreError> {
        sqlx::query_scalar!(
            r#"select exists (select from drilldown where drilldown_set_id = $1 and deleted_at is null) as "wanted!""#,
            set_id,
        )
        .fetch_one(&self.pool)
        .await
        .doing("who waits for a drill-down")
    }

    /// Forgets drill-downs that are older than this, lines of loads that are not served any more, and what nobody waits for
    /// any more before it was fetched.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sweep_drilldowns(&self, keep: Duration, now: DateTime<Utc>) -> Result<(), StoreError> {
        let keep = TimeDelta::from_std(keep).unwrap_or(TimeDelta::MAX);
        let oldest = now.checked_sub_signed(keep).unwrap_or(DateTime::<Utc>::MIN_UTC);
        // What counts for the day is kept for the day.
        let counted = now - TimeDelta::days(1);
        sqlx::query!("delete from drilldown where requested_at < least($1, $2::timestamptz)", oldest, counted)
            .execute(&self.pool)
            .await
            .doing("the forgetting of drill-downs")?;
        sqlx::query!(
            "delete from drilldown_set
              using load
              where load.load_id = drilldown_set.load_id
                and (drilldown_set.state in ('complete', 'failed')
                     and (drilldown_set.finished_at < $1 or load.state <> 'current')
                     or drilldown_set.state = 'queued'
                        and not exists (select from drilldown
                                         where drilldown.drilldown_set_id = drilldown_set.drilldown_set_id
                                           and deleted_at is null))",
            oldest,
        )
        .execute(&self.pool)
        .await
        .map(drop)
        .doing("the forgetting of lines")
    }
}
