//! The log of events: what the service tells whoever watches it, kept for 30 days.
//!
//! The invariant kept here: an event and what it tells of are one transaction. Events are read in the order in which they
//! are numbered, and nothing that is numbered lower becomes visible later.

mod read;
mod record;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub use read::EventTail;
pub(crate) use record::{NewEvent, record_in};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// Another data version is served: a load was published, or other rules came into force.
    DataVersionPublished,
    /// A refresh is over, and a part of it failed.
    RefreshFailed,
    /// A load does not add up to the bill; it is not served.
    TieOutFailed,
}

impl EventKind {
    /// All of them, in the order in which they are documented.
    pub const ALL: [Self; 3] = [Self::DataVersionPublished, Self::RefreshFailed, Self::TieOutFailed];

    /// The word in answers: stable, made to branch on.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataVersionPublished => "data.version.published",
            Self::RefreshFailed => "refresh.failed",
            Self::TieOutFailed => "tie_out.failed",
        }
    }

    /// The event of this name.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An event of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRecord {
    /// Which one.
    pub event_id: Uuid,
    /// Its place in the log.
    pub sequence: i64,
    /// What happened.
    pub kind: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What there is to say about it: no amount, and no person.
    pub payload: Value,
}
