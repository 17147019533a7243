//! The `chargeback` binary.

use std::process::ExitCode;

use clap::Parser;
use server::commands::{Cli, run};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // One sentence with its causes, and no backtrace: this is read by the person who typed the command.
            eprintln!("chargeback: {error:#}");
            ExitCode::FAILURE
        }
    }
}
