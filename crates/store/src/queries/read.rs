use bill::BillingPeriod;
use chrono::{DateTime, NaiveDate, Utc};

use super::{QueryDay, QueryRecord};
use crate::error::{Doing, StoreError, amount};
use crate::store::Store;

impl Store {
    /// How many bytes the queries of an engine have read since this time.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn scanned_since(&self, engine: &str, since: DateTime<Utc>) -> Result<i64, StoreError> {
        sqlx::query_scalar!(
            r#"select coalesce(sum(scanned_bytes), 0)::bigint as "scanned_bytes!"
                 from query
                where engine = $1 and coalesce(ended_at, started_at) >= $2"#,
            engine,
            since,
        )
        .fetch_one(&self.pool)
        .await
        .doing("the sum of what was scanned")
    }

    /// Queries, newest first: at most so many, older than one of them.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn queries(&self, before: Option<i64>, limit: i64) -> Result<Vec<QueryRecord>, StoreError> {
        let rows = sqlx::query!(
            "select query_id, engine, execution_id, refresh_id, question, fingerprint, export, period, state, failure,
                    scanned_bytes, price::text, currency, queued_ms, ran_ms, rows, started_at, ended_at
               from query
              where $1::bigint is null or query_id < $1
              order by query_id desc
              limit $2",
            before,
            limit,
        )
        .fetch_all(&self.pool)
        .await
        .doing("the queries")?;
        rows.into_iter()
            .map(|row| {
                Ok(QueryRecord {
                    price: row.price.as_deref().map(amount).transpose()?,
                    period: BillingPeriod::containing(row.period),
                    query_id: row.query_id,
                    engine: row.engine,
                    execution_id: row.execution_id,
                    refresh_id: row.refresh_id,
                    question: row.question,
                    fingerprint: row.fingerprint,
                    export: row.export,
                    state: row.state,
                    failure: row.failure,
                    scanned_bytes: row.scanned_bytes,
                    currency: row.currency,
                    queued_ms: row.queued_ms,
                    ran_ms: row.ran_ms,
                    rows: row.rows,
                    started_at: row.started_at,
                    ended_at: row.ended_at,
                })
            })
            .collect()
    }

    /// What the queries since this day came to, the latest day first. A query belongs to the day on which it ended.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn query_days(&self, since: NaiveDate) -> Result<Vec<QueryDay>, StoreError> {
        let rows = sqlx::query!(
            r#"select (coalesce(ended_at, started_at) at time zone 'UTC')::date as "day!", engine, currency,
                      count(*) as "queries!", coalesce(sum(scanned_bytes), 0)::bigint as "scanned_bytes!",
                      coalesce(sum(price), 0)::text as "price!"
                 from query
                where coalesce(ended_at, started_at) >= $1::date::timestamp at time zone 'UTC'
                group by 1, engine, currency
                order by 1 desc, engine, currency"#,
            since,
        )
        .fetch_all(&self.pool)
        .await
        .doing("what queries came to")?;
        rows.into_iter()
            .map(|row| {
                Ok(QueryDay {
                    price: amount(&row.price)?,
                    day: row.day,
                    engine: row.engine,
                    queries: row.queries,
                    scanned_bytes: row.scanned_bytes,
                    currency: row.currency,
                })
            })
            .collect()
    }
}
