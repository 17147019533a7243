//! Sends the rows that answer a [`CostQuestion`] while the database still finds them, however many there are.
//!
//! A task owns the snapshot and hands on what it reads in batches, of which few are under way at a time: memory is bounded,
//! and a slow reader slows the database down. Where the reader goes away, the query is cancelled.

use futures::{StreamExt, TryStreamExt};
use sqlx::{Postgres, QueryBuilder};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::costs::read_row;
use super::{ArrangedRow, Arrangement, CostQuestion, RowSlice, Snapshot};
use crate::error::{Doing, StoreError};

/// Rows that are handed on together.
const BATCH: usize = 1024;
/// Batches that are read before the one that is being written.
const AHEAD: usize = 2;

/// The rows of one answer, in the order asked.
#[derive(Debug)]
pub struct CostStream {
    batches: Receiver<Result<Vec<ArrangedRow>, StoreError>>,
    ended: bool,
}

impl CostStream {
    /// The next rows; `None` once all have been given.
    ///
    /// # Errors
    /// Where the database fails, or whoever reads there has ended without having read everything.
    pub async fn next(&mut self) -> Result<Option<Vec<ArrangedRow>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        match self.batches.recv().await {
            // No row is the last of what is sent: an answer that ends without it is not whole.
            Some(Ok(batch)) if batch.is_empty() => {
                self.ended = true;
                Ok(None)
            }
            Some(batch) => batch.map(Some),
            None => Err(sqlx::Error::WorkerCrashed).doing("the rows of an export"),
        }
    }
}

impl Snapshot {
    /// The rows that answer a question, as arranged and in the order of [`Snapshot::arranged_costs`], however many there
    /// are. The snapshot lives as long as the stream; both end, with the query, when the stream is dropped.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn into_cost_stream(
        mut self,
        question: CostQuestion,
        arrangement: Arrangement,
    ) -> Result<CostStream, StoreError> {
        // What is read by a slow client takes long. A process whose client has gone is told so by us, and ends by this at
        // the latest.
        let backend = sqlx::query_scalar!(
            r#"select pg_backend_pid() as "pid!" from (select set_config('statement_timeout', '15min', true)) as setting"#
        )
        .fetch_one(self.reading.connection().await?)
        .await
        .doing("the beginning of an export")?;
        let everything = RowSlice { offset: 0, limit: i64::MAX };
        let arrangement = Arrangement { slice: arrangement.slice.or(Some(everything)), ..arrangement };
        let query = self.compose(&question, &arrangement, self.visible(), self.shown());
        let (sender, batches) = channel(AHEAD);
        let asked = (question, arrangement);
        tokio::spawn(send(self, backend, query, asked, sender));
        Ok(CostStream { batches, ended: false })
    }
}

async fn send(
    mut snapshot: Snapshot,
    backend: i32,
    mut query: QueryBuilder<Postgres>,
    (question, arrangement): (CostQuestion, Arrangement),
    to: Sender<Result<Vec<ArrangedRow>, StoreError>>,
) {
    let connection = match snapshot.reading.connection().await {
        Ok(connection) => connection,
        // Whoever waits for rows is told; where nobody does any more, there is nobody to tell.
        Err(error) => return to.send(Err(error)).await.unwrap_or_default(),
    };
    let mut rows = query.build().fetch(connection).fuse();
    loop {
        let batch = async {
            let mut batch = Vec::with_capacity(BATCH);
            while batch.len() < BATCH
                && let Some(row) = rows.try_next().await.doing("the rows of an export")?
            {
                batch.push(read_row(&row, &question, &arrangement)?);
            }
            Ok(batch)
        };
        let batch = tokio::select! {
            batch = batch => batch,
            () = to.closed() => break,
        };
        let is_last = batch.as_ref().map_or(true, Vec::is_empty);
        if to.send(batch).await.is_err() {
            break;
        }
        if is_last {
            return;
        }
    }
    drop(rows);
    // The connection is still ours, so that nobody else's query can be meant.
    let cancelled = sqlx::query_scalar!(r#"select pg_cancel_backend($1) as "cancelled!""#, backend);
    if let Err(error) = cancelled.fetch_one(&snapshot.pool).await {
        tracing::warn!(%error, "the query of an export that nobody reads any more could not be cancelled");
    }
}
