//! The ledger of queries: what was asked of engines, and what it cost. Each execution is in it once.

mod read;
mod record;

use bill::{Amount, BillingPeriod};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

pub use record::{FinishedQuery, StartedQuery};

/// A query that was put to an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryRecord {
    /// Its number: later queries have larger ones.
    pub query_id: i64,
    /// What ran it: `embedded` or `athena`.
    pub engine: String,
    /// The id under which the engine runs it.
    pub execution_id: String,
    /// The refresh that put it, where one did and is still kept.
    pub refresh_id: Option<Uuid>,
    /// The name of the question.
    pub question: String,
    /// SHA-256 of its text.
    pub fingerprint: String,
    /// The name of the export that was asked.
    pub export: String,
    /// The billing period that was asked.
    pub period: BillingPeriod,
    /// `running`, `succeeded`, `failed` or `interrupted`.
    pub state: String,
    /// Why it failed. It may quote any line of the bill.
    pub failure: Option<String>,
    /// Bytes read, where the engine says so.
    pub scanned_bytes: Option<i64>,
    /// What it cost; `None` where the engine charges nothing, or it is not known yet.
    pub price: Option<Amount>,
    /// The currency of the price.
    pub currency: String,
    /// How long it waited before it ran, in milliseconds.
    pub queued_ms: Option<i64>,
    /// How long it ran, in milliseconds.
    pub ran_ms: Option<i64>,
    /// Rows fetched.
    pub rows: Option<i64>,
    /// When it was first started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What the queries of a day came to, by engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryDay {
    /// The day (UTC) on which they ended.
    pub day: NaiveDate,
    /// What ran them.
    pub engine: String,
    /// How many.
    pub queries: i64,
    /// Bytes read, as far as the engine says so.
    pub scanned_bytes: i64,
    /// What they cost.
    pub price: Amount,
    /// The currency of the price.
    pub currency: String,
}
