use sqlx::{PgPool, Postgres, Transaction};

use crate::store::Store;

/// One moment for everything that is read.
const FOR_READING: &str = "begin isolation level repeatable read read only";

/// The same for an answer, with one word to the database: keeps the partitions of every load that is kept now until the end,
/// and has the database give up what no caller waits for any more. The lock comes before the first look: what was dropped
/// after that would be missing without a word.
const FOR_AN_ANSWER: &str = "begin isolation level repeatable read read only;
    lock table only period_cost, only daily_cost in access share mode;
    set local statement_timeout = '30s'";

impl Store {
    /// Begins a transaction for writing.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        to_its_end(&self.pool, |pool| async move { pool.begin().await }).await
    }

    /// Begins a transaction that sees everything as it was at one moment, and changes nothing.
    pub(crate) async fn begin_reading(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        to_its_end(&self.pool, |pool| async move { pool.begin_with(FOR_READING).await }).await
    }
}

/// Begins a transaction that sees everything as it was at one moment, holds what is kept, and is not to take long.
pub(crate) async fn begin_answering(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    to_its_end(pool, |pool| async move { pool.begin_with(FOR_AN_ANSWER).await }).await
}

/// sqlx knows of a transaction once the database has answered BEGIN. Whoever gave up before that would leave one behind which
/// nobody ends, on a connection that others go on to use. So the beginning goes on without them, and dropping its result
/// rolls it back.
async fn to_its_end<F>(
    pool: &PgPool,
    begin: impl FnOnce(PgPool) -> F,
) -> Result<Transaction<'static, Postgres>, sqlx::Error>
where
    F: Future<Output = Result<Transaction<'static, Postgres>, sqlx::Error>> + Send + 'static,
{
    tokio::spawn(begin(pool.clone())).await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}
