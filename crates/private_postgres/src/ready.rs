//! The way from a folder to a server that answers.

use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};

use super::folder::Folder;
use super::programs::{self, Programs};
use super::socket::SocketFolder;
use super::{DATABASE, EmbeddedError, EmbeddedOptions, connect_options, leftover, process, settings};

/// How long the server of a service that was killed may take to end.
const LEFTOVER_PATIENCE: Duration = Duration::from_secs(20);
/// How often a starting server is asked.
const POLL: Duration = Duration::from_millis(20);
/// How long one question to it may take.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);
/// What PostgreSQL says while the processes of a killed server are still ending.
const STILL_ENDING: [&str; 2] = ["\"postmaster.pid\" already exists", "is still in use"];

/// A server, and all that must be there for as long as it runs. Fields are dropped in this order: the lock goes last.
pub(super) struct Server {
    pub(super) child: Child,
    pub(super) socket: SocketFolder,
    pub(super) folder: Folder,
}

/// Starts the server and waits until its database answers.
pub(super) fn start(options: &EmbeddedOptions) -> Result<Server, EmbeddedError> {
    let (folder, account) = Folder::take(&options.folder)?;
    let cluster = folder.cluster_major()?;
    let found = Programs::in_folders(&options.program_folders.clone().unwrap_or_else(programs::usual_folders));
    let programs = programs::choose(found, folder.path(), cluster)?;
    if cluster.is_none() {
        process::initialise(&programs, &folder, &account, options.durability)?;
    }
    leftover::wait_until_gone(folder.path(), &folder.data(), LEFTOVER_PATIENCE)?;
    let socket = SocketFolder::make(&folder, &account)?;
    folder.write_settings(&settings::postgresql_conf(options, socket.path()))?;

    let begin = Instant::now();
    loop {
        let (mut child, log_from) = process::spawn(&programs, &folder, &account)?;
        match wait_for_answer(&mut child, &socket, &folder, options.start_timeout, log_from) {
            Ok(()) => return Ok(Server { child, socket, folder }),
            Err(EmbeddedError::Ended { tail, .. })
                if STILL_ENDING.iter().any(|text| tail.contains(text)) && begin.elapsed() < LEFTOVER_PATIENCE =>
            {
                sleep(5 * POLL);
            }
            Err(error) => {
                process::stop(&mut child);
                return Err(error);
            }
        }
    }
}

fn wait_for_answer(
    child: &mut Child,
    socket: &SocketFolder,
    folder: &Folder,
    timeout: Duration,
    log_from: u64,
) -> Result<(), EmbeddedError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(EmbeddedError::io("prepare a connection to", socket.path()))?;
    let mut heard = Instant::now();
    loop {
        if super::ended(child).is_some() {
            return Err(EmbeddedError::Ended { log: folder.log(), tail: folder.log_tail(log_from) });
        }
        match runtime.block_on(prepare_database(socket)) {
            Ok(()) => return Ok(()),
            Err(Answer::Recovering) => heard = Instant::now(),
            Err(Answer::Refused(error)) => return Err(error.into()),
            Err(Answer::None) if heard.elapsed() > timeout => {
                return Err(EmbeddedError::Silent { seconds: timeout.as_secs(), log: folder.log() });
            }
            Err(Answer::None) => {}
        }
        sleep(POLL);
    }
}

/// What a server that is not ready answers.
enum Answer {
    /// Nothing at all.
    None,
    /// It repeats its log after a crash, which takes its time and ends by itself.
    Recovering,
    /// It will not get better.
    Refused(sqlx::Error),
}

impl From<sqlx::Error> for Answer {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_) => Self::None,
            // 57P03 is cannot_connect_now: https://www.postgresql.org/docs/current/errcodes-appendix.html
            sqlx::Error::Database(answer) if answer.code().as_deref() == Some("57P03") => Self::Recovering,
            _ => Self::Refused(error),
        }
    }
}

async fn prepare_database(socket: &SocketFolder) -> Result<(), Answer> {
    let options = connect_options(socket.path()).database("postgres");
    let connect = tokio::time::timeout(ANSWER_PATIENCE, PgConnection::connect_with(&options));
    let mut connection = connect.await.map_err(|_| Answer::None)??;
    let exists = "select exists (select from pg_database where datname = $1)";
    if !sqlx::query_scalar::<_, bool>(exists).bind(DATABASE).fetch_one(&mut connection).await? {
        sqlx::query("create database chargeback").execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}
