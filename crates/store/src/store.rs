use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};

use crate::error::{Doing, StoreError};

/// The migrations of this version of the program.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database that remembers the bill.
///
/// Cheap to clone: clones share one pool of connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: PgPool,
}

impl Store {
    /// Connects with at most this many connections.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] where no connection can be had within five seconds.
    pub async fn connect(options: PgConnectOptions, max_connections: u32) -> Result<Self, StoreError> {
        let options = options.application_name("chargeback");
        // A pool would go on trying and then only say that it took too long.
        let first = tokio::time::timeout(PATIENCE, options.connect()).await;
        let first = first.map_err(|_| StoreError::Unreachable(sqlx::Error::PoolTimedOut))?;
        first.map_err(StoreError::Unreachable)?.close().await.ok();
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await
            .map_err(StoreError::Unreachable)?;
        Ok(Self { pool })
    }

    /// A store on a pool that exists.
    pub fn from_pool(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Brings the schema up to date. Several instances may do this at once: one does it, the others wait.
    ///
    /// # Errors
    /// [`StoreError::Migration`] where the schema is of a newer program, or a migration fails.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        Ok(MIGRATOR.run(&self.pool).await?)
    }

    /// A connection of its own for somebody who writes for a long time. Dropping it closes it.
    pub(crate) async fn writer_connection(&self) -> Result<PgConnection, StoreError> {
        self.writer_options().connect().await.map_err(StoreError::Unreachable)
    }

    /// One more connection, made when it is needed.
    pub(crate) fn writer_pool(&self) -> PgPool {
        PgPoolOptions::new().max_connections(1).connect_lazy_with(self.writer_options())
    }

    /// Timeouts that are there for readers must not cut a load short, and the lock of a host that is gone must not be held
    /// for hours.
    fn writer_options(&self) -> PgConnectOptions {
        let settings = [
            ("statement_timeout", "0"),
            ("idle_session_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
            ("tcp_keepalives_idle", "60"),
            ("tcp_keepalives_interval", "10"),
        ];
        PgConnectOptions::clone(&self.pool.connect_options()).options(settings)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query!("select 1 as one").fetch_one(&self.pool).await.map(drop).doing("a ping")
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
