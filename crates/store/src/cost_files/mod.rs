//! Cost files: what callers ask for, and the bytes that are written for them.
//!
//! The invariants kept here: a file is of one data version and of what its caller might see; the same is written once for the
//! same caller; whoever writes holds a lock that goes with its connection, so that a file whose writer died is taken up again,
//! a few times; and nobody reads a piece of a file that is not complete.

mod read;
mod request;
mod sweep;
mod write;

use access::Sight;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub use request::{FileRequested, NewCostFile};
pub use write::{FileWriter, Written};

/// How long the pieces of a file are, but for the last.
pub const PART_BYTES: usize = 256 << 10;

/// How far a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It waits for its turn.
    Queued,
    /// It is being written.
    Running,
    /// It can be fetched.
    Complete,
    /// It came to nothing.
    Failed,
}

impl FileState {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Failed => "failed",
        }
    }

    fn read(word: &str) -> Result<Self, crate::StoreError> {
        let states = [Self::Queued, Self::Running, Self::Complete, Self::Failed];
        let known = states.into_iter().find(|state| state.as_str() == word);
        known.ok_or_else(|| crate::StoreError::Corrupt { what: "a state of a cost file", value: word.to_owned() })
    }
}

/// A file that one caller asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct CostFileRecord {
    /// Its id.
    pub cost_file_id: Uuid,
    /// The query string that asks the same of `/v1/costs`.
    pub question: String,
    /// What the caller might see when they asked.
    pub sight: Sight,
    /// The data version that it is of.
    pub data_version: i64,
    /// `csv`, `ndjson` or `parquet`.
    pub format: String,
    /// How far it has come.
    pub state: FileState,
    /// Why it failed.
    pub failure: Option<String>,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When it was complete, or failed.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it is forgotten; `None` until it is finished.
    pub expires_at: Option<DateTime<Utc>>,
    /// The file, where it is complete.
    pub content: Option<FileContent>,
}

/// What is known of a file that is complete.
#[derive(Clone, Debug, PartialEq)]
pub struct FileContent {
    /// What it is called, without the end that says the format.
    pub name: String,
    /// What is said about it in headers, by their names.
    pub told: Value,
    /// Its rows.
    pub rows: i64,
    /// Its length.
    pub bytes: i64,
    /// SHA-256 of it.
    pub digest: [u8; 32],
}
