//! Tells the log of queries how each ended, whichever way it did.

use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};

use crate::{EngineError, QueryAsked, QueryEnded, SharedQueryLog};

/// What is said of a query whose rows nobody wanted any more.
const ABANDONED: &str = "whoever asked went away before the last row";

/// A query whose end has not been told yet. If it is dropped, its end is told as well.
pub(crate) struct Told {
    log: SharedQueryLog,
    query: QueryAsked,
    ended: QueryEnded,
    /// Where the engine does not say how long it ran.
    since: Option<Instant>,
    is_told: bool,
}

impl Told {
    /// Tells that the query has been started.
    pub(crate) async fn started(log: &SharedQueryLog, query: QueryAsked) -> Self {
        log.started(&query).await;
        let (queued, ran) = (Duration::ZERO, Duration::ZERO);
        let ended = QueryEnded { failure: None, scanned_bytes: None, queued, ran, rows: 0 };
        Self { log: log.clone(), query, ended, since: Some(Instant::now()), is_told: false }
    }

    /// What the engine says of how it ran.
    pub(crate) fn ran(&mut self, scanned_bytes: Option<u64>, queued: Duration, ran: Duration) {
        (self.ended.scanned_bytes, self.ended.queued, self.ended.ran) = (scanned_bytes, queued, ran);
        self.since = None;
    }

    /// The id under which it runs.
    pub(crate) fn execution_id(&self) -> &str {
        &self.query.execution_id
    }

    /// Tells how it ended.
    pub(crate) async fn end(mut self, failure: Option<String>) {
        self.is_told = true;
        let ended = self.ending(failure);
        self.log.ended(&self.query, &ended).await;
    }

    fn ending(&self, failure: Option<String>) -> QueryEnded {
        let ran = self.since.map_or(self.ended.ran, |since| since.elapsed());
        QueryEnded { failure, ran, ..self.ended.clone() }
    }

    /// The batches of the answer, and with the last of them, or an error, the end is told; after the last, `done` is done.
    pub(crate) fn watch(
        self,
        batches: BoxStream<'static, Result<RecordBatch, EngineError>>,
        done: impl FnOnce() + Send + 'static,
    ) -> BoxStream<'static, Result<RecordBatch, EngineError>> {
        let state = Some((batches, self, done));
        stream::unfold(state, |state| async move {
            let (mut batches, mut told, done) = state?;
            match batches.try_next().await {
                Ok(Some(batch)) => {
                    told.ended.rows += batch.num_rows() as u64;
                    Some((Ok(batch), Some((batches, told, done))))
                }
                Ok(None) => {
                    told.end(None).await;
                    done();
                    None
                }
                Err(error) => {
                    told.end(Some(error.to_string())).await;
                    Some((Err(error), None))
                }
            }
        })
        .boxed()
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        // Without a runtime there is nobody left to tell.
        if let (false, Ok(runtime)) = (self.is_told, tokio::runtime::Handle::try_current()) {
            let (log, query) = (self.log.clone(), self.query.clone());
            let ended = self.ending(Some(ABANDONED.to_owned()));
            runtime.spawn(async move { log.ended(&query, &ended).await });
        }
    }
}
