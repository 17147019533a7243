//! Facts are on their way to Postgres while the next ones are read.

use sqlx::PgPool;
use sqlx::postgres::PgPoolCopyExt;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use crate::error::{Doing, StoreError};

const STATEMENT: &str = "copy daily_cost (load_id, usage_date, subject_id, charge_id, currency, unblended_cost, \
                         net_unblended_cost, list_cost, quantity, tokens, line_items) from stdin (format binary)";
/// How many pieces may wait to be sent: of a quarter of a megabyte, what two batches of an answer come to.
const AHEAD: usize = 16;

/// Facts on their way, on a connection and in a task of their own. Dropping it gives them up.
pub(super) struct Copying {
    pieces: Sender<Piece>,
    task: JoinHandle<Result<(), StoreError>>,
}

enum Piece {
    Rows(Vec<u8>),
    End,
}

impl Copying {
    pub(super) fn begin(pool: PgPool) -> Self {
        let (pieces, waiting) = channel(AHEAD);
        Self { pieces, task: tokio::spawn(copy(pool, waiting)) }
    }

    /// Hands over rows, waiting while too many are on their way.
    pub(super) async fn send(&mut self, rows: Vec<u8>) -> Result<(), StoreError> {
        match self.pieces.send(Piece::Rows(rows)).await {
            Ok(()) => Ok(()),
            // Nobody takes pieces any more: the task says why.
            Err(_) => ended(&mut self.task).await,
        }
    }

    /// Waits until everything is kept.
    pub(super) async fn finish(mut self) -> Result<(), StoreError> {
        // Where this cannot be sent, the task has failed and says so.
        self.pieces.send(Piece::End).await.ok();
        ended(&mut self.task).await
    }

    /// Gives up what was sent, and waits until the database has done so too.
    pub(super) async fn abort(self) {
        drop(self.pieces);
        // The load is given up: how this ends makes no difference.
        self.task.await.ok();
    }
}

async fn ended(task: &mut JoinHandle<Result<(), StoreError>>) -> Result<(), StoreError> {
    task.await.unwrap_or(Err(sqlx::Error::WorkerCrashed).doing("the copying of facts"))
}

async fn copy(pool: PgPool, mut waiting: Receiver<Piece>) -> Result<(), StoreError> {
    let mut copy = pool.copy_in_raw(STATEMENT).await.doing("the copying of facts")?;
    loop {
        match waiting.recv().await {
            Some(Piece::Rows(rows)) => {
                copy.send(rows).await.doing("facts")?;
            }
            Some(Piece::End) => return copy.finish().await.map(drop).doing("the end of the facts"),
            None => return copy.abort("the load was given up").await.doing("the giving up of facts"),
        }
    }
}
