//! The ledger of queries: each is kept with what it cost, and none is put beyond what may be scanned in a day.

use std::time::Duration;

use async_trait::async_trait;
use bill::Amount;
use chrono::NaiveTime;
use engine::{EngineError, QueryAsked, QueryEnded, QueryLog, price_of_scan};
use store::Store;
use store::queries::{FinishedQuery, StartedQuery};
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::AthenaConfig;
use crate::metrics::Metrics;

/// The engine that charges for what it scans.
const CHARGES: &str = "athena";

/// A log of queries in the store.
#[derive(Clone, Debug)]
pub struct QueryLedger {
    /// Where queries are kept.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// What queries may scan in a day, and what they cost.
    pub terms: AthenaConfig,
    /// What is measured.
    pub metrics: Metrics,
    /// The refresh that puts the queries, where one does.
    pub refresh_id: Option<Uuid>,
}

impl QueryLedger {
    /// The same ledger, for the queries of this refresh.
    pub fn of_refresh(&self, refresh_id: Uuid) -> Self {
        Self { refresh_id: Some(refresh_id), ..self.clone() }
    }

    fn entry<'q>(&self, query: &'q QueryAsked) -> StartedQuery<'q> {
        StartedQuery {
            engine: query.engine,
            execution_id: &query.execution_id,
            refresh_id: self.refresh_id,
            question: query.question,
            fingerprint: &query.fingerprint,
            parameters: &query.parameters,
            export: &query.export,
            period: query.period,
            delivery: &query.delivery,
            at: self.clock.now(),
        }
    }

    fn price(&self, query: &QueryAsked, ended: &QueryEnded) -> Option<Amount> {
        let scanned_bytes = ended.scanned_bytes.filter(|_| query.engine == CHARGES)?;
        // AWS charges nothing for a query that failed before it read anything.
        if ended.failure.is_some() && scanned_bytes == 0 {
            return Some(Amount::ZERO);
        }
        Some(price_of_scan(scanned_bytes, self.terms.price_per_terabyte))
    }
}

#[async_trait]
impl QueryLog for QueryLedger {
    async fn admit(&self, engine: &'static str) -> Result<(), EngineError> {
        let Some(ceiling) = self.terms.daily_scan_ceiling.filter(|_| engine == CHARGES) else { return Ok(()) };
        let midnight = self.clock.now().date_naive().and_time(NaiveTime::MIN).and_utc();
        // Where the ledger cannot be read, nothing says that there is anything left to spend.
        let scanned = self.store.scanned_since(engine, midnight).await;
        let scanned = scanned.map_err(|error| EngineError::QueryLog { reason: super::error::sentence(&error) })?;
        let (scanned_bytes, ceiling_bytes) = (u64::try_from(scanned).unwrap_or_default(), ceiling.as_u64());
        if scanned_bytes >= ceiling_bytes {
            return Err(EngineError::ScanCeiling { scanned_bytes, ceiling_bytes });
        }
        Ok(())
    }

    async fn started(&self, query: &QueryAsked) {
        if let Err(error) = self.store.query_started(&self.entry(query)).await {
            tracing::warn!(execution_id = query.execution_id, %error, "a query runs that the ledger does not have");
        }
    }

    async fn ended(&self, query: &QueryAsked, ended: &QueryEnded) {
        self.metrics.query_ended(query, ended);
        let finished = FinishedQuery {
            failure: ended.failure.as_deref(),
            scanned_bytes: ended.scanned_bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
            price: self.price(query, ended),
            queued_ms: milliseconds(ended.queued),
            ran_ms: milliseconds(ended.ran),
            rows: i64::try_from(ended.rows).unwrap_or(i64::MAX),
            at: self.clock.now(),
        };
        if let Err(error) = self.store.query_finished(&self.entry(query), &finished).await {
            let (execution_id, scanned_bytes) = (&query.execution_id, ended.scanned_bytes);
            tracing::error!(execution_id, scanned_bytes, %error, "the ledger does not have what a query cost");
        }
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
