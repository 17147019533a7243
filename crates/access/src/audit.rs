//! The audit log: what leaves a trace, and how entries are chained so that none can be changed or removed unnoticed.

use std::net::IpAddr;

use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Caller, Extent};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditAction {
    /// Credentials were presented and not accepted.
    SignInRefused,
    /// Somebody signed in with a browser.
    SignedIn,
    /// Somebody signed out.
    SignedOut,
    /// A caller asked for something that they may not do.
    AccessRefused,
    /// An API key was made.
    KeyCreated,
    /// An API key was replaced by a new one.
    KeyRotated,
    /// An API key was revoked.
    KeyRevoked,
    /// The ownership rules in force were changed.
    RulesChanged,
    /// A refresh was asked for by hand.
    RefreshRequested,
    /// A drill-down was asked for.
    DrilldownRequested,
    /// The persons behind pseudonyms were shown.
    IdentityRevealed,
    /// Costs were exported.
    CostsExported,
    /// A webhook was made.
    WebhookCreated,
    /// A webhook was deleted.
    WebhookDeleted,
    /// A webhook was given a new secret.
    WebhookSecretRotated,
    /// A webhook that was disabled is sent to again.
    WebhookEnabled,
    /// A webhook was tried out.
    WebhookTested,
    /// A message was sent to a webhook again.
    WebhookReplayed,
}

impl AuditAction {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::SignInRefused,
        Self::SignedIn,
        Self::SignedOut,
        Self::AccessRefused,
        Self::KeyCreated,
        Self::KeyRotated,
        Self::KeyRevoked,
        Self::RulesChanged,
        Self::RefreshRequested,
        Self::DrilldownRequested,
        Self::IdentityRevealed,
        Self::CostsExported,
        Self::WebhookCreated,
        Self::WebhookDeleted,
        Self::WebhookSecretRotated,
        Self::WebhookEnabled,
        Self::WebhookTested,
        Self::WebhookReplayed,
    ];

    /// The word in the log: stable, made to branch on.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignInRefused => "sign_in.refused",
            Self::SignedIn => "sign_in.accepted",
            Self::SignedOut => "sign_out",
            Self::AccessRefused => "access.refused",
            Self::KeyCreated => "key.created",
            Self::KeyRotated => "key.rotated",
            Self::KeyRevoked => "key.revoked",
            Self::RulesChanged => "rules.changed",
            Self::RefreshRequested => "refresh.requested",
            Self::DrilldownRequested => "drilldown.requested",
            Self::IdentityRevealed => "identity.revealed",
            Self::CostsExported => "costs.exported",
            Self::WebhookCreated => "webhook.created",
            Self::WebhookDeleted => "webhook.deleted",
            Self::WebhookSecretRotated => "webhook.secret_rotated",
            Self::WebhookEnabled => "webhook.enabled",
            Self::WebhookTested => "webhook.tested",
            Self::WebhookReplayed => "webhook.replayed",
        }
    }
}

/// Something that happened, to be written down.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub action: AuditAction,
    /// Who, as [`Caller::audit_name`] has it.
    pub caller: String,
    /// From where, where it came over the network.
    pub address: Option<IpAddr>,
    /// What it was done to: the id of a key, the path of a request.
    pub object: Option<String>,
    /// Whose matter it is: readers of a part of the log see what lies within their part.
    pub extent: Extent,
    /// Everything else that a reader needs, secrets left out.
    pub details: Value,
}

impl AuditEvent {
    /// What a caller did to the whole organisation's data.
    pub fn new(at: DateTime<Utc>, action: AuditAction, caller: &Caller) -> Self {
        Self {
            at,
            action,
            caller: caller.audit_name(),
            address: None,
            object: None,
            extent: Extent::Everything,
            details: Value::Null,
        }
    }
}

/// The hash of an entry, which contains the hash of the one before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash(pub [u8; 32]);

/// What is hashed: every field of an entry, under a name, in a fixed order.
#[derive(Serialize)]
struct Sealed<'e> {
    sequence: i64,
    previous: String,
    at: String,
    action: &'e str,
    caller: &'e str,
    address: Option<String>,
    object: Option<&'e str>,
    extent: &'e Extent,
    details: &'e Value,
}

/// An entry as it is read back, to be sealed or verified.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'e> {
    /// Counted from 1, without gaps.
    pub sequence: i64,
    /// When, in whole microseconds.
    pub at: DateTime<Utc>,
    /// The word of an [`AuditAction`].
    pub action: &'e str,
    /// Who.
    pub caller: &'e str,
    /// From where.
    pub address: Option<IpAddr>,
    /// What it was done to.
    pub object: Option<&'e str>,
    /// Whose matter it is.
    pub extent: &'e Extent,
    /// Everything else.
    pub details: &'e Value,
}

impl ChainHash {
    /// What the first entry follows.
    pub const START: Self = Self([0; 32]);

    /// The hash of an entry that follows this one. Times count in microseconds, as the database keeps them; maps in the
    /// details are sorted by key, so the database may keep them in any order.
    pub fn next(self, entry: &Entry<'_>) -> Self {
        let sealed = Sealed {
            sequence: entry.sequence,
            previous: self.to_string(),
            at: entry.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            action: entry.action,
            caller: entry.caller,
            address: entry.address.map(|address| address.to_string()),
            object: entry.object,
            extent: entry.extent,
            details: entry.details,
        };
        // Nothing in it can fail to be written as JSON: all keys are texts and there are no floats.
        let text = serde_json::to_vec(&sealed).unwrap_or_default();
        Self(Sha256::digest(&text).into())
    }
}

impl std::fmt::Display for ChainHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for ChainHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ChainHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_of_any_field_changes_the_hash() {
        let at: DateTime<Utc> = "2026-11-24T12:00:00.123456Z".parse().expect("a time");
        let (extent, other_extent) = (Extent::Everything, Extent::of_team("ds"));
        let (details, other_details) = (json!({"b": 1, "a": [2]}), json!({"b": 1, "a": [3]}));
        let entry = Entry {
            sequence: 1,
            at,
            action: "key.created",
            caller: "command_line:command-line",
            address: None,
            object: Some("key"),
            extent: &extent,
            details: &details,
        };
        let changed = [
            Entry { sequence: 2, ..entry },
            Entry { at: at + chrono::Duration::microseconds(1), ..entry },
            Entry { action: "key.revoked", ..entry },
            Entry { caller: "anonymous:anonymous", ..entry },
            Entry { address: Some(IpAddr::from([127, 0, 0, 1])), ..entry },
            Entry { object: None, ..entry },
            Entry { extent: &other_extent, ..entry },
            Entry { details: &other_details, ..entry },
        ];
        let hash = ChainHash::START.next(&entry);
        assert_eq!(hash, ChainHash::START.next(&entry));
        assert_ne!(hash, hash.next(&entry), "what went before is part of it");
        for changed in changed {
            assert_ne!(hash, ChainHash::START.next(&changed), "{changed:?}");
        }
    }
}
