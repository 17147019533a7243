use std::sync::Arc;
use std::time::Duration;

use access::pseudonym::Pseudonyms;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use uuid::Uuid;

use crate::error::{Doing, StoreError};
use crate::held::Held;
use crate::summaries::Summaries;

/// The migrations of this version of the program.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// By this name and a number of our own the database knows our connections. Postgres keeps 63 bytes of it.
const APPLICATION: &str = "chargeback ";
/// In milliseconds. Whoever asked has been told before that it takes too long (`server::http`): this frees the database.
const LONGEST_READ_MS: &str = "31000";
/// For so long after its last use a connection is taken to be alive: trying it takes as long as a short statement.
const SURELY_ALIVE: Duration = Duration::from_millis(100);
/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database that remembers the bill.
///
/// Cheap to clone: clones share one pool of connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: PgPool,
    /// How persons are named towards readers who may not see them.
    pub(crate) pseudonyms: Option<Arc<Pseudonyms>>,
    /// What need not be asked of the database.
    pub(crate) held: Held,
    pub(crate) summaries: Summaries,
}

impl Store {
    /// Connects with at most this many connections.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] where no connection can be had within five seconds.
    pub async fn connect(options: PgConnectOptions, max_connections: u32) -> Result<Self, StoreError> {
        let options = options
            .application_name(&format!("{APPLICATION}{}", Uuid::new_v4()))
            .options([("statement_timeout", LONGEST_READ_MS)]);
        // A pool would go on trying and then only say that it took too long.
        let first = tokio::time::timeout(PATIENCE, options.connect()).await;
        let first = first.map_err(|_| StoreError::Unreachable(sqlx::Error::PoolTimedOut))?;
        first.map_err(StoreError::Unreachable)?.close().await.ok();
        let pool = pool_options(max_connections).connect_with(options).await.map_err(StoreError::Unreachable)?;
        Ok(Self::from_pool(pool))
    }

    /// A store on a pool that exists.
    pub fn from_pool(pool: PgPool) -> Self {
        Self { pool, pseudonyms: None, held: Held::default(), summaries: Summaries::default() }
    }

    /// The same store with other connections, at most this many, for work in the background: it takes none from readers.
    ///
    /// A connection belongs to the runtime that made it, and answers late where that is busy: so readers do not share
    /// theirs.
    #[must_use]
    pub fn beside(&self, max_connections: u32) -> Self {
        let options = PgConnectOptions::clone(&self.pool.connect_options());
        Self { pool: pool_options(max_connections).connect_lazy_with(options), ..self.clone() }
    }

    /// The same store, which answers from these summaries what can be answered from them.
    #[must_use]
    pub fn with_summaries(self, summaries: Summaries) -> Self {
        Self { summaries, ..self }
    }

    /// What is held in memory of loads.
    pub fn summaries(&self) -> &Summaries {
        &self.summaries
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

    /// Cancels every query of this process that is still running, those of its loads too, and gives their number. For
    /// the moment before [`close`](Self::close), when nobody waits for an answer any more.
    ///
    /// A store [on a pool that exists](Self::from_pool) cannot tell its queries from those of others, and cancels none.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn cancel_queries(&self) -> Result<i64, StoreError> {
        let options = self.pool.connect_options();
        let Some(name) = options.get_application_name().filter(|name| is_ours(name)) else { return Ok(0) };
        // All connections of the pool may be the ones that hang.
        let mut connection = self.writer_connection().await?;
        let cancelled = sqlx::query_scalar!(
            r#"select count(*) filter (where pg_cancel_backend(pid)) as "cancelled!"
                 from pg_stat_activity
                where application_name = $1 and usename = current_user and datname = current_database()
                  and state = 'active' and pid <> pg_backend_pid()"#,
            name,
        )
        .fetch_one(&mut connection)
        .await
        .doing("the cancelling of queries")?;
        connection.close().await.ok();
        Ok(cancelled)
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Connections die, and Postgres restarts: one that nobody has used for a moment is tried first.
fn pool_options(max_connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(|connection, used| Box::pin(answers(connection, used.idle_for)))
}

async fn answers(connection: &mut PgConnection, idle_for: Duration) -> Result<bool, sqlx::Error> {
    if idle_for < SURELY_ALIVE {
        return Ok(true);
    }
    let pinged = connection.ping().await;
    Ok(pinged.inspect_err(|error| tracing::info!(%error, "a connection to the database was lost")).is_ok())
}

fn is_ours(application: &str) -> bool {
    application.strip_prefix(APPLICATION).is_some_and(|number| Uuid::try_parse(number).is_ok())
}
