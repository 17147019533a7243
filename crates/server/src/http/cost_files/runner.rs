//! Writes the files that wait, a few at a time.
//!
//! A job whose process dies loses its lock and is taken up again, by this instance or another; one that its caller has deleted is
//! dropped, and the query behind it.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::BoxError;
use futures::FutureExt;
use serde_json::{Map, Value};
use store::cost_files::{FileWriter, Written};
use store::snapshot::AsOf;
use store::{Store, StoreError};

use super::CostFileDesk;
use crate::clock::Clock;
use crate::http::as_of::not_served;
use crate::http::costs::export;
use crate::http::format::Format;
use crate::http::grammar::CostsQuery;
use crate::http::problem::{Problem, chain};

/// How often it is looked for files of other instances, and of those that died.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often it is asked whether the caller still waits for what is being written.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How often what is old is forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Writes what waits.
pub struct CostFileRunner {
    /// What costs are read from, and where files are kept.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Where files are handed in.
    pub desk: CostFileDesk,
}

/// Why a file could not be written. Each is a sentence for whoever asked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Said(String),
    #[error("the rows could not be read to the end; ask for the file again")]
    Broken(#[source] BoxError),
    #[error(
        "the file would have more than {limit} bytes, the most that are kept (`[cost_files] max_bytes`); group by fewer \
         dimensions, filter, or ask for a shorter time"
    )]
    TooLong { limit: u64 },
    #[error("the writing ended in a fault of the program, which the log describes; please report it")]
    Panicked,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Said(problem.detail().to_owned())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Broken(error.into())
    }
}

impl CostFileRunner {
    /// Writes for as long as it is not dropped. What is being written then is left for the next process to take up.
    pub async fn run(&self) {
        let at_once = (0..self.desk.limits.at_once.get()).map(|_| self.work());
        futures::join!(futures::future::join_all(at_once), self.sweep());
    }

    async fn work(&self) {
        loop {
            match self.write_next().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(error = chain(&error), "cost files wait for the database"),
            }
            tokio::select! {
                () = self.desk.rung() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Writes what waits until nothing does, and tells how many files that were.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn work_off(&self) -> Result<usize, StoreError> {
        let mut written = 0;
        while self.write_next().await? {
            written += 1;
        }
        Ok(written)
    }

    /// Forgets what has expired or was deleted.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sweep_once(&self) -> Result<(), StoreError> {
        self.store.sweep_cost_files(self.clock.now()).await
    }

    /// Writes one file; `false` where none waits.
    async fn write_next(&self) -> Result<bool, StoreError> {
        let (keep, now) = (self.desk.limits.keep, self.clock.now());
        let Some(mut file) = self.store.take_cost_file(keep, now).await? else { return Ok(false) };
        let id = file.cost_file_id;
        let written = {
            // A panic must not end writing for good.
            let work = AssertUnwindSafe(self.write(&mut file)).catch_unwind();
            tokio::select! {
                written = work => Some(written.unwrap_or(Err(Failure::Panicked))),
                () = self.until_unwanted(id) => None,
            }
        };
        match written {
            Some(Ok(written)) => {
                file.finish(&written, keep, self.clock.now()).await?;
                tracing::info!(file = %id, rows = written.rows, bytes = file.bytes(), "a cost file is complete");
            }
            Some(Err(failure)) => {
                tracing::error!(file = %id, cause = chain(&failure), "a cost file could not be written");
                file.fail(&failure.to_string(), keep, self.clock.now()).await?;
            }
            None => {
                tracing::info!(file = %id, "a cost file was deleted while it was being written");
                file.forget().await?;
            }
        }
        Ok(true)
    }

    /// What `/v1/costs` sends of the same question, as it comes.
    async fn write(&self, file: &mut FileWriter) -> Result<Written, Failure> {
        let asked = CostsQuery::parse(Some(&file.question)).map_err(Problem::from)?;
        let format = asked.format.unwrap_or(Format::Csv);
        let version = AsOf::Version(file.data_version);
        let snapshot =
            self.store.snapshot_as_of(file.sight.clone(), version).await?.map_err(|reason| not_served(reason, None))?;
        let export = export(snapshot, asked, format, self.clock.now().date_naive()).await?;
        let headers = export.told().headers();
        let told: Map<String, Value> =
            headers.iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into()))).collect();
        let (name, told, limit) = (export.name(), Value::Object(told), self.desk.limits.max_bytes);
        let mut bytes = export.written().await?;
        while let Some(next) = bytes.next().await.map_err(Failure::Broken)? {
            file.write(&next).await?;
            if file.bytes() > limit {
                return Err(Failure::TooLong { limit });
            }
        }
        Ok(Written { name, told, rows: bytes.rows() })
    }

    /// Ends when nobody waits for the file any more.
    async fn until_unwanted(&self, id: uuid::Uuid) {
        loop {
            tokio::time::sleep(ASK_EVERY).await;
            if let Ok(false) = self.store.is_cost_file_wanted(id).await {
                return;
            }
        }
    }

    async fn sweep(&self) {
        loop {
            if let Err(error) = self.sweep_once().await {
                tracing::info!(error = chain(&error), "old cost files are forgotten later");
            }
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }
}
