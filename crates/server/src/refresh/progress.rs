//! What a refresh tells of itself while it goes on, and how that is kept for whoever watches it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bill::BillingPeriod;
use chrono::{DateTime, Utc};
use store::StoreError;
use store::refreshes::{CurrencyTotal, PartEnd, PartProgress, RefreshLease};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::MissedTickBehavior;

use super::Step;
use crate::clock::Clock;

/// How often progress is written down: a watcher sees it move, and the database hardly notices.
const WRITTEN_EVERY: Duration = Duration::from_millis(500);
/// How often the lock is proved to be held while there is nothing to write, in such intervals.
const PROVED_EVERY: u32 = 10;

/// Something that a refresh tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// These periods will be looked at, with when their manifests were written.
    Found { export: String, periods: Vec<(BillingPeriod, DateTime<Utc>)> },
    /// A step begins.
    Step { export: String, period: BillingPeriod, step: Step },
    /// The control question is answered.
    Totals { export: String, period: BillingPeriod, totals: Vec<CurrencyTotal> },
    /// So many rows of daily cost have been read.
    Rows { export: String, period: BillingPeriod, rows: i64 },
    /// It is over with a period, or with an export as a whole.
    Ended { export: String, period: Option<BillingPeriod>, end: PartEnd },
}

/// Somebody who is told, or nobody.
#[derive(Clone, Debug, Default)]
pub(super) struct Listener(Option<UnboundedSender<News>>);

impl Listener {
    pub(super) fn new(sender: UnboundedSender<News>) -> Self {
        Self(Some(sender))
    }

    pub(super) fn tell(&self, news: News) {
        if let Some(sender) = &self.0 {
            // Where nobody listens any more, the refresh is given up this very moment.
            sender.send(news).ok();
        }
    }
}

/// Writes down what a refresh tells until it has nothing more to tell, and hands the lease back.
///
/// # Errors
/// Where the lease is lost.
pub(super) async fn keep(
    mut lease: RefreshLease,
    mut news: UnboundedReceiver<News>,
    engine: &'static str,
    clock: Clock,
) -> Result<RefreshLease, StoreError> {
    let mut notes = Notes { engine, ..Notes::default() };
    let mut interval = tokio::time::interval(WRITTEN_EVERY);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut quiet = 0;
    loop {
        tokio::select! {
            told = news.recv() => match told {
                Some(told) => notes.take(told, clock.now()),
                None => {
                    lease.write_parts(notes.changed()).await?;
                    return Ok(lease);
                }
            },
            _ = interval.tick() => {
                if notes.changed.is_empty() {
                    quiet += 1;
                    if quiet % PROVED_EVERY == 0 {
                        lease.prove().await?;
                    }
                    continue;
                }
                quiet = 0;
                lease.write_parts(notes.changed()).await?;
                notes.changed.clear();
            }
        }
    }
}

type Key = (String, Option<BillingPeriod>);

/// What has been told so far.
#[derive(Default)]
struct Notes {
    engine: &'static str,
    parts: BTreeMap<Key, PartProgress>,
    /// What has not been written down yet.
    changed: BTreeSet<Key>,
}

impl Notes {
    fn take(&mut self, news: News, now: DateTime<Utc>) {
        match news {
            News::Found { export, periods } => {
                for (period, written_at) in periods {
                    self.part(&export, Some(period)).manifest_written_at = Some(written_at);
                }
            }
            News::Step { export, period, step } => {
                let part = self.part(&export, Some(period));
                part.step = Some(step.as_str());
                part.started_at.get_or_insert(now);
            }
            News::Totals { export, period, totals } => self.part(&export, Some(period)).totals = totals,
            News::Rows { export, period, rows } => self.part(&export, Some(period)).rows = rows,
            News::Ended { export, period, end } => self.part(&export, period).end = Some(end),
        }
    }

    /// A part that is about to change.
    fn part(&mut self, export: &str, period: Option<BillingPeriod>) -> &mut PartProgress {
        let key = (export.to_owned(), period);
        self.changed.insert(key.clone());
        self.parts.entry(key).or_insert_with(|| PartProgress {
            export: export.to_owned(),
            period,
            engine: self.engine,
            step: None,
            rows: 0,
            totals: Vec::new(),
            manifest_written_at: None,
            started_at: None,
            end: None,
        })
    }

    fn changed(&self) -> impl Iterator<Item = &PartProgress> {
        self.changed.iter().filter_map(|key| self.parts.get(key))
    }
}
