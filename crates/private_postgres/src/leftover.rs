//! What a service that was killed leaves behind: a server that is still ending, or a note of one that is gone.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::EmbeddedError;

/// Waits until no server runs on the data folder, and removes the note of one that is gone.
///
/// To be called while holding the lock of the folder: then no service owns such a server, and it is about to end.
/// PostgreSQL would refuse to start over a note whose process number another process has been given since (after a
/// power cut, say). Its own check of the shared memory still guards the data when the note is gone.
pub(super) fn wait_until_gone(folder: &Path, data: &Path, patience: Duration) -> Result<(), EmbeddedError> {
    let note = data.join("postmaster.pid");
    let begin = Instant::now();
    while let Some(process) = noted_process(&note).filter(|process| is_server(*process)) {
        if begin.elapsed() > patience {
            return Err(EmbeddedError::LeftOver { folder: folder.to_owned(), process });
        }
        sleep(Duration::from_millis(20));
    }
    if fs::symlink_metadata(&note).is_ok() {
        tracing::info!(note = %note.display(), "the PostgreSQL server was cut off; it will recover");
        super::folder::remove(&note).map_err(EmbeddedError::io("remove", &note))?;
    }
    Ok(())
}

fn noted_process(note: &Path) -> Option<u32> {
    // The first line is the process number, negative for a server that runs without a postmaster.
    let number: i64 = fs::read_to_string(note).ok()?.lines().next()?.trim().parse().ok()?;
    u32::try_from(number.unsigned_abs()).ok()
}

/// Whether a process is a running PostgreSQL server: not another program, and not a dead one that nobody waited for.
#[cfg(target_os = "linux")]
fn is_server(process: u32) -> bool {
    // `4711 (postgres) S …`: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    let Ok(text) = fs::read_to_string(format!("/proc/{process}/stat")) else { return false };
    let (Some(open), Some(close)) = (text.find('('), text.rfind(')')) else { return false };
    let name = &text[open + 1..close];
    let dead = text[close + 1..].trim_start().starts_with(['Z', 'X']);
    !dead && matches!(name, "postgres" | "postmaster")
}

/// Whether a process exists; whether it is a server cannot be seen here.
#[cfg(not(target_os = "linux"))]
fn is_server(process: u32) -> bool {
    let process = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    process.is_some_and(|process| rustix::process::test_kill_process(process).is_ok())
}
