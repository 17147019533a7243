//! Sends the rows that answer a [`CostQuestion`] while the database still finds them, however many there are.
//!
//! A task owns the snapshot and hands on what it reads in batches, of which few are under way at a time: memory is bounded,
//! and a slow reader slows the database down. Where the reader goes away, the query is cancelled.

use std::iter::successors;

use bill::BillingPeriod;
use futures::{StreamExt, TryStreamExt};
use sqlx::{Postgres, QueryBuilder};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::costs::{Stretch, read_row};
use super::open::ServedLoad;
use super::{ArrangedRow, Arrangement, CostQuestion, Granularity, RowSlice, Snapshot};
use crate::error::{Doing, StoreError};

/// Rows that are handed on together.
const BATCH: usize = 1024;
/// Batches that are read before the one that is being written.
const AHEAD: usize = 2;

/// So many queries at most make one table: five years of months.
const MOST_STRETCHES: usize = 60;
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
        let whole = Stretch { load_ids: self.loads_in(&question.scope), days: None };
        let stretches =
            if is_in_order_of_time(&question, &arrangement) { self.stretches(&question, whole) } else { vec![whole] };
        let arrangement = Arrangement { slice: arrangement.slice.or(Some(EVERYTHING)), ..arrangement };
        let compose = |stretch| self.compose_stretch(stretch, &question, &arrangement, self.visible(), self.shown());
        let queries = stretches.into_iter().map(compose).collect();
        let (sender, batches) = channel(AHEAD);
        let asked = (question, arrangement);
        tokio::spawn(send(self, backend, queries, asked, sender));
        Ok(CostStream { batches, ended: false })
    }

    /// Parts what is asked into such as have their rows one after another: one query for each, so that the first rows need not
    /// wait until a year is sorted.
    fn stretches(&self, question: &CostQuestion, whole: Stretch) -> Vec<Stretch> {
        let chosen: Vec<&ServedLoad> =
            self.loads.iter().filter(|load| whole.load_ids.contains(&load.load_id)).collect();
        let load_ids = |wanted: &dyn Fn(&ServedLoad) -> bool| -> Vec<i64> {
            chosen.iter().filter(|load| wanted(load)).map(|load| load.load_id).collect()
        };
        let stretches: Vec<Stretch> = if question.granularity == Granularity::Monthly {
            let of_period = |period| load_ids(&|load| load.version.period == period);
            let periods = self.periods_of(&whole.load_ids).into_iter();
            periods.map(|period| Stretch { load_ids: of_period(period), days: None }).collect()
        } else {
            // A bill has lines that were used in the months before it: a month of days may be part of several bills.
            let days = chosen.iter().filter_map(|load| load.usage_dates);
            let Some((first, last)) = days.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))) else {
                return vec![whole];
            };
            let months = successors(Some(BillingPeriod::containing(first)), |month| Some(month.next()));
            let months = months.take_while(|month| month.first_day() <= last);
            let used_in = |month: BillingPeriod| {
                load_ids(&|load| {
                    load.usage_dates.is_some_and(|(first, last)| first < month.end() && last >= month.first_day())
                })
            };
            let of_month = |month: BillingPeriod| Stretch {
                load_ids: used_in(month),
                days: Some((month.first_day(), month.end())),
            };
            months.map(of_month).filter(|stretch| !stretch.load_ids.is_empty()).collect()
        };
        // A line with a day long ago makes a bill part of every month since: nobody asks so many times.
        if stretches.is_empty() || stretches.len() > MOST_STRETCHES { vec![whole] } else { stretches }
    }
}

/// Whether all rows are wanted, ordered by time before all else, and none is made of rows of other times.
fn is_in_order_of_time(question: &CostQuestion, arrangement: &Arrangement) -> bool {
    *arrangement == Arrangement::default() && question.order_by.is_none() && question.granularity != Granularity::Total
}

/// How the sending of a query's rows ended.
enum Sent {
    Everything,
    /// And whoever reads has been told.
    Failed,
    NobodyReads,
}

async fn send(
    mut snapshot: Snapshot,
    backend: i32,
    queries: Vec<QueryBuilder<Postgres>>,
    asked: (CostQuestion, Arrangement),
    to: Sender<Result<Vec<ArrangedRow>, StoreError>>,
) {
    for query in queries {
        match send_rows(&mut snapshot, query, &asked, &to).await {
            Sent::Everything => {}
            Sent::Failed => return,
            Sent::NobodyReads => return cancel(&snapshot, backend).await,
        }
    }
    // No row is the last of what is sent; where nobody waits for it, nothing is left to be cancelled.
    to.send(Ok(Vec::new())).await.unwrap_or_default();
}

async fn send_rows(
    snapshot: &mut Snapshot,
    mut query: QueryBuilder<Postgres>,
    (question, arrangement): &(CostQuestion, Arrangement),
    to: &Sender<Result<Vec<ArrangedRow>, StoreError>>,
) -> Sent {
    let connection = match snapshot.reading.connection().await {
        Ok(connection) => connection,
        Err(error) => {
            // Whoever waits for rows is told; where nobody does any more, there is nobody to tell.
            to.send(Err(error)).await.unwrap_or_default();
            return Sent::Failed;
        }
    };
    let mut rows = query.build().fetch(connection).fuse();
    loop {
        let batch = async {
            let mut batch = Vec::with_capacity(BATCH);
            while batch.len() < BATCH
                && let Some(row) = rows.try_next().await.doing("the rows of an export")?
            {
                batch.push(read_row(&row, question, arrangement)?);
            }
            Ok(batch)
        };
        let batch = tokio::select! {
            batch = batch => batch,
            () = to.closed() => return Sent::NobodyReads,
        };
        let (is_failure, is_last) = (batch.is_err(), batch.as_ref().is_ok_and(Vec::is_empty));
        if is_last {
            return Sent::Everything;
        }
        if to.send(batch).await.is_err() {
            return Sent::NobodyReads;
        }
        if is_failure {
            return Sent::Failed;
        }
    }
}

/// Ends the query that nobody reads any more. The connection is still ours, so that nobody else's can be meant.
async fn cancel(snapshot: &Snapshot, backend: i32) {
    let cancelled = sqlx::query_scalar!(r#"select pg_cancel_backend($1) as "cancelled!""#, backend);
    if let Err(error) = cancelled.fetch_one(&snapshot.pool).await {
        tracing::warn!(%error, "the query of an export that nobody reads any more could not be cancelled");
    }
}
