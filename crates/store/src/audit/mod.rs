//! The audit log: append-only, each entry hashed together with the one before, so that nothing can be changed or taken out
//! without everything after it showing so.
//!
//! The invariant kept here: what was done and the entry about it are one transaction, and there are no gaps. The database
//! itself refuses to change entries; whoever gets around that is found by [`Store::verify_audit`](crate::Store::verify_audit), and whoever writes the
//! whole log anew is found by a head that was noted somewhere else ([`AuditHead`]).

mod read;
mod record;
mod verify;

use access::audit::ChainHash;
use sqlx::PgConnection;

pub(crate) use self::read::within;
pub use self::read::{AuditEntry, AuditQuestion};
pub(crate) use self::record::record_in;
pub use self::verify::{AuditVerdict, Broken};
use crate::error::{Doing, StoreError};

/// The last entry of the log: who notes it elsewhere can prove later that nothing up to it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// Its number; 0 before the first entry.
    pub sequence: i64,
    /// Its hash.
    pub hash: ChainHash,
}

impl AuditHead {
    /// Before the first entry.
    pub const START: Self = Self { sequence: 0, hash: ChainHash::START };
}

impl std::fmt::Display for AuditHead {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.sequence, self.hash)
    }
}

fn chain_hash(bytes: &[u8]) -> Result<ChainHash, StoreError> {
    let hash = bytes.try_into().map_err(|_| StoreError::Corrupt {
        what: "a hash of the audit log",
        value: format!("{} bytes", bytes.len()),
    })?;
    Ok(ChainHash(hash))
}

async fn head(connection: &mut PgConnection) -> Result<AuditHead, StoreError> {
    let row = sqlx::query!("select sequence, hash from audit_head")
        .fetch_one(connection)
        .await
        .doing("the head of the audit log")?;
    Ok(AuditHead { sequence: row.sequence, hash: chain_hash(&row.hash)? })
}
