//! Refreshes as resources: asked for by anyone who may, done by one instance of many, watched from every one.
//!
//! ```text
//! queued ─ running ─┬─ succeeded
//!    │        │     └─ failed
//!    │        └─ abandoned (its process ended) ─ running again, elsewhere or after a restart
//!    └── asking for what is queued or running gives that one
//! ```
//!
//! Whoever does a refresh holds an advisory lock on its id ([`RefreshLease`]). The lock goes with the connection of a process
//! that is killed, so a refresh that is running and not locked is abandoned.

mod claim;
mod lease;
mod read;
mod request;
mod schedule;

use std::collections::BTreeSet;

use bill::{Amount, BillingPeriod};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use lease::{PartEnd, PartProgress, RefreshLease};
pub use request::{RefreshToRequest, Requested};

/// What a refresh is asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// An instance that starts.
    Start,
    /// The schedule.
    Schedule,
    /// A caller, over HTTP.
    Caller,
    /// Somebody at the command line.
    CommandLine,
}

impl Occasion {
    const ALL: [Self; 4] = [Self::Start, Self::Schedule, Self::Caller, Self::CommandLine];

    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Schedule => "schedule",
            Self::Caller => "caller",
            Self::CommandLine => "command_line",
        }
    }

    /// Whether nobody in particular wants it: then what failed is not tried again and again at a price.
    pub fn is_automatic(self) -> bool {
        matches!(self, Self::Start | Self::Schedule)
    }
}

/// How far a refresh is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshState {
    /// Nobody does it yet.
    Queued,
    /// Somebody does it.
    Running,
    /// It is over, and no period failed.
    Succeeded,
    /// It is over, and a period failed.
    Failed,
    /// Its process ended before it did. It is taken up again.
    Abandoned,
}

impl RefreshState {
    const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Abandoned];

    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    /// Whether nothing about it changes any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// A refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshRecord {
    /// Which one.
    pub refresh_id: Uuid,
    /// What it was asked for by.
    pub occasion: Occasion,
    /// Who asked, as the audit log names them; `None` where the service itself did.
    pub requested_by: Option<String>,
    /// Only these periods; all where empty.
    pub periods: BTreeSet<BillingPeriod>,
    /// Whether what has not changed is read again.
    pub force: bool,
    /// How far it is.
    pub state: RefreshState,
    /// How often it was taken up.
    pub attempts: i32,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was first taken up.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub finished_at: Option<DateTime<Utc>>,
    /// What it does to each period of each export, by export and period.
    pub parts: Vec<RefreshPart>,
}

/// What a refresh does to one period of one export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshPart {
    /// The name of the export.
    pub export: String,
    /// The billing period; `None` where the export as a whole could not be read.
    pub period: Option<BillingPeriod>,
    /// `embedded` or `athena`.
    pub engine: Option<String>,
    /// The step that was begun last.
    pub step: Option<String>,
    /// Rows of the answer that have been read.
    pub rows: i64,
    /// `published`, `unchanged` or `failed`; `None` while it is not over.
    pub result: Option<String>,
    /// The result as a sentence, which may quote any line of the bill.
    pub message: Option<String>,
    /// The version that was published, or that is what the export holds.
    pub version: Option<i32>,
    /// Bedrock lines of the bill that were counted in.
    pub line_items: Option<i64>,
    /// Rows kept.
    pub fact_rows: Option<i64>,
    /// What the control question counted.
    pub totals: Vec<CurrencyTotal>,
    /// When AWS wrote the manifest that was found.
    pub manifest_written_at: Option<DateTime<Utc>>,
    /// When its first step began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Bytes that its queries have read, as far as engines say so.
    pub scanned_bytes: Option<i64>,
    /// What its queries cost, in US dollars; `None` where nothing is charged.
    pub price: Option<Amount>,
}

/// What the bill of a period comes to in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyTotal {
    /// The currency.
    pub currency: String,
    /// The whole bill.
    pub bill_total: Amount,
    /// Amazon Bedrock's share.
    pub bedrock_total: Amount,
}

fn first_days(periods: &BTreeSet<BillingPeriod>) -> Vec<NaiveDate> {
    periods.iter().map(|period| period.first_day()).collect()
}

fn periods_of(days: Vec<NaiveDate>) -> BTreeSet<BillingPeriod> {
    days.into_iter().map(BillingPeriod::containing).collect()
}
