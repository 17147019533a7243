//! What the last refreshes of this process came to, for `/v1/status` and the log.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// The latest outcome for each export and period (or for an export as a whole), shared between the refresh and HTTP.
#[derive(Clone, Debug, Default)]
pub struct RefreshBoard {
    outcomes: Arc<Mutex<BTreeMap<(String, String), RefreshOutcome>>>,
    ownership_failure: Arc<Mutex<Option<String>>>,
}

/// How one refresh of one period ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshOutcome {
    /// The name of the export.
    pub export: String,
    /// The billing period; empty where the export as a whole could not be read.
    pub period: String,
    /// `published`, `unchanged` or `failed`.
    pub result: &'static str,
    /// A sentence: what was published, or why it failed.
    pub message: String,
    /// When it ended.
    pub at: DateTime<Utc>,
}

impl RefreshBoard {
    /// Keeps an outcome in place of the one before it.
    pub fn post(&self, outcome: RefreshOutcome) {
        let key = (outcome.export.clone(), outcome.period.clone());
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(key, outcome);
    }

    /// Keeps why the ownership rules could not be read again, or that they could.
    pub fn post_ownership(&self, failure: Option<String>) {
        *self.ownership_failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    /// Why the ownership rules in force are not those of the file.
    pub fn ownership_failure(&self) -> Option<String> {
        self.ownership_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All outcomes, by export and period.
    pub fn outcomes(&self) -> Vec<RefreshOutcome> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
