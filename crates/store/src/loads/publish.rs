use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{Connection, PgPool};

use super::LoadWriter;
use super::begin::{drop_or_leave, export_name, forget_rows};
use crate::data_versions;
use crate::error::{Doing, StoreError};
use crate::events::{EventKind, NewEvent, record_in};
use crate::ownership::{TeamNames, analyze, name_teams, own_load, rules_in_force};

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

/// How many superseded versions of a period are kept, to answer what was said before, and how many failed ones, to say
/// what went wrong.
const KEPT_VERSIONS: i64 = 5;

/// How often publishing starts again because the rules in force changed meanwhile.
const ATTEMPTS: usize = 5;

impl LoadWriter {
    /// Applies the ownership rules in force, and makes this version the one that is served, in one transaction. Call it
    /// only after [`LoadWriter::finish_facts`] gave back nothing.
    ///
    /// The same accounts in the same period of another export would be counted twice. Where that export is one of
    /// `configured`, nothing is published; where it is not any more, because it was renamed, its version gives way.
    ///
    /// # Errors
    /// [`StoreError::CountedTwice`]; where the database fails, or two tag values would be one team. Readers then still have
    /// the version before.
    pub async fn publish(&mut self, configured: &[String], now: DateTime<Utc>) -> Result<Published, StoreError> {
        // Whoever may not see persons must find a pseudonym for each of them as soon as the version is served.
        if let Some(pseudonyms) = &self.store.pseudonyms {
            crate::pseudonyms::keep(&mut self.lease, pseudonyms).await?;
        }
        for _ in 0..ATTEMPTS {
            let giving_way = self.loads_giving_way(configured).await?;
            let (ownership_id, rules) = rules_in_force(&mut self.lease).await?;
            let names = match self.given.take() {
                Some((under, names)) if under == ownership_id => names,
                _ => own_load(&mut self.lease, self.load_id, self.period, ownership_id, &rules).await?,
            };
            let copy_pool = self.copy_pool.clone();
            let ((), checked) = tokio::join!(analyze_beside(&copy_pool), self.check_summaries(ownership_id));
            checked?;
            self.hold_ahead(ownership_id).await;
            if let Some(data_version) = self.flip(ownership_id, &names, &giving_way, now).await? {
                self.prune().await;
                let Self { version, line_items, fact_rows, .. } = *self;
                return Ok(Published { version, data_version, line_items, fact_rows });
            }
        }
        Err(StoreError::RulesKeepChanging { period: self.period })
    }

    async fn loads_giving_way(&mut self, configured: &[String]) -> Result<Vec<i64>, StoreError> {
        let rows =
            sqlx::query_file!("src/loads/counted_twice.sql", self.load_id, self.export_id, self.period.first_day())
                .fetch_all(&mut self.lease)
                .await
                .doing("the search for what would be counted twice")?;
        match rows.iter().find(|row| configured.contains(&row.name)) {
            None => Ok(rows.into_iter().map(|row| row.load_id).collect()),
            Some(row) => Err(StoreError::CountedTwice {
                period: self.period,
                account: row.account.clone(),
                export: row.name.clone(),
            }),
        }
    }

    /// Answers are read from summaries: they must be sums of the facts, to the last decimal and line.
    async fn check_summaries(&mut self, ownership_id: i32) -> Result<(), StoreError> {
        let agree = sqlx::query_file_scalar!("src/loads/summaries_agree.sql", self.load_id, ownership_id)
            .fetch_one(&mut self.lease)
            .await
            .doing("the check of summaries")?;
        if agree { Ok(()) } else { Err(StoreError::SummariesDisagree { period: self.period }) }
    }

    /// From the moment of publishing on this instance answers from memory what it can. Where that fails, Postgres answers.
    async fn hold_ahead(&self, ownership_id: i32) {
        let held = self.store.summaries.hold_ahead(&self.store, (self.load_id, ownership_id)).await;
        if let Err(error) = held {
            tracing::debug!(%error, "the summaries of a load are held in memory later");
        }
    }

    /// `None` where other rules came into force since they were applied.
    async fn flip(
        &mut self,
        ownership_id: i32,
        names: &TeamNames,
        giving_way: &[i64],
        now: DateTime<Utc>,
    ) -> Result<Option<i64>, StoreError> {
        let mut transaction = self.lease.begin().await.doing("the publishing of a load")?;
        if data_versions::lock(&mut transaction).await? != Some(ownership_id) {
            return Ok(None);
        }
        let data_version = data_versions::begin_next(&mut transaction, ownership_id, now).await?;
        sqlx::query!(
            "update load set state = 'superseded', served_until = $4
              where state = 'current' and (export_id = $1 and period = $2 or load_id = any($3))",
            self.export_id,
            self.period.first_day(),
            giving_way,
            data_version,
        )
        .execute(&mut *transaction)
        .await
        .doing("the end of the version before")?;
        let installed = sqlx::query!(
            "update load set state = 'current', finished_at = $2, served_from = $3
              where load_id = $1 and state = 'loading'",
            self.load_id,
            now,
            data_version,
        )
        .execute(&mut *transaction)
        .await
        .doing("the new version")?;
        if installed.rows_affected() != 1 {
            return Err(StoreError::LeaseLost { period: self.period });
        }
        name_teams(&mut transaction, names).await?;
        let payload = json!({
            "data_version": format!("v{data_version}"),
            "because": "load",
            "export": export_name(&mut transaction, self.export_id).await?,
            "period": self.period,
            "version": self.version,
            "ownership_version": ownership_id,
        });
        let event = NewEvent { kind: EventKind::DataVersionPublished, payload, now };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("the publishing of a load")?;
        Ok(Some(data_version))
    }

    /// Drops superseded and failed versions beyond those that are kept. The new version is served by now: whatever goes
    /// wrong here is left for the next refresh.
    async fn prune(&mut self) {
        if let Err(error) = self.try_to_prune().await {
            tracing::info!(period = %self.period, %error, "old versions are left for the next refresh to drop");
        }
    }

    async fn try_to_prune(&mut self) -> Result<(), StoreError> {
        let old = sqlx::query_scalar!(
            "select load_id
               from (select load_id, row_number() over (partition by state order by version desc) as place
                       from load
                      where export_id = $1 and period = $2 and state in ('superseded', 'failed')) as versions
              where place > $3",
            self.export_id,
            self.period.first_day(),
            KEPT_VERSIONS,
        )
        .fetch_all(&mut self.lease)
        .await
        .doing("the old versions")?;
        for load_id in old {
            data_versions::forget_load(&mut self.lease, load_id).await?;
            // Rows first, which may take a while and is in nobody's way; then partitions, which must be quick. A load
            // whose partitions stay behind is kept as failed, so that the next refresh finds them.
            forget_rows(&mut self.lease, load_id).await?;
            drop_or_leave(&mut self.lease, load_id).await;
            sqlx::query!(
                "delete from load
                  where load_id = $1
                    and to_regclass('daily_cost_' || load_id) is null and to_regclass('period_cost_' || load_id) is null",
                load_id,
            )
            .execute(&mut self.lease)
            .await
            .doing("the dropping of a load")?;
        }
        Ok(())
    }
}

/// Takes statistics on a second connection; where there is none, they are left to autovacuum.
async fn analyze_beside(pool: &PgPool) {
    match pool.acquire().await {
        Ok(mut connection) => analyze(&mut connection).await,
        Err(error) => tracing::info!(%error, "statistics are left to autovacuum"),
    }
}
