//! `chargeback audit verify`: proves that nobody has touched the audit log, or says where.

use std::io::Write;
use std::process::ExitCode;

use access::audit::ChainHash;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use store::audit::{AuditHead, AuditVerdict};

use super::wiring::OpenStore;
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct AuditArguments {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Read the whole audit log and prove that no entry was changed or taken out. Writes the last entry's number and hash.
    Verify(VerifyArguments),
}

#[derive(Debug, Args)]
struct VerifyArguments {
    /// What this command wrote before: proves that the log up to there is still the same.
    #[arg(long, value_name = "SEQUENCE:HASH", value_parser = noted_head)]
    expect: Option<AuditHead>,
}

pub(super) async fn run(config: Config, arguments: AuditArguments) -> anyhow::Result<ExitCode> {
    super::logging::start(&config.log)?;
    let AuditCommand::Verify(VerifyArguments { expect }) = arguments.command;
    let open = OpenStore::open(&config.store).await?;
    let verdict = open.store.verify_audit(expect).await;
    open.close().await;
    match verdict? {
        AuditVerdict::Intact(head) => report(head).map(|()| ExitCode::SUCCESS),
        AuditVerdict::Broken(broken) => bail!("the audit log is broken: {broken}"),
    }
}

fn report(head: AuditHead) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{head}").context("standard output is closed")?;
    eprintln!(
        "The audit log is intact: {} entries, each as it was written. Whoever can write to the database can write the log \
         anew: note the line above somewhere else, and give it to --expect the next time.",
        head.sequence
    );
    Ok(())
}

fn noted_head(text: &str) -> anyhow::Result<AuditHead> {
    let read = || {
        let (sequence, hash) = text.split_once(':')?;
        let sequence = sequence.parse().ok().filter(|sequence| *sequence >= 0)?;
        let hash = HEXLOWER.decode(hash.as_bytes()).ok()?.try_into().ok()?;
        Some(AuditHead { sequence, hash: ChainHash(hash) })
    };
    read().context("write what `chargeback audit verify` wrote: a number, `:` and 64 hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noted_head_is_read_back_as_itself() {
        let head = AuditHead { sequence: 7, hash: ChainHash([0xa5; 32]) };
        assert_eq!(noted_head(&head.to_string()).expect("a head"), head);
        let hash = "a5".repeat(32);
        for wrong in [String::new(), "7".to_owned(), format!("-7:{hash}"), format!("7:{hash}0"), "7:a5".to_owned()] {
            assert!(noted_head(&wrong).is_err(), "{wrong}");
        }
    }
}
