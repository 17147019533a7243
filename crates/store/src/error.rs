use bill::BillingPeriod;

/// What can go wrong between the service and its database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection could be had.
    #[error("the database cannot be reached: {0}")]
    Unreachable(#[source] sqlx::Error),
    /// A statement failed.
    #[error("the database refused {doing}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the database said.
        source: sqlx::Error,
    },
    /// The schema could not be brought up to date.
    #[error("the database schema cannot be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A value in the database is not what the schema promises.
    #[error("the database holds {what} that cannot be read: {value}")]
    Corrupt {
        /// What kind of value.
        what: &'static str,
        /// The value.
        value: String,
    },
    /// Two names of teams have one id.
    #[error("{0}")]
    TeamCollision(String),
    /// The rules in force changed again and again while a load was being published.
    #[error("the ownership rules kept changing while {period} was being published; nothing was changed, try again")]
    RulesKeepChanging {
        /// The period.
        period: BillingPeriod,
    },
}

impl StoreError {
    /// Whether trying again later may help: the database is away, restarting, or out of connections.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Database { source, .. } => is_connection_failure(source),
            _ => false,
        }
    }
}

fn is_connection_failure(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        // Class 57P: the server is starting, stopping, or was stopped by its administrator.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

/// Names what was being done when the database refused.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| match source {
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => StoreError::Unreachable(source),
            source => StoreError::Database { doing, source },
        })
    }
}

/// A decimal that came out of Postgres as text.
pub(crate) fn amount(text: &str) -> Result<bill::Amount, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { what: "an amount", value: text.to_owned() })
}
