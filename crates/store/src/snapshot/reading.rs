//! The transaction of a snapshot, begun when something is first read in it.
//!
//! What is served now is often known without asking, and much of what is asked of it is held in memory: then the database is
//! not needed at all. Where it is, it may have moved on meanwhile. So whoever begins late holds what is kept of earlier
//! versions, and makes sure that their own is still among it.

use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::error::{Doing, StoreError};
use crate::transaction::begin_reading;

/// One read-only transaction at repeatable-read isolation.
pub(super) enum Reading {
    /// It sees everything as it was at one moment.
    Begun(Transaction<'static, Postgres>),
    /// Nothing has been read yet of this data version.
    NotBegun { pool: PgPool, data_version: i64 },
}

impl Reading {
    /// The connection to read with.
    ///
    /// # Errors
    /// Where the database fails. [`StoreError::VersionGone`] where the data version was dropped before anything was read of
    /// it, which takes several later ones.
    pub(super) async fn connection(&mut self) -> Result<&mut PgConnection, StoreError> {
        if let Self::NotBegun { pool, data_version } = self {
            *self = Self::Begun(begin(pool, *data_version).await?);
        }
        match self {
            Self::Begun(transaction) => Ok(transaction),
            Self::NotBegun { data_version, .. } => Err(StoreError::VersionGone { data_version: *data_version }),
        }
    }
}

async fn begin(pool: &PgPool, data_version: i64) -> Result<Transaction<'static, Postgres>, StoreError> {
    let mut transaction = begin_reading(pool).await.doing("the opening of a snapshot")?;
    hold_what_is_kept(&mut transaction).await?;
    let is_kept = sqlx::query_scalar!(
        r#"select exists (select from data_version where data_version = $1 and not forgotten)
                  or exists (select from serving where data_version = $1) as "kept!""#,
        data_version,
    )
    .fetch_one(&mut *transaction)
    .await
    .doing("the data version of a snapshot")?;
    if is_kept { Ok(transaction) } else { Err(StoreError::VersionGone { data_version }) }
}

/// Keeps the partitions of every load that is kept now until the transaction ends, and has the database give up what no
/// caller waits for any more. It must be the first thing that a transaction does: what was dropped after its first look
/// would be missing without a word.
pub(super) async fn hold_what_is_kept(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("lock table only period_cost, only daily_cost in access share mode")
        .execute(&mut *connection)
        .await
        .doing("the hold on what is kept")?;
    limit_time(connection).await
}

/// What no caller waits for any more, the database need not go on computing.
pub(super) async fn limit_time(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("select set_config('statement_timeout', '30s', true)")
        .fetch_one(connection)
        .await
        .map(drop)
        .doing("the time limit of a snapshot")
}
