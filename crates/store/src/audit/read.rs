use access::Extent;
use access::audit::AuditAction;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::AuditHead;
use crate::error::{Doing, StoreError};
use crate::store::Store;

/// An entry of the log, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Counted from 1.
    pub sequence: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What happened: the word of an [`AuditAction`].
    pub action: String,
    /// Who did it.
    pub caller: String,
    /// From where.
    pub address: Option<String>,
    /// What it was done to.
    pub object: Option<String>,
    /// Whose matter it is.
    pub extent: Extent,
    /// Everything else.
    pub details: Value,
}

/// Which entries are asked for; newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditQuestion {
    /// Entries that are a matter of this, and of nothing else.
    pub within: Extent,
    /// Of one kind.
    pub action: Option<AuditAction>,
    /// By one caller, as the log names them.
    pub caller: Option<String>,
    /// Done to one thing.
    pub object: Option<String>,
    /// Not before this time.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
    /// Older than the entry of this number.
    pub before: Option<i64>,
    /// At most this many.
    pub limit: i64,
}

impl AuditQuestion {
    /// The newest entries.
    pub fn newest(within: Extent, limit: i64) -> Self {
        Self { within, action: None, caller: None, object: None, from: None, until: None, before: None, limit }
    }
}

impl Store {
    /// The entries that are asked for, newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn audit_entries(&self, question: &AuditQuestion) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = sqlx::query_file!(
            "src/audit/entries.sql",
            within(&question.within)?,
            question.action.map(AuditAction::as_str),
            question.caller,
            question.object,
            question.from,
            question.until,
            question.before,
            question.limit,
        )
        .fetch_all(&self.pool)
        .await
        .doing("entries of the audit log")?;
        rows.into_iter()
            .map(|row| {
                Ok(AuditEntry {
                    extent: read_extent(row.extent)?,
                    sequence: row.sequence,
                    at: row.at,
                    action: row.action,
                    caller: row.caller,
                    address: row.address,
                    object: row.object,
                    details: row.details,
                })
            })
            .collect()
    }

    /// The last entry of the log.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        let mut connection = self.pool.acquire().await.doing("the head of the audit log")?;
        super::head(&mut connection).await
    }
}

/// What an extent must lie within, as the database compares it: null for everything.
pub(crate) fn within(extent: &Extent) -> Result<Option<Value>, StoreError> {
    if *extent == Extent::Everything {
        return Ok(None);
    }
    serde_json::to_value(extent)
        .map(Some)
        .map_err(|error| StoreError::Corrupt { what: "an extent", value: error.to_string() })
}

fn read_extent(value: Value) -> Result<Extent, StoreError> {
    serde_json::from_value(value).map_err(|error| StoreError::Corrupt { what: "an extent", value: error.to_string() })
}
