use bill::BillingPeriod;
use bill::usage::TokenClass;

/// What can go wrong between the service and its database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection could be had.
    #[error("the database cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    /// A statement failed.
    #[error("the database refused {doing}")]
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
    /// A value of the bill is in no load that was ever kept.
    #[error("{what} ({value}) is not among what was kept of the bill")]
    NotKept {
        /// What kind of value.
        what: &'static str,
        /// The key by which it was looked for.
        value: String,
    },
    /// A data version was dropped while it was about to be read.
    #[error(
        "data version v{data_version} was superseded so often that it is not kept any more; ask again for the newest"
    )]
    VersionGone {
        /// Its number.
        data_version: i64,
    },
    /// Another process writes the same period.
    #[error("{period} is being refreshed by another process; its result will be served here too")]
    Busy {
        /// The period.
        period: BillingPeriod,
    },
    /// Another export that is configured has the same accounts in the same period.
    #[error(
        "account {account} is in the export `{export}` for {period} as well, and would be counted twice; configure one of \
         the two exports"
    )]
    CountedTwice {
        /// The period.
        period: BillingPeriod,
        /// One of the accounts.
        account: String,
        /// The other export.
        export: String,
    },
    /// The load is no longer this process's to publish.
    #[error(
        "the load of {period} was given up by another process before it was complete; the next refresh reads it again"
    )]
    LeaseLost {
        /// The period.
        period: BillingPeriod,
    },
    /// The file is no longer this process's to write.
    #[error("the file was given up by another process before it was complete; it is written again")]
    FileLost,
    /// The summaries of a load are not the sum of its facts.
    #[error("the summaries of {period} do not add up to its facts")]
    SummariesDisagree {
        /// The period.
        period: BillingPeriod,
    },
    /// An answer would be too long to be useful.
    #[error("the answer has more than {limit} rows")]
    TooManyRows {
        /// The most there may be.
        limit: usize,
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
            Self::Unreachable(_) | Self::VersionGone { .. } => true,
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

/// A class of tokens that came out of Postgres as a word.
pub(crate) fn token_class(word: &str) -> Result<TokenClass, StoreError> {
    word.parse().map_err(|_| StoreError::Corrupt { what: "a class of tokens", value: word.to_owned() })
}
