use bill::{Amount, BillingPeriod};
use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

use crate::error::{Doing, StoreError};
use crate::store::Store;

/// A query that has been started, or picked up again.
#[derive(Clone, Copy, Debug)]
pub struct StartedQuery<'q> {
    /// What runs it.
    pub engine: &'q str,
    /// The id under which the engine runs it.
    pub execution_id: &'q str,
    /// The refresh that puts it, where one does.
    pub refresh_id: Option<Uuid>,
    /// The name of the question.
    pub question: &'q str,
    /// SHA-256 of its text.
    pub fingerprint: &'q str,
    /// The values of its parameters.
    pub parameters: &'q [String],
    /// The name of the export.
    pub export: &'q str,
    /// The billing period.
    pub period: BillingPeriod,
    /// The identity of the delivery.
    pub delivery: &'q str,
    /// When.
    pub at: DateTime<Utc>,
}

/// How a query ended.
#[derive(Clone, Copy, Debug)]
pub struct FinishedQuery<'q> {
    /// Why it failed, where it did.
    pub failure: Option<&'q str>,
    /// Bytes read, where the engine says so.
    pub scanned_bytes: Option<i64>,
    /// What it cost in US dollars, where the engine charges for it.
    pub price: Option<Amount>,
    /// How long it waited, in milliseconds.
    pub queued_ms: i64,
    /// How long it ran, in milliseconds.
    pub ran_ms: i64,
    /// Rows fetched.
    pub rows: i64,
    /// When.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Keeps that a query runs. One that is picked up again stays one, and what it is known to have cost stays known.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn query_started(&self, query: &StartedQuery<'_>) -> Result<(), StoreError> {
        let parameters: Vec<String> = query.parameters.iter().map(|text| text.replace('\0', "\u{fffd}")).collect();
        sqlx::query!(
            "insert into query (engine, execution_id, refresh_id, question, fingerprint, parameters, export, period,
                                delivery, state, started_at)
             values ($1, $2, (select refresh_id from refresh where refresh_id = $3), $4, $5, $6, $7, $8, $9, 'running', $10)
             on conflict (engine, execution_id) do update
                set state = 'running', ended_at = null, failure = null,
                    refresh_id = coalesce(query.refresh_id, excluded.refresh_id)",
            query.engine,
            query.execution_id,
            query.refresh_id,
            query.question,
            query.fingerprint,
            &parameters,
            query.export,
            query.period.first_day(),
            query.delivery,
            query.at.trunc_subsecs(6),
        )
        .execute(&self.pool)
        .await
        .map(drop)
        .doing("the record of a query")
    }

    /// Keeps how a query ended, also where nothing was kept of its start.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn query_finished(
        &self,
        query: &StartedQuery<'_>,
        finished: &FinishedQuery<'_>,
    ) -> Result<(), StoreError> {
        self.query_started(query).await?;
        sqlx::query!(
            "update query
                set state = case when $3::text is null then 'succeeded' else 'failed' end, failure = $3,
                    scanned_bytes = coalesce($4, scanned_bytes), price = coalesce($5::text::numeric, price),
                    queued_ms = $6, ran_ms = $7, rows = $8, ended_at = $9
              where engine = $1 and execution_id = $2",
            query.engine,
            query.execution_id,
            finished.failure.map(|failure| failure.replace('\0', "\u{fffd}")),
            finished.scanned_bytes,
            finished.price.map(|price| price.to_string()),
            finished.queued_ms,
            finished.ran_ms,
            finished.rows,
            finished.at.trunc_subsecs(6),
        )
        .execute(&self.pool)
        .await
        .map(drop)
        .doing("the record of a query")
    }
}
