//! A private PostgreSQL cluster that the service starts itself, from server programs that are installed here.
//!
//! It is the same PostgreSQL as on a server, so there is one dialect of SQL and real concurrency. It listens on a Unix
//! socket in a folder that nobody else may enter, and ends with the service, however the service ends:
//!
//! - [`EmbeddedPostgres::stop`] and `Drop` end it in good order;
//! - on Linux the kernel ends it when the service is killed;
//! - the lock of the folder is the operating system's, so nothing stale can block the next start.
//!
//! Started by root it runs as `postgres` or else `nobody`, because PostgreSQL refuses to run as root.

mod account;
mod error;
mod folder;
mod leftover;
mod process;
mod programs;
mod ready;
mod settings;
mod socket;

use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

pub use error::EmbeddedError;

/// The name of the database, and of the role that owns it.
const DATABASE: &str = "chargeback";
const DATABASE_OWNER: &str = "chargeback";
/// Nothing listens on this port: it is a part of the socket's name.
const PORT: u16 = 5432;
/// How often a running server is looked after.
const GLANCE: Duration = Duration::from_millis(250);

/// How to start a private cluster. [`EmbeddedOptions::new`] has the defaults of the service.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    /// Where the cluster lives. Made when missing; an existing folder must be empty or have been made by us.
    pub folder: PathBuf,
    /// What a power cut may cost.
    pub durability: Durability,
    /// The number of connections that the server takes at a time.
    pub max_connections: u16,
    /// Memory that the server keeps for pages, in MiB.
    pub shared_buffers_mebibytes: u32,
    /// Folders to look for server programs in; `None` for `$PG_BINDIR` or the usual places.
    pub program_folders: Option<Vec<PathBuf>>,
    /// How long a server may stay silent while it starts. One that says it is recovering is waited for beyond that.
    pub start_timeout: Duration,
}

/// What a power cut may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was acknowledged.
    Kept,
    /// The whole cluster. For tests: `fsync`, `synchronous_commit` and `full_page_writes` are off.
    Throwaway,
}

impl EmbeddedOptions {
    /// A durable cluster in this folder, of the latest PostgreSQL that is installed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            durability: Durability::Kept,
            max_connections: 50,
            shared_buffers_mebibytes: 192,
            program_folders: None,
            start_timeout: Duration::from_secs(60),
        }
    }
}

/// A running private server. Dropping it ends the server, and waits until it has ended.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    started: Started,
    end: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread that keeps the server tells about it.
#[derive(Clone, Debug)]
struct Started {
    process: u32,
    socket_folder: PathBuf,
    log: PathBuf,
}

impl EmbeddedPostgres {
    /// Starts the server, makes the cluster and the database `chargeback` if they are missing, and returns when it
    /// answers: a second or a few the first time, a tenth of that later. Blocks; async callers use
    /// [`start_async`](Self::start_async).
    pub fn start(options: EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let (report, reported) = sync_channel(1);
        let (end, ended) = channel();
        let folder = options.folder.clone();
        // A thread of its own, because the kernel ends the server when the thread that started it ends, and the threads
        // of a runtime come and go.
        let thread = std::thread::Builder::new()
            .name("embedded-postgres".to_owned())
            .spawn(move || keep(&options, &report, &ended))
            .map_err(EmbeddedError::io("start a thread for", &folder))?;
        let gone = |_| EmbeddedError::io("keep a server in", &folder)(std::io::Error::other("its thread panicked"));
        let started = reported.recv().map_err(gone)??;
        Ok(Self { started, end, thread: Some(thread) })
    }

    /// [`start`](Self::start) for a tokio runtime. If its future is dropped the server is stopped as soon as it has
    /// started.
    pub async fn start_async(options: EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let folder = options.folder.clone();
        let broken = |error: tokio::task::JoinError| EmbeddedError::io("start a server in", folder)(error.into());
        tokio::task::spawn_blocking(move || Self::start(options)).await.map_err(broken)?
    }

    /// What sqlx needs to connect to the database `chargeback` as its owner.
    pub fn connect_options(&self) -> PgConnectOptions {
        connect_options(&self.started.socket_folder).database(DATABASE)
    }

    /// The same as a URL, which psql takes as well as sqlx. It holds no secret.
    pub fn url(&self) -> String {
        // The folder of the socket has a plain name, so nothing in it needs escaping.
        let socket = self.started.socket_folder.display();
        format!("postgres://{DATABASE_OWNER}@localhost:{PORT}/{DATABASE}?host={socket}&sslmode=disable")
    }

    /// The process id of the server.
    pub fn process_id(&self) -> u32 {
        self.started.process
    }

    /// The file to which the server writes its log.
    pub fn log(&self) -> &Path {
        &self.started.log
    }

    /// Whether the server still runs; one that ended by itself has said why in its log.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Ends the server: clients are cut off, pages are written. Waits until it has ended, in all cases less than half a
    /// minute. Blocks; async callers use [`stop_async`](Self::stop_async).
    pub fn stop(self) {
        drop(self);
    }

    /// [`stop`](Self::stop) for a tokio runtime.
    pub async fn stop_async(self) {
        // A panic in there has been printed, and there is nothing left to stop.
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        // The thread may have ended with its server; then there is nobody to tell and nothing to wait for.
        let _ = self.end.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn connect_options(socket_folder: &Path) -> PgConnectOptions {
    // Every part is given, so that PGHOST, PGPORT, PGSSLMODE and the like in our environment change nothing.
    PgConnectOptions::new_without_pgpass()
        .socket(socket_folder)
        .port(PORT)
        .username(DATABASE_OWNER)
        .ssl_mode(PgSslMode::Disable)
}

/// The life of the thread: start the server, report, and keep it until told to end.
fn keep(options: &EmbeddedOptions, report: &SyncSender<Result<Started, EmbeddedError>>, end: &Receiver<()>) {
    match ready::start(options) {
        Ok(mut server) => {
            let started = Started {
                process: server.child.id(),
                socket_folder: server.socket.path().to_owned(),
                log: server.folder.log(),
            };
            // If nobody listens any more, `end` is closed too, and the watch is a short one.
            let _ = report.send(Ok(started));
            watch(&mut server, end);
        }
        // If nobody listens any more, nobody wants to know.
        Err(error) => drop(report.send(Err(error))),
    }
}

fn watch(server: &mut ready::Server, end: &Receiver<()>) {
    while let Err(RecvTimeoutError::Timeout) = end.recv_timeout(GLANCE) {
        if let Some(status) = ended(&mut server.child) {
            let log = server.folder.log();
            tracing::error!(%status, log = %log.display(), "the private PostgreSQL server has ended by itself");
            return;
        }
    }
    process::stop(&mut server.child);
}

fn ended(child: &mut Child) -> Option<std::process::ExitStatus> {
    child.try_wait().ok().flatten()
}
