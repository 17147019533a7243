//! `chargeback keys`: API keys from the command line of the service's own machine, where everything is allowed.
//!
//! The text of a new key is all that these commands write on standard output, so that it can be piped to where it is kept.

mod arguments;
mod create;
mod list;
mod revoke;
mod rotate;
mod table;

use std::io::Write;
use std::process::ExitCode;

use access::api_key::NewKey;
use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use store::Store;
use uuid::Uuid;

use super::wiring::OpenStore;
use crate::clock::Clock;
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct KeysArguments {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a key. Its text is written on standard output, this once.
    Create(create::CreateArguments),
    /// List all keys.
    List(list::ListArguments),
    /// Have a key refused from now on.
    Revoke(revoke::RevokeArguments),
    /// Make a key that takes the place of another one, which is accepted for a while longer.
    Rotate(rotate::RotateArguments),
}

pub(super) async fn run(config: Config, arguments: KeysArguments) -> anyhow::Result<ExitCode> {
    super::logging::start(&config.log)?;
    let open = OpenStore::open(&config.store).await?;
    let result = run_on(&open.store, Clock::System.now(), arguments.command).await;
    open.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

async fn run_on(store: &Store, now: DateTime<Utc>, command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Create(arguments) => create::run(store, now, arguments).await,
        KeysCommand::List(arguments) => list::run(store, now, &arguments).await,
        KeysCommand::Revoke(arguments) => revoke::run(store, now, &arguments).await,
        KeysCommand::Rotate(arguments) => rotate::run(store, now, &arguments).await,
    }
}

fn unknown(key_id: Uuid) -> anyhow::Error {
    anyhow::anyhow!("there is no key {key_id}; `chargeback keys list` lists those that there are")
}

fn show(key: &NewKey) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{}", key.expose()).context("standard output is closed")
}

fn until(end: Option<DateTime<Utc>>) -> String {
    end.map_or_else(|| "it is revoked".to_owned(), table::time)
}
