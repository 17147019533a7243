use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the stand-in was asked to do since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Requests by service and operation, such as `athena.StartQueryExecution` or `s3.GET`, refused ones included.
    pub requests: BTreeMap<String, u64>,
    /// Athena requests that were throttled.
    pub throttled: u64,
    /// Polls whose connection was lost.
    pub polls_lost: u64,
    /// Requests that were refused because their credentials had expired.
    pub expired: u64,
}

/// One query, as [`crate::StandIn::executions`] and `GET /_control` tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionRecord {
    /// Its id.
    pub id: String,
    /// The client's token, which a second start with the same one does not change.
    pub token: Option<String>,
    /// How many StartQueryExecution requests were answered with this id.
    pub starts: u64,
    /// The text as it was given.
    pub query: String,
    /// The parameters as they were given.
    pub parameters: Vec<String>,
    /// `QUEUED`, `RUNNING`, `SUCCEEDED`, `FAILED` or `CANCELLED`.
    pub state: String,
    /// What was read from data files, footers included.
    pub bytes_scanned: u64,
    /// Rows of its result, or rows that it wrote.
    pub rows: u64,
    /// Why it did not succeed.
    pub reason: Option<String>,
}
