use std::net::IpAddr;

use access::Extent;
use access::audit::{ChainHash, Entry};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use serde_json::Value;
use sqlx::Connection;

use super::{AuditHead, chain_hash, head};
use crate::error::{Doing, StoreError};
use crate::store::Store;

/// What a reading of the whole log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every entry fits the one before, up to the head.
    Intact(AuditHead),
    /// Something was changed, put in or taken out.
    Broken(Broken),
}

/// Where the chain is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry is not what its hash was made of.
    #[error("entry {sequence} is not what was written: it does not fit its hash")]
    Changed {
        /// The first such entry.
        sequence: i64,
    },
    /// Entries are missing.
    #[error("entry {expected} is missing: entry {found} comes next")]
    Gap {
        /// The first that is missing.
        expected: i64,
        /// What is there instead.
        found: i64,
    },
    /// The log ends elsewhere than its head says.
    #[error("the log ends with entry {last}, its head says {head}: entries were taken from the end, or put there")]
    HeadDisagrees {
        /// The last entry that is there.
        last: AuditHead,
        /// What the head says.
        head: AuditHead,
    },
    /// An entry that was noted elsewhere is another one now.
    #[error("the log was written anew: entry {sequence} was {expected} when it was noted, and is {found} now",
            sequence = expected.sequence, expected = expected.hash, found = found)]
    NotAsNoted {
        /// What was noted.
        expected: AuditHead,
        /// The hash of that entry now.
        found: ChainHash,
    },
    /// The log is shorter than when it was noted.
    #[error("the log was cut: it had {sequence} entries when it was noted, and ends with {last} now",
            sequence = expected.sequence)]
    ShorterThanNoted {
        /// What was noted.
        expected: AuditHead,
        /// The last entry that is there.
        last: AuditHead,
    },
}

impl Store {
    /// Reads the whole log from its beginning and names the first entry that is not what was written. With a head that was
    /// noted elsewhere, proves as well that the log up to there is still the same.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn verify_audit(&self, noted: Option<AuditHead>) -> Result<AuditVerdict, StoreError> {
        let mut connection = self.writer_connection().await?;
        // Head and entries must be of one moment: others go on writing.
        let mut transaction = connection
            .begin_with("begin isolation level repeatable read read only")
            .await
            .doing("the verification of the audit log")?;
        let head = head(&mut transaction).await?;
        let mut rows = sqlx::query_as!(
            Row,
            "select sequence, at, action, caller, address, object, extent, details, hash
               from audit_entry
              order by sequence"
        )
        .fetch(&mut *transaction);
        let mut walk = Walk { last: AuditHead::START, noted };
        while let Some(row) = rows.try_next().await.doing("the verification of the audit log")? {
            if let Err(broken) = walk.step(&row) {
                return Ok(AuditVerdict::Broken(broken));
            }
        }
        Ok(walk.end(head).map_or_else(AuditVerdict::Broken, AuditVerdict::Intact))
    }
}

struct Row {
    sequence: i64,
    at: DateTime<Utc>,
    action: String,
    caller: String,
    address: Option<String>,
    object: Option<String>,
    extent: Value,
    details: Value,
    hash: Vec<u8>,
}

impl Row {
    /// Its hash, if it is what a hash can be made of and if that is the hash it carries.
    fn sealed_after(&self, previous: ChainHash) -> Option<ChainHash> {
        let extent: Extent = serde_json::from_value(self.extent.clone()).ok()?;
        let address: Option<IpAddr> = self.address.as_deref().map(str::parse).transpose().ok()?;
        // Another spelling of the same is a change as well.
        let is_spelled_as_written = serde_json::to_value(&extent).ok()? == self.extent
            && address.map(|address| address.to_string()) == self.address;
        let entry = Entry {
            sequence: self.sequence,
            at: self.at,
            action: &self.action,
            caller: &self.caller,
            address,
            object: self.object.as_deref(),
            extent: &extent,
            details: &self.details,
        };
        let hash = previous.next(&entry);
        (is_spelled_as_written && chain_hash(&self.hash).ok()? == hash).then_some(hash)
    }
}

struct Walk {
    last: AuditHead,
    noted: Option<AuditHead>,
}

impl Walk {
    fn step(&mut self, row: &Row) -> Result<(), Broken> {
        self.compare_with_noted()?;
        let expected = self.last.sequence + 1;
        if row.sequence != expected {
            return Err(Broken::Gap { expected, found: row.sequence });
        }
        let hash = row.sealed_after(self.last.hash).ok_or(Broken::Changed { sequence: row.sequence })?;
        self.last = AuditHead { sequence: row.sequence, hash };
        Ok(())
    }

    fn compare_with_noted(&self) -> Result<(), Broken> {
        match self.noted {
            Some(noted) if noted.sequence == self.last.sequence && noted.hash != self.last.hash => {
                Err(Broken::NotAsNoted { expected: noted, found: self.last.hash })
            }
            _ => Ok(()),
        }
    }

    fn end(self, head: AuditHead) -> Result<AuditHead, Broken> {
        self.compare_with_noted()?;
        if head != self.last {
            return Err(Broken::HeadDisagrees { last: self.last, head });
        }
        match self.noted {
            Some(expected) if expected.sequence > head.sequence => {
                Err(Broken::ShorterThanNoted { expected, last: head })
            }
            _ => Ok(head),
        }
    }
}
