use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc::Sender;

use super::naming::Naming;
use super::spans::Spans;
use crate::error::{Doing, StoreError};
use crate::snapshot::costs::{Stretch, read_row};
use crate::snapshot::{ArrangedRow, Arrangement, CostQuestion, Snapshot};

/// Rows that are handed on together.
const BATCH: usize = 1024;

/// What sends the rows of one answer.
pub(super) struct Sending {
    pub(super) snapshot: Snapshot,
    /// The process that reads.
    pub(super) backend: i32,
    pub(super) question: CostQuestion,
    pub(super) arrangement: Arrangement,
    /// How many rows of a day or a period are added up here; where not set, Postgres adds up.
    pub(super) held_rows: Option<usize>,
    pub(super) to: Sender<Result<Vec<ArrangedRow>, StoreError>>,
}

/// Why rows are not sent to the end.
enum Ended {
    Failed(StoreError),
    NobodyReads,
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl Sending {
    /// Sends the rows of all stretches, one after another.
    pub(super) async fn send(mut self, stretches: Vec<Stretch>) {
        let last = match self.send_stretches(stretches).await {
            // No row is the last of what is sent.
            Ok(()) => Ok(Vec::new()),
            Err(Ended::Failed(error)) => Err(error),
            Err(Ended::NobodyReads) => return self.cancel().await,
        };
        // Where nobody waits for the end, there is nobody to be told, and nothing is left to be cancelled.
        self.to.send(last).await.unwrap_or_default();
    }

    async fn send_stretches(&mut self, stretches: Vec<Stretch>) -> Result<(), Ended> {
        for stretch in stretches {
            let rest = match self.held_rows {
                Some(held_rows) => self.send_spans(stretch, held_rows).await?,
                None => Some(stretch),
            };
            if let Some(rest) = rest {
                self.send_sums(rest).await?;
            }
        }
        Ok(())
    }

    /// Sends the rows that Postgres adds up.
    async fn send_sums(&mut self, stretch: Stretch) -> Result<(), Ended> {
        let Self { snapshot, question, arrangement, to, .. } = self;
        let (visible, shown) = (snapshot.visible(), snapshot.shown());
        let mut query = snapshot.compose_stretch(stretch, question, arrangement, visible, shown);
        let mut rows = query.build().fetch(snapshot.reading.connection().await?).fuse();
        loop {
            let batch = async {
                let mut batch = Vec::with_capacity(BATCH);
                while batch.len() < BATCH
                    && let Some(row) = rows.try_next().await.doing("the rows of an export")?
                {
                    batch.push(read_row(&row, question, arrangement)?);
                }
                Ok::<_, StoreError>(batch)
            };
            let batch = unless_nobody_reads(to, batch).await?;
            if batch.is_empty() {
                return Ok(());
            }
            hand_on(to, batch).await?;
        }
    }

    /// Sends the rows of each day or period. Gives back what remains from one on that has more of them than are held.
    async fn send_spans(&mut self, stretch: Stretch, held_rows: usize) -> Result<Option<Stretch>, Ended> {
        let Self { snapshot, question, to, .. } = self;
        let naming = Naming::read(snapshot, &stretch, question).await?;
        let mut query = snapshot.compose_facts(&stretch, question);
        let facts = query.build().fetch(snapshot.reading.connection().await?).fuse();
        let mut spans = Spans::new(facts, &naming, question.granularity);
        while let Some(span) = unless_nobody_reads(to, spans.next(held_rows)).await? {
            if span.len() > held_rows {
                let time = span.time();
                drop(spans);
                return Ok(Some(snapshot.rest_of(stretch, question.granularity, time)));
            }
            let mut rows = span.into_rows(&naming);
            loop {
                let batch: Vec<ArrangedRow> = rows.by_ref().take(BATCH).collect();
                if batch.is_empty() {
                    break;
                }
                hand_on(to, batch).await?;
            }
        }
        Ok(None)
    }

    /// Ends the query that nobody reads any more. The connection is still ours, so that nobody else's can be meant.
    async fn cancel(&self) {
        let cancelled = sqlx::query_scalar!(r#"select pg_cancel_backend($1) as "cancelled!""#, self.backend);
        if let Err(error) = cancelled.fetch_one(&self.snapshot.pool).await {
            tracing::warn!(%error, "the query of an export that nobody reads any more could not be cancelled");
        }
    }
}

/// Waits for what is read, for as long as somebody waits for it.
async fn unless_nobody_reads<T>(
    to: &Sender<Result<Vec<ArrangedRow>, StoreError>>,
    read: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Ended> {
    tokio::select! {
        read = read => Ok(read?),
        () = to.closed() => Err(Ended::NobodyReads),
    }
}

async fn hand_on(to: &Sender<Result<Vec<ArrangedRow>, StoreError>>, batch: Vec<ArrangedRow>) -> Result<(), Ended> {
    to.send(Ok(batch)).await.map_err(|_| Ended::NobodyReads)
}
