use std::io::Write;
use std::process::ExitCode;

use access::Caller;
use access::audit::{AuditAction, AuditEvent};
use anyhow::{Context, bail};
use bill::BillingPeriod;
use clap::Args;
use serde_json::json;

use super::wiring::{OpenStore, ownership, refresher};
use crate::clock::Clock;
use crate::config::Config;
use crate::privacy::pseudonyms;
use crate::refresh::RefreshRequest;
use crate::refresh::board::{RefreshBoard, RefreshOutcome};

#[derive(Debug, Args)]
pub(super) struct RefreshArguments {
    /// Only this billing period, such as 2026-10; may be given several times.
    #[arg(long = "period", value_name = "YYYY-MM")]
    periods: Vec<BillingPeriod>,
    /// Read again what has not changed.
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(config: Config, arguments: RefreshArguments) -> anyhow::Result<ExitCode> {
    super::logging::start(&config.log)?;
    if config.export.is_empty() {
        bail!("no `[[export]]` is configured: there is nothing to refresh");
    }
    let rules = ownership(&config.ownership)?;
    let pseudonyms = pseudonyms(&config.privacy)?;
    let clock = Clock::System;
    let open = OpenStore::open(&config.store).await?.hiding(pseudonyms, clock.now()).await?;
    let caller = Caller::command_line();
    open.store.change_ownership(&rules, &caller, clock.now()).await?;
    let refresher = refresher(&config, open.store.clone(), RefreshBoard::default(), clock)?;
    let request = RefreshRequest { periods: arguments.periods.into_iter().collect(), force: arguments.force };
    let event = AuditEvent {
        details: json!({ "periods": request.periods, "force": request.force }),
        ..AuditEvent::new(clock.now(), AuditAction::RefreshRequested, &caller)
    };
    open.store.record(&event).await?;
    let outcomes = refresher.refresh(&request).await;
    drop(refresher);
    open.close().await;
    report(&outcomes)
}

fn report(outcomes: &[RefreshOutcome]) -> anyhow::Result<ExitCode> {
    let mut output = std::io::stdout().lock();
    for outcome in outcomes {
        let RefreshOutcome { export, period, result, message, .. } = outcome;
        let what = [export.as_str(), period.as_str(), *result].into_iter().filter(|word| !word.is_empty());
        writeln!(output, "{}: {message}", what.collect::<Vec<_>>().join(" ")).context("standard output is closed")?;
    }
    let failed = outcomes.iter().any(|outcome| outcome.result == "failed");
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
