//! The `chargeback` binary.

use std::process::ExitCode;

use clap::Parser;
use server::commands::{Cli, run};

/// Answers are long and live shortly: the C library gives their memory back to the system each time, to ask for it again.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        // Whoever read our output has read enough, as in `chargeback classify | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // One sentence with its causes, and no backtrace: this is read by the person who typed the command.
            eprintln!("chargeback: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    causes.any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
