//! The command line: one binary, many commands.

mod audit;
mod classify;
mod demo;
mod demo_key;
mod engines;
mod health;
mod keys;
mod logging;
mod migrate;
mod openapi;
mod refresh;
mod refresh_bar;
mod sample;
mod serve;
mod wiring;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::config;

/// Amazon Bedrock cost per team, principal, model and tag, from an AWS CUR 2.0 export, to the last decimal.
#[derive(Debug, Parser)]
#[command(name = "chargeback", version, max_term_width = 120)]
pub struct Cli {
    /// The configuration file; `chargeback.toml` in this folder if it is there.
    #[arg(long, global = true, value_name = "FILE", env = "CHARGEBACK_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Keep the exports refreshed and serve the API.
    Serve,
    /// Write a sample export, refresh it into a private PostgreSQL, and serve it.
    Demo(demo::DemoArguments),
    /// Read what is new in the exports, once.
    Refresh(refresh::RefreshArguments),
    /// Make, list, replace and revoke API keys.
    Keys(keys::KeysArguments),
    /// Prove that the audit log was not changed.
    Audit(audit::AuditArguments),
    /// Ask the service on this machine whether it lives: for supervisors and containers.
    Health(health::HealthArguments),
    /// Bring the database schema up to date.
    Migrate,
    /// Write a sample CUR 2.0 export.
    Sample(sample::SampleArguments),
    /// Read usage types on standard input, write what they mean as CSV on standard output.
    Classify,
    /// Write the OpenAPI document on standard output.
    Openapi,
}

/// Does what the command line says.
///
/// # Errors
/// With one sentence saying what went wrong and where.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // Commands that need no configuration do not read it, but a file that was named must be right.
    let config = || config::load(cli.config.as_deref());
    match cli.command {
        Command::Sample(arguments) => checked(&cli.config).and_then(|()| sample::run(&arguments)),
        Command::Classify => checked(&cli.config).and_then(|()| classify::run()),
        Command::Openapi => checked(&cli.config).and_then(|()| openapi::run()),
        Command::Serve => block_on(serve::run(config()?)),
        Command::Demo(arguments) => block_on(demo::run(config()?, arguments)),
        Command::Refresh(arguments) => block_on(refresh::run(config()?, arguments)),
        Command::Keys(arguments) => block_on(keys::run(config()?, arguments)),
        Command::Audit(arguments) => block_on(audit::run(config()?, arguments)),
        Command::Health(arguments) => block_on(health::run(config()?, arguments)),
        Command::Migrate => block_on(migrate::run(config()?)),
    }
}

fn checked(file: &Option<PathBuf>) -> anyhow::Result<()> {
    if let Some(file) = file {
        config::load(Some(file))?;
    }
    Ok(())
}

fn block_on(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime cannot be started")?
        .block_on(work)
}
