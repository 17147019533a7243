//! Runs a command with a private PostgreSQL server, whose address it finds in `DATABASE_URL`.
//!
//! ```text
//! with_postgres [--keep DIR] -- COMMAND ARGUMENT…
//! with_postgres -- cargo test --workspace
//! ```
//!
//! The server is fresh, lives in a temporary folder, trades durability for speed, and is gone when the command ends.
//! With `--keep` it lives durably in DIR, and the next call finds its data there. Exit code and signals pass through.

use std::error::Error;
use std::ffi::OsString;
use std::fs::{Permissions, set_permissions};
use std::io::{self, IsTerminal};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};

use private_postgres::{Durability, EmbeddedOptions, EmbeddedPostgres};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::signal::unix::{self, SignalKind};

const USAGE: &str = "usage: with_postgres [--keep DIR] -- COMMAND ARGUMENT…";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(arguments) = Arguments::read(std::env::args_os().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(arguments).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("with_postgres: {error}");
            ExitCode::from(127)
        }
    }
}

struct Arguments {
    keep: Option<PathBuf>,
    program: OsString,
    rest: Vec<OsString>,
}

impl Arguments {
    fn read(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let mut keep = None;
        let mut next = arguments.next()?;
        if next == "--keep" {
            keep = Some(PathBuf::from(arguments.next()?));
            next = arguments.next()?;
        }
        let program = (next == "--").then(|| arguments.next())??;
        Some(Self { keep, program, rest: arguments.collect() })
    }
}

async fn run(arguments: Arguments) -> Result<u8, Box<dyn Error>> {
    let mut signals = Signals::listen()?;
    let temporary = if arguments.keep.is_none() { Some(temporary_folder()?) } else { None };
    let server = EmbeddedPostgres::start_async(options(arguments.keep, temporary.as_ref())).await?;
    let status = if let Some(signal) = signals.arrived().await {
        Ok(ExitStatus::from_raw(signal.as_raw()))
    } else {
        let mut command = Command::new(&arguments.program);
        command.args(&arguments.rest).env("DATABASE_URL", server.url());
        let program = arguments.program.display();
        let child = command.spawn().map_err(|error| format!("cannot run `{program}`: {error}"));
        match child {
            Ok(mut child) => wait(&mut child, &mut signals).await.map_err(|error| error.to_string()),
            Err(error) => Err(error),
        }
    };
    server.stop_async().await;
    if let Some(folder) = temporary {
        folder.close()?;
    }
    Ok(exit_code(status?))
}

fn options(keep: Option<PathBuf>, temporary: Option<&TempDir>) -> EmbeddedOptions {
    // Tests run side by side, each with its own database and connections.
    let max_connections = 100;
    match (keep, temporary) {
        (None, Some(folder)) => EmbeddedOptions {
            durability: Durability::Throwaway,
            max_connections,
            ..EmbeddedOptions::new(folder.path().join("store"))
        },
        (keep, _) => EmbeddedOptions { max_connections, ..EmbeddedOptions::new(keep.unwrap_or_default()) },
    }
}

/// A folder through which the server's user may pass when we are root.
fn temporary_folder() -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("chargeback-postgres-").tempdir()?;
    set_permissions(folder.path(), Permissions::from_mode(0o711))?;
    Ok(folder)
}

async fn wait(child: &mut Child, signals: &mut Signals) -> io::Result<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return status,
            signal = signals.next() => forward(child, signal),
        }
    }
}

fn forward(child: &Child, signal: Signal) {
    // At a terminal, Ctrl-C has reached the command as well as us. Twice would mean "at once" to some programs.
    if signal == Signal::INT && io::stdin().is_terminal() {
        return;
    }
    let process = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(process) = process {
        // The only error is that it has just ended.
        let _ = kill_process(process, signal);
    }
}

/// As a shell says it: the code of the command, or 128 and the number of the signal that ended it.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hang_up: unix::Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hang_up: unix::signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
        }
    }

    /// A signal that came before now.
    async fn arrived(&mut self) -> Option<Signal> {
        tokio::select! {
            biased;
            signal = self.next() => Some(signal),
            () = std::future::ready(()) => None,
        }
    }
}
