//! Drill-downs: what callers ask for, and the lines that are fetched for them.
//!
//! The invariants kept here: the same question about the same load is fetched once; whoever fetches holds a lock that goes with
//! its connection, so that a set whose fetcher died is taken up again; and the rows of a set and its being complete are one
//! transaction. What a reader sees of a set is decided in [`crate::snapshot`], never here.

mod fetch;
mod read;
mod request;
mod sweep;

pub use fetch::{FetchedLine, SetWriter};
pub use read::DrilldownRecord;
pub use request::{LinesToFetch, NewDrilldown, Requested};

/// How far the fetching of lines has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetState {
    /// It waits for its turn.
    Queued,
    /// It is being fetched.
    Running,
    /// All lines are kept.
    Complete,
    /// It came to nothing.
    Failed,
}

impl SetState {
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
        known.ok_or_else(|| crate::StoreError::Corrupt { what: "a state of a drill-down", value: word.to_owned() })
    }
}
