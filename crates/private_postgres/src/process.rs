//! Runs the server programs: as whom, with what they may see of us, and that they end with us.

use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::account::Account;
use super::error::last_lines;
use super::folder::Folder;
use super::programs::Programs;
use super::{DATABASE_OWNER, Durability, EmbeddedError};

/// How long a server may take to write its last pages before it is told to drop them.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes a new cluster, complete or not at all.
pub(super) fn initialise(
    programs: &Programs,
    folder: &Folder,
    account: &Account,
    durability: Durability,
) -> Result<(), EmbeddedError> {
    let data = folder.unfinished_data(account)?;
    let mut command = prepared(&programs.initdb(), account);
    command.arg("--pgdata").arg(&data).arg(format!("--username={DATABASE_OWNER}"));
    // Who may enter the folder of the socket may do anything: the rights of that folder are the lock.
    command.args(["--auth-local=trust", "--auth-host=reject"]);
    // The locale C is there on every system, and sorts alike on all of them.
    command.args(["--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"]);
    if durability == Durability::Throwaway {
        command.arg("--no-sync");
    }
    let output = command.output().map_err(EmbeddedError::io("run", programs.initdb()))?;
    if !output.status.success() {
        let text = if output.stderr.is_empty() { output.stdout } else { output.stderr };
        return Err(EmbeddedError::Initialise { output: last_lines(&text) });
    }
    folder.finish_data(&data)
}

/// Starts the server; gives it and the length of the log before its first line.
pub(super) fn spawn(programs: &Programs, folder: &Folder, account: &Account) -> Result<(Child, u64), EmbeddedError> {
    let (log, from) = folder.open_log()?;
    let log_too = log.try_clone().map_err(EmbeddedError::io("open", folder.log()))?;
    let mut settings = std::ffi::OsString::from("config_file=");
    settings.push(folder.settings());
    let mut command = prepared(&programs.postgres(), account);
    command.arg("-D").arg(folder.data()).arg("-c").arg(settings).stdout(log).stderr(log_too);
    let child = command.spawn().map_err(EmbeddedError::io("run", programs.postgres()))?;
    Ok((child, from))
}

/// Ends the server: politely (clients are cut off, pages are written), then quickly, then at once.
pub(super) fn stop(child: &mut Child) {
    for (signal, patience) in [(Signal::INT, PATIENCE), (Signal::QUIT, PATIENCE), (Signal::KILL, PATIENCE)] {
        // The only error is that it has ended, which the wait finds too. Its number cannot have been given to another
        // process, because we have not waited for it yet.
        let _ = kill_process(Pid::from_child(child), signal);
        if wait_for_end(child, patience) {
            return;
        }
        tracing::warn!(process = child.id(), ?signal, "the PostgreSQL server did not end in time");
    }
}

fn wait_for_end(child: &mut Child, patience: Duration) -> bool {
    let begin = Instant::now();
    loop {
        match child.try_wait() {
            Ok(None) if begin.elapsed() < patience => sleep(Duration::from_millis(5)),
            Ok(None) => return false,
            Ok(Some(_)) | Err(_) => return true,
        }
    }
}

fn prepared(program: &Path, account: &Account) -> Command {
    let mut command = Command::new(program);
    // Our environment may hold keys to AWS, and a server needs none of it.
    command.env_clear().env("LC_ALL", "C");
    for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    // The folder that we stand in may be closed to the server's user.
    command.current_dir("/").stdin(Stdio::null());
    // Ctrl-C at the terminal reaches a whole process group: we want to hear it first, and stop the server last.
    command.process_group(0);
    account.run(&mut command);
    end_with_us(&mut command);
    command
}

/// Has Linux send the child SIGINT (to PostgreSQL: end in good order) when the thread that spawns it ends.
#[cfg(target_os = "linux")]
fn end_with_us(command: &mut Command) {
    let parent = rustix::process::getpid();
    let ask = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::INT))?;
        // We may have died between the fork and the line above; then nobody would send the signal.
        match rustix::process::getppid() {
            Some(now) if now == parent => Ok(()),
            _ => Err(io::Error::other("the service has ended")),
        }
    };
    // SAFETY: between fork and exec only async-signal-safe functions may run. These are two system calls; nothing is
    // allocated unless the service is dead, and then this child is about to end with it. The hook runs after the change
    // of user, which would clear the signal.
    unsafe {
        command.pre_exec(ask);
    }
}

/// Elsewhere a server outlives a service that was killed; the next start names it and says how to stop it.
#[cfg(not(target_os = "linux"))]
fn end_with_us(_command: &mut Command) {}
