//! The single lines that figures are made of, fetched from the export: jobs, a few at a time.
//!
//! What is to be fetched waits in the store ([`store::drilldowns`]); [`DrilldownRunner`] takes one after another. A job whose
//! process dies loses its lock and is taken up again; one that nobody waits for any more is dropped, and the query behind it.
//! As in a refresh, engine and store meet here and know nothing of each other.

mod error;
mod fetch;
mod parameters;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use store::StoreError;
use store::drilldowns::SetWriter;
use tokio::sync::Notify;

use crate::config::DrilldownConfig;
use crate::refresh::{Refresher, sentence};
pub use error::DrilldownError;
pub(crate) use parameters::parameters;

/// How often it is looked for jobs of other instances, and of those that died.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often it is asked whether anybody still waits for what is being fetched.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How often what is old is forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Where drill-downs are handed in. Clones are the same desk.
#[derive(Clone, Debug, Default)]
pub struct DrilldownDesk {
    /// What one caller, and all of them together, may ask for.
    pub limits: DrilldownConfig,
    waiting: Arc<Notify>,
}

impl DrilldownDesk {
    /// With these limits.
    pub fn new(limits: DrilldownConfig) -> Self {
        Self { limits, waiting: Arc::default() }
    }

    /// Tells the runner of this process that something waits.
    pub fn ring(&self) {
        self.waiting.notify_one();
    }
}

/// Fetches what waits.
pub struct DrilldownRunner {
    /// What asks the exports, and where lines are kept.
    pub refresher: Refresher,
    /// Where drill-downs are handed in.
    pub desk: DrilldownDesk,
}

impl DrilldownRunner {
    /// Fetches for as long as it is not dropped. What is being fetched then is left for the next process to take up.
    pub async fn run(&self) {
        let at_once = (0..self.desk.limits.at_once.get()).map(|_| self.work());
        futures::join!(futures::future::join_all(at_once), self.sweep());
    }

    async fn work(&self) {
        loop {
            match self.fetch_next().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(error = sentence(&error), "drill-downs wait for the database"),
            }
            tokio::select! {
                () = self.desk.waiting.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Fetches what waits until nothing does, and tells how many that were.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn work_off(&self) -> Result<usize, StoreError> {
        let mut fetched = 0;
        while self.fetch_next().await? {
            fetched += 1;
        }
        Ok(fetched)
    }

    /// Fetches one set; `false` where none waits.
    async fn fetch_next(&self) -> Result<bool, StoreError> {
        let Some(mut set) = self.refresher.store.take_drilldown().await? else { return Ok(false) };
        let fetched = {
            let id = set.set_id();
            // A panic in a library that reads a damaged file must not end fetching for good.
            let work = AssertUnwindSafe(self.fetch(&mut set)).catch_unwind();
            tokio::select! {
                fetched = work => Some(fetched.unwrap_or(Err(DrilldownError::Panicked))),
                () = self.until_unwanted(id) => None,
            }
        };
        self.end(set, fetched).await?;
        Ok(true)
    }

    async fn end(&self, set: SetWriter, fetched: Option<Result<(), DrilldownError>>) -> Result<(), StoreError> {
        let (id, export, period) = (set.set_id(), set.export.clone(), set.period);
        match fetched {
            Some(Ok(())) => {
                tracing::info!(set = id, export, %period, lines = set.lines(), "lines fetched for a drill-down");
                Ok(())
            }
            Some(Err(error)) => {
                let reason = sentence(&error);
                tracing::error!(set = id, export, %period, reason, "the lines of a drill-down could not be fetched");
                set.fail(&reason, self.refresher.clock.now()).await
            }
            None => {
                tracing::info!(set = id, export, %period, "a drill-down was deleted while it was being fetched");
                set.forget().await
            }
        }
    }

    /// Ends when nobody waits for the set any more.
    async fn until_unwanted(&self, set_id: i64) {
        loop {
            tokio::time::sleep(ASK_EVERY).await;
            if let Ok(false) = self.refresher.store.is_drilldown_wanted(set_id).await {
                return;
            }
        }
    }

    async fn sweep(&self) {
        loop {
            let now = self.refresher.clock.now();
            if let Err(error) = self.refresher.store.sweep_drilldowns(self.desk.limits.keep, now).await {
                tracing::info!(error = sentence(&error), "old drill-downs are forgotten later");
            }
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }
}
