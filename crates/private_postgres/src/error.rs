use std::path::PathBuf;

/// Why a private cluster could not be started. Each is a sentence for the person at the terminal: what, where, and what
/// would mend it.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No server programs, or none that is recent enough.
    #[error("no PostgreSQL server of version {oldest} or later was found{older}; install one ({advice}), or set PG_BINDIR to the folder that holds its `initdb` and `postgres`", oldest = super::programs::OLDEST_MAJOR)]
    NoPrograms {
        /// ` (only version 13)`, or nothing.
        older: String,
        /// What to type on this system.
        advice: &'static str,
    },
    /// The cluster was written by another major version than those installed; their files are not compatible.
    #[error("`{}` was written by PostgreSQL {cluster} and only that version can read it, but installed here is {found}; install PostgreSQL {cluster}, or name another folder", folder.display())]
    OtherVersion {
        /// The folder of the store.
        folder: PathBuf,
        /// The major version that wrote it.
        cluster: u32,
        /// The major versions at hand.
        found: String,
    },
    /// Started by root, and there is no unprivileged user to run the server.
    #[error(
        "PostgreSQL does not run as root, and this system has neither a user `postgres` nor a user `nobody` to run it; start the service as a normal user"
    )]
    NoAccount,
    /// A folder on the way is closed to the user that runs the server.
    #[error("PostgreSQL does not run as root but as `{account}`, who may not enter `{}` and so cannot reach `{}`; name a folder that is open to all, such as /var/lib/chargeback or /tmp/chargeback", closed.display(), folder.display())]
    ClosedFolder {
        /// The folder of the store.
        folder: PathBuf,
        /// The first folder on the way that is closed.
        closed: PathBuf,
        /// The user that runs the server.
        account: String,
    },
    /// The folder holds files that the store did not write.
    #[error("`{}` holds other files (`{example}`); name an empty folder, or one that does not exist yet", folder.display())]
    ForeignFiles {
        /// The folder that was named.
        folder: PathBuf,
        /// One of the files.
        example: String,
    },
    /// The cluster belongs to another user than the one who starts the service.
    #[error("the cluster in `{}` belongs to user {owner}; start the service as that user or as root, or name another folder", folder.display())]
    OtherOwner {
        /// The folder of the store.
        folder: PathBuf,
        /// The user id of the owner.
        owner: u32,
    },
    /// Another service runs on this folder.
    #[error("`{}` is in use by process {process}; stop that one first, or name another folder", folder.display())]
    InUse {
        /// The folder of the store.
        folder: PathBuf,
        /// The process id of the service that holds it, as it wrote it down.
        process: String,
    },
    /// A PostgreSQL server that no service holds runs on this folder and does not go away.
    #[error("a PostgreSQL server (process {process}) still runs on `{}`; stop it with `kill -INT {process}`", folder.display())]
    LeftOver {
        /// The folder of the store.
        folder: PathBuf,
        /// The process id of the server.
        process: u32,
    },
    /// The operating system refused something.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// `initdb` did not write a new cluster.
    #[error("initdb could not write a new cluster: {output}")]
    Initialise {
        /// The last lines that it printed.
        output: String,
    },
    /// The server ended instead of answering.
    #[error("the PostgreSQL server did not start; the last lines of `{}`:\n{tail}", log.display())]
    Ended {
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// The server does not answer.
    #[error("the PostgreSQL server gave no answer within {seconds} seconds; see `{}`", log.display())]
    Silent {
        /// How long it was waited for.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// The server runs, but its database could not be made.
    #[error("the private PostgreSQL server refused to create the database: {0}")]
    Database(#[from] sqlx::Error),
}

impl EmbeddedError {
    /// For `map_err`: what was tried on which path.
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

/// How many lines of output an error repeats.
const SHOWN_LINES: usize = 15;

/// The last lines of what a program printed.
pub(super) fn last_lines(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}
