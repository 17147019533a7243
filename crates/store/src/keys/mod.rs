//! API keys, kept as hashes. Whatever is done to a key is in the audit log, in the same transaction.

mod change;
mod read;

use access::api_key::KeyHash;
use access::{Extent, Grants};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub use self::change::{KeyRotation, RevokedKey, RotatedKey};
use crate::error::StoreError;

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Which one, in answers and in the audit log.
    pub key_id: Uuid,
    /// What people call it.
    pub name: String,
    /// What it allows.
    pub grants: Grants,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who made it, as the audit log names them.
    pub created_by: String,
    /// From when it is refused; never where there is nothing.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last accepted, to the minute or so.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The key that took its place.
    pub replaced_by: Option<Uuid>,
}

/// Whether a key is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It is.
    Active,
    /// Its time is over.
    Expired,
    /// Somebody revoked it.
    Revoked,
}

impl KeyState {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl KeyRecord {
    /// Whether it is accepted at this time.
    pub fn state(&self, now: DateTime<Utc>) -> KeyState {
        if self.revoked_at.is_some() {
            KeyState::Revoked
        } else if self.expires_at.is_some_and(|end| end <= now) {
            KeyState::Expired
        } else {
            KeyState::Active
        }
    }

    /// Whose matter it is: all of what it allows something in.
    pub fn extent(&self) -> Extent {
        extent_of(&self.grants)
    }
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct KeyToCreate {
    /// What people call it.
    pub name: String,
    /// What is kept of its secret.
    pub hash: KeyHash,
    /// What it allows.
    pub grants: Grants,
    /// From when it is refused; never where there is nothing.
    pub expires_at: Option<DateTime<Utc>>,
}

fn extent_of(grants: &Grants) -> Extent {
    grants.iter().fold(Extent::nothing(), |all, (_, extent)| all.union(extent))
}

pub(crate) fn grants_value(grants: &Grants) -> Result<Value, StoreError> {
    serde_json::to_value(grants).map_err(|error| StoreError::Corrupt { what: "grants", value: error.to_string() })
}

pub(crate) fn read_grants(value: Value) -> Result<Grants, StoreError> {
    serde_json::from_value(value).map_err(|error| StoreError::Corrupt { what: "grants", value: error.to_string() })
}

/// A row of `api_key`, without its hash.
struct Row {
    api_key_id: Uuid,
    name: String,
    grants: Value,
    created_at: DateTime<Utc>,
    created_by: String,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    replaced_by: Option<Uuid>,
}

impl TryFrom<Row> for KeyRecord {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            grants: read_grants(row.grants)?,
            key_id: row.api_key_id,
            name: row.name,
            created_at: row.created_at,
            created_by: row.created_by,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
            replaced_by: row.replaced_by,
        })
    }
}
