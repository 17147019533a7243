use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use access::Caller;
use anyhow::{Context, bail};
use bill::BillingPeriod;
use clap::Args;
use store::refreshes::{Occasion, RefreshRecord, RefreshState, RefreshToRequest};
use uuid::Uuid;

use super::refresh_bar::RefreshBar;
use super::wiring::{OpenStore, log_steps, ownership, worker};
use crate::clock::Clock;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::privacy::pseudonyms;
use crate::refresh::Worker;
use crate::refresh::board::RefreshBoard;

/// How often the progress that is shown is looked up.
const SHOWN_EVERY: Duration = Duration::from_millis(200);

/// How long queries whose answers are not wanted any more may take to be stopped.
const LEAVE: Duration = Duration::from_secs(3);

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
    let bar = RefreshBar::new();
    super::logging::start_above(&config.log, &bar.bar)?;
    if config.export.is_empty() {
        bail!("no `[[export]]` is configured: there is nothing to refresh");
    }
    let rules = ownership(&config.ownership)?;
    let pseudonyms = pseudonyms(&config.privacy)?;
    let clock = Clock::System;
    let open = OpenStore::open(&config.store).await?.hiding(pseudonyms, clock.now()).await?;
    let caller = Caller::command_line();
    open.store.change_ownership(&rules, &caller, clock.now()).await?;
    // On a terminal the bar shows the steps.
    let on_step = if bar.is_drawn() { Arc::new(|_: &str, _, _| {}) } else { log_steps() };
    let worker = worker(&config, &open.store, RefreshBoard::default(), clock, Metrics::default(), on_step)?;
    let wanted = RefreshToRequest {
        occasion: Occasion::CommandLine,
        periods: arguments.periods.into_iter().collect(),
        force: arguments.force,
    };
    let requested = open.store.request_refresh(&wanted, &caller, None, clock.now()).await?;
    let ended = tokio::select! {
        ended = watch(&worker, requested.refresh_id, &bar) => ended?,
        done = perform(&worker, requested.refresh_id) => done?,
    };
    bar.finish();
    worker.refresher.engine.close(LEAVE).await;
    drop(worker);
    open.close().await;
    report(&ended)
}

/// Takes the refresh up as soon as nobody else does it or another one.
async fn perform(worker: &Worker, refresh_id: Uuid) -> anyhow::Result<RefreshRecord> {
    let store = &worker.refresher.store;
    loop {
        if let Some(lease) = store.claim_refresh(Some(refresh_id), worker.refresher.clock.now()).await? {
            worker.perform(lease).await?;
        }
        // It is over, or another process does it: whoever watches will see the end of it.
        if let Some(ended) = store.refresh(refresh_id).await?.filter(|refresh| refresh.state.is_over()) {
            return Ok(ended);
        }
        tokio::time::sleep(SHOWN_EVERY).await;
    }
}

/// Shows how far the refresh is, whichever process does it, until it is over.
async fn watch(worker: &Worker, refresh_id: Uuid, bar: &RefreshBar) -> anyhow::Result<RefreshRecord> {
    loop {
        let refresh = worker.refresher.store.refresh(refresh_id).await?;
        let refresh = refresh.with_context(|| format!("the refresh {refresh_id} is not there any more"))?;
        bar.show(&refresh);
        if refresh.state.is_over() {
            return Ok(refresh);
        }
        tokio::time::sleep(SHOWN_EVERY).await;
    }
}

fn report(refresh: &RefreshRecord) -> anyhow::Result<ExitCode> {
    let mut output = std::io::stdout().lock();
    for part in &refresh.parts {
        let period = part.period.map(|period| period.to_string());
        let what: Vec<&str> =
            [Some(part.export.as_str()), period.as_deref(), part.result.as_deref()].into_iter().flatten().collect();
        let message = part.message.as_deref().unwrap_or_default();
        writeln!(output, "{}: {message}", what.join(" ")).context("standard output is closed")?;
    }
    Ok(if refresh.state == RefreshState::Failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
