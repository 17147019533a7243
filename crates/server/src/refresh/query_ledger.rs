//! The ledger of queries: each is kept with what it cost, and none is put beyond what may be scanned in a day.

use std::time::Duration;

use async_trait::async_trait;
use bill::Amount;
use chrono::NaiveTime;
use engine::{EngineError, QueryAsked, QueryEnded, QueryLog};
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

/// What Athena charges: by the megabyte that is begun, at least ten of them
/// (<https://aws.amazon.com/athena/pricing/>). A terabyte is taken to be a million megabytes of a million bytes.
pub fn price_of_scan(scanned_bytes: u64, price_per_terabyte: Amount) -> Amount {
    const MEGABYTE: u64 = 1_000_000;
    const LEAST_MEGABYTES: u64 = 10;
    let megabytes = scanned_bytes.div_ceil(MEGABYTE).max(LEAST_MEGABYTES);
    let millionths = price_per_terabyte.raw().saturating_mul(i128::from(megabytes));
    // A price with more than six decimals may leave a rest below the twelfth: it is rounded up.
    let whole = millionths / 1_000_000;
    Amount::from_raw(if millionths % 1_000_000 > 0 { whole + 1 } else { whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_is_charged_by_the_megabyte_and_ten_of_them_at_least() {
        let five = Amount::from_integer(5);
        for (scanned_bytes, price) in [
            (0, "0.00005"),
            (10_000_000, "0.00005"),
            (10_000_001, "0.000055"),
            (1_000_000_000_000, "5"),
            (2_500_000_000_000, "12.5"),
        ] {
            assert_eq!(price_of_scan(scanned_bytes, five).to_string(), price, "{scanned_bytes}");
        }
        let odd: Amount = "5.1234567".parse().expect("an amount");
        assert_eq!(price_of_scan(0, odd).to_string(), "0.000051234567");
        let smallest: Amount = "0.000000000001".parse().expect("an amount");
        assert_eq!(price_of_scan(0, smallest), smallest, "never less than what is charged");
    }
}
