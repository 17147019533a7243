//! Bringing billing periods from exports into the store: arrive, ask, read, check, keep, own.
//!
//! The engine and the store meet here and nowhere else. Whatever goes wrong, the version that was served is served
//! still: a load shows itself only by [`store::loads::LoadWriter::publish`], its last step.

pub mod board;
mod charge;
pub(crate) mod columns;
mod error;
mod numbering;
mod period;
pub(crate) mod read;
pub(crate) mod rows;
mod slots;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bill::BillingPeriod;
use bill::principal::SessionFold;
use engine::{Engine, ExportSource, SharedQueryLog};
use futures::FutureExt;
use store::Store;

use crate::clock::Clock;
use board::{RefreshBoard, RefreshOutcome};

pub use error::RefreshError;
pub use period::{Ended, Step};

/// Is told the export, the period and the step that begins.
pub type OnStep = Arc<dyn Fn(&str, BillingPeriod, Step) + Send + Sync>;

/// Reads exports into the store.
#[derive(Clone)]
pub struct Refresher {
    /// Where versions are kept.
    pub store: Store,
    /// What puts the questions.
    pub engine: Engine,
    /// Is told of every question that is put.
    pub query_log: SharedQueryLog,
    /// What is asked.
    pub exports: Vec<ExportSource>,
    /// Sessions that are kept as one.
    pub fold: SessionFold,
    /// The time.
    pub clock: Clock,
    /// Where outcomes are shown.
    pub board: RefreshBoard,
    /// Is told of each step as it begins.
    pub on_step: OnStep,
}

/// What to refresh.
#[derive(Clone, Debug, Default)]
pub struct RefreshRequest {
    /// Only these periods; all that the exports hold where empty.
    pub periods: BTreeSet<BillingPeriod>,
    /// Read again what has not changed.
    pub force: bool,
}

impl Refresher {
    /// Refreshes every export, one period after another. A period that fails does not keep the others back.
    pub async fn refresh(&self, request: &RefreshRequest) -> Vec<RefreshOutcome> {
        let mut outcomes = Vec::new();
        for export in &self.exports {
            outcomes.extend(self.refresh_export(export, request).await);
        }
        outcomes
    }

    async fn refresh_export(&self, export: &ExportSource, request: &RefreshRequest) -> Vec<RefreshOutcome> {
        let discovery = match export.discover().await {
            Ok(discovery) => discovery,
            Err(error) => return vec![self.post(&export.name, "", Err(RefreshError::Engine(error)))],
        };
        let mut outcomes = Vec::new();
        let mut missing = request.periods.clone();
        for problem in &discovery.problems {
            let period = problem.period.map(|period| period.to_string()).unwrap_or_default();
            if problem.period.is_none_or(|period| request.periods.is_empty() || missing.remove(&period)) {
                let reason = RefreshError::Manifest(format!("{}: {}", problem.address, problem.reason));
                outcomes.push(self.post(&export.name, &period, Err(reason)));
            }
        }
        for manifest in &discovery.manifests {
            if request.periods.is_empty() || missing.remove(&manifest.period) {
                let work = AssertUnwindSafe(self.refresh_period(manifest, request.force)).catch_unwind();
                // A panic in a library that reads a damaged file must not end refreshing for good.
                let ended = work.await.unwrap_or_else(|_| Err(RefreshError::Panicked { period: manifest.period }));
                outcomes.push(self.post(&export.name, &manifest.period.to_string(), ended));
            }
        }
        for period in missing {
            let reason = RefreshError::NotInExport { period };
            outcomes.push(self.post(&export.name, &period.to_string(), Err(reason)));
        }
        outcomes
    }

    fn post(&self, export: &str, period: &str, ended: Result<Ended, RefreshError>) -> RefreshOutcome {
        let (result, message) = match &ended {
            Ok(Ended::Unchanged { version }) => ("unchanged", format!("version {version} is what the export holds")),
            Ok(Ended::Published(published)) => (
                "published",
                format!(
                    "version {} with {} Bedrock line items in {} rows",
                    published.version, published.line_items, published.fact_rows
                ),
            ),
            Err(error) => ("failed", sentence(error)),
        };
        match result {
            "failed" => tracing::error!(export, period, message, "refresh failed; what was served is served still"),
            "published" => tracing::info!(export, period, message, "refresh published"),
            _ => tracing::debug!(export, period, message, "nothing to refresh"),
        }
        let outcome = RefreshOutcome {
            export: export.to_owned(),
            period: period.to_owned(),
            result,
            message,
            at: self.clock.now(),
        };
        self.board.post(outcome.clone());
        outcome
    }
}

/// An error with its causes, each once.
pub(crate) fn sentence(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let reason = error.to_string();
        if !sentence.contains(&reason) {
            sentence = format!("{sentence}: {reason}");
        }
        cause = error.source();
    }
    sentence
}
