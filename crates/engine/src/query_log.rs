use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bill::BillingPeriod;

use crate::EngineError;

/// A query as it is put to an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryAsked {
    /// `embedded` or `athena`.
    pub engine: &'static str,
    /// The name of the question: that of its file in `sql/`.
    pub question: &'static str,
    /// SHA-256 of the question's text, in hex.
    pub fingerprint: String,
    /// The values of its parameters, in order.
    pub parameters: Vec<String>,
    /// The name of the export.
    pub export: String,
    /// The billing period.
    pub period: BillingPeriod,
    /// The identity of the delivery that is asked ([`crate::Manifest::identity`]).
    pub delivery: String,
    /// The id under which the engine runs it: Athena's `QueryExecutionId`, or one of ours.
    pub execution_id: String,
}

/// How a query ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryEnded {
    /// Why it failed, in plain words; `None` where it succeeded.
    pub failure: Option<String>,
    /// Bytes that the engine says it read, where it says so. Athena charges for these.
    pub scanned_bytes: Option<u64>,
    /// How long it waited before it ran.
    pub queued: Duration,
    /// How long it ran.
    pub ran: Duration,
    /// How many rows were fetched.
    pub rows: u64,
}

/// Is told of every query, because queries cost money: before it is started, when it has an id, and how it ended.
///
/// A query whose caller goes away is told as ended too. Only a process that is killed leaves one without an end; the next
/// one that picks the query up again tells of it under the same id.
#[async_trait]
pub trait QueryLog: Debug + Send + Sync {
    /// Whether a query that costs money may be started.
    ///
    /// # Errors
    /// [`EngineError::ScanCeiling`] where as much has been scanned today as may be.
    async fn admit(&self, engine: &'static str) -> Result<(), EngineError>;

    /// It has been started, or picked up again, under its id.
    async fn started(&self, query: &QueryAsked);

    /// It has ended.
    async fn ended(&self, query: &QueryAsked, ended: &QueryEnded);
}

/// Admits every query and keeps nothing: for tests and tools.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoQueryLog;

#[async_trait]
impl QueryLog for NoQueryLog {
    async fn admit(&self, _: &'static str) -> Result<(), EngineError> {
        Ok(())
    }

    async fn started(&self, _: &QueryAsked) {}

    async fn ended(&self, _: &QueryAsked, _: &QueryEnded) {}
}

/// A log that is shared.
pub type SharedQueryLog = Arc<dyn QueryLog>;
