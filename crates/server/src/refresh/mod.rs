//! Bringing billing periods from exports into the store: arrive, ask, read, check, keep, own.
//!
//! The engine and the store meet here and nowhere else. Whatever goes wrong, the version that was served is served
//! still: a load shows itself only by [`store::loads::LoadWriter::publish`], its last step.

pub mod board;
mod charge;
mod choose;
pub(crate) mod columns;
mod error;
mod numbering;
mod period;
mod progress;
mod query_ledger;
pub(crate) mod read;
pub(crate) mod rows;
mod slots;
mod worker;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bill::BillingPeriod;
use bill::principal::SessionFold;
use chrono::{DateTime, Utc};
use engine::{Discovery, Engine, ExportSource, Manifest, SharedQueryLog};
use futures::FutureExt;
use store::Store;
use store::refreshes::PartEnd;

use self::choose::Choice;
use self::progress::{Listener, News};
use crate::clock::Clock;
use board::{RefreshBoard, RefreshOutcome};

pub(crate) use error::sentence;

pub use error::RefreshError;
pub use period::{Ended, Step};
pub use query_ledger::QueryLedger;
pub use worker::{Worker, wait_for_end};

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
    /// Nobody in particular asks for it: an older month that could not be read a short while ago is left alone.
    pub automatic: bool,
    /// What this refresh has published already, before its process ended: that is left as it is.
    pub published: BTreeSet<(String, BillingPeriod)>,
}

impl Refresher {
    /// Refreshes every export, one period after another. A period that fails does not keep the others back.
    pub async fn refresh(&self, request: &RefreshRequest) -> Vec<RefreshOutcome> {
        self.refresh_heard(request, &Listener::default()).await
    }

    /// The same, telling somebody how far it is.
    async fn refresh_heard(&self, request: &RefreshRequest, listener: &Listener) -> Vec<RefreshOutcome> {
        let mut outcomes = Vec::new();
        for export in &self.exports {
            outcomes.extend(self.refresh_export(export, request, listener).await);
        }
        outcomes
    }

    async fn refresh_export(
        &self,
        export: &ExportSource,
        request: &RefreshRequest,
        listener: &Listener,
    ) -> Vec<RefreshOutcome> {
        let post = |period, ended| self.post(&export.name, period, ended, listener);
        let discovery = match export.discover().await {
            Ok(discovery) => discovery,
            Err(error) => return vec![post(None, Err(RefreshError::Engine(error)))],
        };
        let mut outcomes = Vec::new();
        let mut missing = request.periods.clone();
        for problem in &discovery.problems {
            if problem.period.is_none_or(|period| request.periods.is_empty() || missing.remove(&period)) {
                let reason = RefreshError::Manifest(format!("{}: {}", problem.address, problem.reason));
                outcomes.push(post(problem.period, Err(reason)));
            }
        }
        let mut chosen = Vec::new();
        for (manifest, choice) in self.choices(export, &discovery, request).await {
            let _ = missing.remove(&manifest.period);
            match choice {
                Choice::Leave => {}
                Choice::Unchanged(version) => {
                    outcomes.push(post(Some(manifest.period), Ok(Ended::Unchanged { version })));
                }
                Choice::Read => chosen.push(manifest),
            }
        }
        let periods = chosen.iter().map(|manifest| (manifest.period, manifest.written_at)).collect();
        listener.tell(News::Found { export: export.name.clone(), periods });
        for manifest in chosen {
            let work = AssertUnwindSafe(self.refresh_period(manifest, request.force, listener)).catch_unwind();
            // A panic in a library that reads a damaged file must not end refreshing for good.
            let ended = work.await.unwrap_or_else(|_| Err(RefreshError::Panicked { period: manifest.period }));
            outcomes.push(post(Some(manifest.period), ended));
        }
        outcomes
            .extend(missing.into_iter().map(|period| post(Some(period), Err(RefreshError::NotInExport { period }))));
        outcomes
    }

    /// What is to be done about each delivery that is asked for. One look at the store tells: an export that has not changed
    /// costs nothing but its listing.
    async fn choices<'d>(
        &self,
        export: &ExportSource,
        discovery: &'d Discovery,
        request: &RefreshRequest,
    ) -> Vec<(&'d Manifest, Choice)> {
        let known = self.store.known_deliveries(&export.name).await.unwrap_or_else(|error| {
            // Whoever begins to read a period finds the database away too, and says so for that period.
            tracing::debug!(%error, "what was read before is not known");
            Vec::new()
        });
        let asked_for = |manifest: &&Manifest| request.periods.is_empty() || request.periods.contains(&manifest.period);
        let now = self.clock.now();
        let manifests = discovery.manifests.iter().filter(asked_for);
        manifests.map(|manifest| (manifest, choose::choose(manifest, request, &known, now))).collect()
    }

    fn post(
        &self,
        export: &str,
        period: Option<BillingPeriod>,
        ended: Result<Ended, RefreshError>,
        listener: &Listener,
    ) -> RefreshOutcome {
        let end = part_end(&ended, self.clock.now());
        let period_text = period.map(|period| period.to_string()).unwrap_or_default();
        let message = end.message.as_str();
        match end.result {
            "failed" => {
                tracing::error!(
                    export,
                    period = period_text,
                    message,
                    "refresh failed; what was served is served still"
                );
            }
            "published" => tracing::info!(export, period = period_text, message, "refresh published"),
            _ => tracing::debug!(export, period = period_text, message, "nothing to refresh"),
        }
        let outcome = RefreshOutcome {
            export: export.to_owned(),
            period: period_text,
            result: end.result,
            message: end.message.clone(),
            at: end.at,
        };
        listener.tell(News::Ended { export: export.to_owned(), period, end });
        self.board.post(outcome.clone());
        outcome
    }
}

fn part_end(ended: &Result<Ended, RefreshError>, at: DateTime<Utc>) -> PartEnd {
    let empty = PartEnd {
        result: "failed",
        message: String::new(),
        reason: None,
        version: None,
        line_items: None,
        fact_rows: None,
        at,
    };
    match ended {
        Ok(Ended::Unchanged { version }) => PartEnd {
            result: "unchanged",
            message: format!("version {version} is what the export holds"),
            version: Some(*version),
            ..empty
        },
        Ok(Ended::Published(published)) => PartEnd {
            result: "published",
            message: format!(
                "version {} with {} Bedrock line items in {} rows",
                published.version, published.line_items, published.fact_rows
            ),
            version: Some(published.version),
            line_items: Some(published.line_items),
            fact_rows: Some(published.fact_rows),
            ..empty
        },
        Err(error) => PartEnd { message: sentence(error), reason: Some(error.reason()), ..empty },
    }
}
