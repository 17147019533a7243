//! The transaction of a snapshot, begun when something is first read in it.
//!
//! What is served now is often known without asking, and much of what is asked of it is held in memory: then the database is
//! not needed at all. Where it is, it may have moved on meanwhile. So whoever begins late holds what is kept of earlier
//! versions, and makes sure that their own is still among it.

use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::error::{Doing, StoreError};
use crate::transaction::begin_answering;

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
    let mut transaction = begin_answering(pool).await.doing("the opening of a snapshot")?;
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
