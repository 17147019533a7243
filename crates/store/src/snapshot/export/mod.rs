//! Sends the rows that answer a [`CostQuestion`] while the database still finds them, however many there are.
//!
//! A task owns the snapshot and hands on what it reads in batches, of which few are under way at a time: memory is bounded,
//! and a slow reader slows the database down. Where the reader goes away, the query is cancelled.

mod naming;
mod sending;
mod spans;
mod stretches;

use tokio::sync::mpsc::{Receiver, channel};

use self::sending::Sending;
use self::stretches::is_in_order_of_time;
use super::costs::{Needs, Stretch, Table};
use super::{ArrangedRow, Arrangement, CostQuestion, RowSlice, Snapshot};
use crate::error::{Doing, StoreError};

/// Batches that are read before the one that is being written.
const AHEAD: usize = 2;
const EVERYTHING: RowSlice = RowSlice { offset: 0, limit: i64::MAX };

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
    /// Rows that are nearly as many as there are facts are added up here, where a day or a period has no more than `held_rows`
    /// of them; all others by Postgres.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn into_cost_stream(
        mut self,
        question: CostQuestion,
        arrangement: Arrangement,
        held_rows: usize,
    ) -> Result<CostStream, StoreError> {
        // What is read by a slow client takes long. A process whose client has gone is told so by us, and ends by this at
        // the latest.
        let backend = sqlx::query_scalar!(
            r#"select pg_backend_pid() as "pid!" from (select set_config('statement_timeout', '15min', true)) as setting"#
        )
        .fetch_one(self.reading.connection().await?)
        .await
        .doing("the beginning of an export")?;
        let whole = Stretch { load_ids: self.loads_in(&question.scope), days: None };
        let in_order_of_time = is_in_order_of_time(&question, &arrangement);
        let stretches = if in_order_of_time { self.stretches(&question, whole) } else { vec![whole] };
        let table = Needs::of(&question, self.visible()).table();
        let is_of_facts = matches!(table, Table::DailyCost | Table::PeriodCost);
        let arrangement = Arrangement { slice: arrangement.slice.or(Some(EVERYTHING)), ..arrangement };
        let (to, batches) = channel(AHEAD);
        let held_rows = (in_order_of_time && is_of_facts).then_some(held_rows);
        tokio::spawn(Sending { snapshot: self, backend, question, arrangement, held_rows, to }.send(stretches));
        Ok(CostStream { batches, ended: false })
    }
}
