use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::LoadWriter;
use super::begin::drop_partitions;
use crate::error::{Doing, StoreError};
use crate::ownership::{own_load, rules_in_force};

/// What a load came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The version of the period that is served now.
    pub version: i32,
    /// The data version that begins with it.
    pub data_version: i64,
    /// Bedrock lines of the bill that were counted in.
    pub line_items: i64,
    /// Rows kept.
    pub fact_rows: i64,
}

/// How many superseded versions of a period are kept, to answer what was said before.
const KEPT_VERSIONS: i64 = 5;

/// How often publishing starts again because the rules in force changed meanwhile.
const ATTEMPTS: usize = 5;

impl LoadWriter {
    /// Applies the ownership rules in force, and makes this version the one that is served, in one transaction. Call it
    /// only after [`LoadWriter::tie_out`] found nothing.
    ///
    /// # Errors
    /// Where the database fails, or two tag values would be one team. Readers then still have the version before.
    pub async fn publish(&mut self, now: DateTime<Utc>) -> Result<Published, StoreError> {
        for _ in 0..ATTEMPTS {
            let (ownership_id, rules) = rules_in_force(&self.pool).await?;
            own_load(&self.pool, self.load_id, self.period, ownership_id, &rules).await?;
            if let Some(data_version) = self.flip(ownership_id, now).await? {
                self.prune().await?;
                return self.published(data_version).await;
            }
        }
        Err(StoreError::RulesKeepChanging { period: self.period })
    }

    /// `None` where other rules came into force since they were applied.
    async fn flip(&mut self, ownership_id: i32, now: DateTime<Utc>) -> Result<Option<i64>, StoreError> {
        let mut transaction = self.pool.begin().await.doing("the publishing of a load")?;
        let in_force = sqlx::query_scalar!("select ownership_id from serving for update")
            .fetch_one(&mut *transaction)
            .await
            .doing("the lock on what is served")?;
        if in_force != Some(ownership_id) {
            return Ok(None);
        }
        sqlx::query!(
            "update load set state = 'superseded' where export_id = $1 and period = $2 and state = 'current'",
            self.export_id,
            self.period.first_day(),
        )
        .execute(&mut *transaction)
        .await
        .doing("the end of the version before")?;
        sqlx::query!("update load set state = 'current', finished_at = $2 where load_id = $1", self.load_id, now)
            .execute(&mut *transaction)
            .await
            .doing("the new version")?;
        let data_version = sqlx::query_scalar!(
            "update serving set data_version = data_version + 1, published_at = $1 returning data_version",
            now
        )
        .fetch_one(&mut *transaction)
        .await
        .doing("the data version")?;
        transaction.commit().await.doing("the publishing of a load")?;
        Ok(Some(data_version))
    }

    async fn published(&mut self, data_version: i64) -> Result<Published, StoreError> {
        let row = sqlx::query!("select line_items, fact_rows from load where load_id = $1", self.load_id)
            .fetch_one(&self.pool)
            .await
            .doing("what was published")?;
        Ok(Published { version: self.version, data_version, line_items: row.line_items, fact_rows: row.fact_rows })
    }

    /// Drops superseded versions beyond those that are kept. Dropping needs a short exclusive lock: where a reader is in
    /// the way it is left for the next time.
    async fn prune(&mut self) -> Result<(), StoreError> {
        let old = sqlx::query_scalar!(
            "select load_id from load
              where export_id = $1 and period = $2 and state = 'superseded'
              order by version desc offset $3",
            self.export_id,
            self.period.first_day(),
            KEPT_VERSIONS,
        )
        .fetch_all(&self.pool)
        .await
        .doing("the superseded versions")?;
        for load_id in old {
            if let Err(error) = drop_load(&self.pool, load_id).await {
                tracing::info!(load_id, %error, "a superseded load is left for the next refresh to drop");
            }
        }
        Ok(())
    }
}

async fn drop_load(pool: &PgPool, load_id: i64) -> Result<(), StoreError> {
    let mut transaction = pool.begin().await.doing("the dropping of a load")?;
    sqlx::query!("select set_config('lock_timeout', '2s', true)")
        .fetch_one(&mut *transaction)
        .await
        .doing("the lock timeout")?;
    drop_partitions(&mut transaction, load_id).await?;
    sqlx::query!("delete from load where load_id = $1", load_id)
        .execute(&mut *transaction)
        .await
        .doing("the dropping of a load")?;
    transaction.commit().await.doing("the dropping of a load")
}
