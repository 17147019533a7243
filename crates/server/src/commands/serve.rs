use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use store::{Store, Summaries, VersionWatch};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::wiring::{OpenStore, gate, log_steps, ownership, worker};
use crate::background::Background;
use crate::clock::Clock;
use crate::config::{Config, PageOrigin, ServerConfig};
use crate::drilldowns::{DrilldownDesk, DrilldownRunner};
use crate::gate::Gate;
use crate::http::{self, AnswerMemory, ApiState, CostFileDesk, CostFileRunner, ServedMeasures};
use crate::limits::Limits;
use crate::listen::{Certificates, Listening, Timeouts, exposure, open_files, serve_http};
use crate::metrics::Metrics;
use crate::privacy::pseudonyms;
use crate::refresh::board::RefreshBoard;
use crate::refresh::{Refresher, Worker, wait_for_end};
use crate::webhooks::{WebhookClient, WebhookSender};

/// A stop takes no longer, whatever hangs: supervisors usually kill after 30 seconds.
const LONGEST_STOP: Duration = Duration::from_secs(25);
/// How long the cancelling of queries may take, and then the closing of connections.
const LEAVE: Duration = Duration::from_secs(3);

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    super::logging::start(&config.log)?;
    serve(config, async |_| Ok(()), |_, ()| {}).await
}

/// Serves until it is told to stop. `prepare` may use the store before anyone is served; what it made is handed to `ready`
/// with the address, once the first refresh has ended.
pub(super) async fn serve<T: Send + 'static>(
    config: Config,
    prepare: impl AsyncFnOnce(&Store) -> anyhow::Result<T>,
    ready: impl FnOnce(SocketAddr, T) + Send + 'static,
) -> anyhow::Result<ExitCode> {
    let warning = exposure::check(&config.server, config.access.is_configured())?;
    if let Some(warning) = &warning {
        tracing::warn!("{warning}");
    }
    if config.export.is_empty() {
        bail!("no `[[export]]` is configured: there is nothing to serve");
    }
    let rules = ownership(&config.ownership)?;
    let pseudonyms = pseudonyms(&config.privacy)?;
    let hides_persons = pseudonyms.is_some();
    let listening = Listening::from_config(&config.server).await?;
    open_files::make_room(config.server.max_connections);
    let listener = listen(&config.server).await?;
    let address = listener.local_addr().context("the address listened on")?;
    let stop = stop_on_signal()?;
    let hangup = on_hangup()?;
    let clock = Clock::System;
    let versions = VersionWatch::default();
    let open = OpenStore::open(&config.store).await?.hiding(pseudonyms, clock.now()).await?;
    let open = open.watched_by(versions.clone(), Summaries::new(config.limits.summary_memory_bytes));
    let board = RefreshBoard::default();
    open.store.apply_ownership(&rules, clock.now()).await?;
    let metrics = Metrics::default();
    let background = Background::start().context("no threads for work in the background")?;
    let beside = open.store.beside(config.store.background_connections());
    let worker = worker(&config, &beside, board.clone(), clock, metrics.clone(), log_steps())?;
    let prepared = prepare(&open.store).await?;
    let gate = gate(&config.access, open.store.clone(), versions.clone())?;
    let gate = if hides_persons { gate.with_pseudonyms() } else { gate };
    let state = ApiState {
        gate: gate.clone(),
        limits: Limits::new(&config.limits),
        store: open.store.clone(),
        clock,
        board,
        drilldowns: DrilldownDesk::new(config.drilldown.clone()),
        cost_files: CostFileDesk::new(config.cost_files.clone()),
        versions: versions.clone(),
        // Where callers are not known, whatever is shouted is that strangers can read it.
        unauthenticated_warning: warning.is_some() && !gate.is_guarded(),
        exports: config.export.iter().map(|export| export.name.clone()).collect::<Vec<_>>().into(),
        memory: AnswerMemory::new(config.limits.answer_memory_bytes, metrics.clone()),
        metrics,
        wake: worker.wake.clone(),
        webhooks: config.webhooks,
        stop: stop.clone(),
        served_measures: ServedMeasures::default(),
    };
    let drilldowns = DrilldownRunner { refresher: worker.refresher.clone(), desk: state.drilldowns.clone() };
    let cost_files = CostFileRunner { store: beside.clone(), clock, desk: state.cost_files.clone() };
    let webhooks = WebhookSender {
        store: open.store.clone(),
        clock,
        client: WebhookClient::new(config.webhooks.allow_http_and_private)?,
    };
    let tasks = TaskTracker::new();
    tasks.spawn(watch_versions(open.store.clone(), versions, stop.clone()));
    tasks.spawn(hold_what_is_served(open.store.clone(), stop.clone()));
    tasks.spawn(keep_last_use(gate.clone(), stop.clone()));
    tasks.spawn_on(fetch_drilldowns(drilldowns, stop.clone()), background.handle());
    tasks.spawn_on(write_cost_files(cost_files, stop.clone()), background.handle());
    if config.webhooks.send {
        tasks.spawn(send_webhooks(webhooks, stop.clone()));
    }
    tasks.spawn(reload_ownership(hangup, config.clone(), worker.refresher.clone(), stop.clone()));
    if let Some(certificates) = listening.tls.clone() {
        tasks.spawn(reload_certificates(on_hangup()?, certificates, stop.clone()));
    }
    let origins: Vec<_> = config.server.cors_origins.iter().map(PageOrigin::header).collect();
    let router = http::across_origins(http::router(state), &origins);
    let server = tasks.spawn(serve_http(listener, router, listening, stop.clone()));
    tracing::info!(%address, store = %config.store.url, exports = config.export.len(), "serving");
    tasks.spawn(first_refresh(worker.clone(), stop.clone(), move || ready(address, prepared)));
    let engine = worker.refresher.engine.clone();
    tasks.spawn_on(keep_refreshed(worker, stop.clone()), background.handle());
    let postgres_ended = tokio::select! {
        () = stop.cancelled() => false,
        () = open.postgres_ended() => true,
    };
    stop.cancel();
    tracing::info!("stopping");
    tasks.close();
    let drain = Timeouts::default().drain;
    if tokio::time::timeout(drain + Duration::from_secs(1), tasks.wait()).await.is_err() {
        tracing::warn!("requests still running after {} seconds are abandoned", drain.as_secs());
    }
    let served = if server.is_finished() { server.await.context("the server stopped unexpectedly")? } else { Ok(()) };
    engine.close(LEAVE).await;
    close(open, beside).await;
    drop(background);
    served.context("the server failed")?;
    if postgres_ended {
        bail!("the private PostgreSQL ended; its log in {} says why", config.store.url);
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether the address can be had: better asked before other work is done.
pub(super) async fn check_address(config: &Config) -> anyhow::Result<()> {
    exposure::check(&config.server, config.access.is_configured())?;
    listen(&config.server).await.map(drop)
}

async fn listen(config: &ServerConfig) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(config.listen).await;
    listener.with_context(|| format!("`[server] listen`: {} cannot be listened on", config.listen))
}

fn on_hangup() -> anyhow::Result<Signal> {
    signal(SignalKind::hangup()).context("SIGHUP cannot be handled")
}

/// Queries that nobody waits for any more are cancelled, so that neither they nor the leases of loads outlive us.
async fn close(open: OpenStore, beside: Store) {
    match tokio::time::timeout(LEAVE, open.store.cancel_queries()).await {
        Ok(Ok(0)) => {}
        Ok(Ok(cancelled)) => tracing::warn!(cancelled, "queries still running are cancelled"),
        Ok(Err(error)) => tracing::warn!(%error, "queries still running cannot be cancelled"),
        Err(_) => tracing::warn!("the database does not answer: queries still running cannot be cancelled"),
    }
    let both = async { tokio::join!(open.store.close(), beside.close()) };
    if tokio::time::timeout(LEAVE, both).await.is_err() {
        tracing::warn!("database connections still in use are cut off");
    }
    if let Some(postgres) = open.postgres {
        postgres.stop_async().await;
    }
}

/// Whatever still hangs then ends with the process. A thread, because what hangs may be the runtime.
fn end_after(longest: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(longest);
        tracing::error!("the stop takes longer than {} seconds: the process ends now", longest.as_secs());
        std::process::exit(1);
    });
}

fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be handled")?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be handled")?;
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        token.cancel();
        end_after(LONGEST_STOP);
        // Whoever asks twice does not want to wait.
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(stop)
}

/// When keys were last used is written down now and then, and once more at the end.
async fn keep_last_use(gate: Gate, stop: CancellationToken) {
    tokio::select! {
        () = gate.keep_last_use() => {}
        () = stop.cancelled() => gate.write_last_use().await,
    }
}

async fn watch_versions(store: Store, versions: VersionWatch, stop: CancellationToken) {
    tokio::select! {
        () = store.watch_versions(versions) => {}
        () = stop.cancelled() => {}
    }
}

async fn hold_what_is_served(store: Store, stop: CancellationToken) {
    tokio::select! {
        () = store.hold_what_is_served() => {}
        () = stop.cancelled() => {}
    }
}

/// What is being fetched when it ends is left for the next process to take up.
async fn fetch_drilldowns(drilldowns: DrilldownRunner, stop: CancellationToken) {
    tokio::select! {
        () = drilldowns.run() => {}
        () = stop.cancelled() => {}
    }
}

/// What is being written when it ends is left for the next process to take up.
async fn write_cost_files(cost_files: CostFileRunner, stop: CancellationToken) {
    tokio::select! {
        () = cost_files.run() => {}
        () = stop.cancelled() => {}
    }
}

/// What is being sent when it ends is sent again by the next process.
async fn send_webhooks(webhooks: WebhookSender, stop: CancellationToken) {
    tokio::select! {
        () = webhooks.run() => {}
        () = stop.cancelled() => {}
    }
}

/// Does what is due and what is asked for, as one of the instances that may.
async fn keep_refreshed(worker: Worker, stop: CancellationToken) {
    // Dropping a refresh that is running leaves nothing half visible: it is taken up again, here or elsewhere.
    tokio::select! {
        () = worker.work() => {}
        () = stop.cancelled() => {}
    }
}

/// Asks for a refresh and calls `ready` when it has ended, whichever instance did it.
async fn first_refresh(worker: Worker, stop: CancellationToken, ready: impl FnOnce()) {
    let first = async {
        let store = &worker.refresher.store;
        let requested = loop {
            match store.request_refresh_at_start(worker.every, worker.refresher.clock.now()).await {
                Ok(requested) => break requested,
                Err(error) => tracing::warn!(%error, "the first refresh waits for the database"),
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        worker.wake.notify_one();
        wait_for_end(store, requested.refresh_id).await;
        ready();
    };
    tokio::select! {
        () = first => {}
        () = stop.cancelled() => {}
    }
}

/// On SIGHUP the ownership file is read again. Where it is wrong, the rules before stay in force.
async fn reload_ownership(mut hangup: Signal, config: Config, refresher: Refresher, stop: CancellationToken) {
    loop {
        tokio::select! {
            _ = hangup.recv() => {}
            () = stop.cancelled() => return,
        }
        let apply = async {
            let rules = ownership(&config.ownership)?;
            anyhow::Ok(refresher.store.apply_ownership(&rules, refresher.clock.now()).await?)
        };
        let applied = tokio::select! {
            applied = apply => applied,
            () = stop.cancelled() => return,
        };
        refresher.board.post_ownership(applied.as_ref().err().map(|error| format!("{error:#}")));
        match applied {
            Ok(applied) => tracing::info!(
                ownership_version = applied.ownership_version,
                changed = applied.changed,
                loads = applied.loads,
                "ownership rules read again"
            ),
            Err(error) => tracing::error!(error = format!("{error:#}"), "the ownership rules before stay in force"),
        }
    }
}

/// On SIGHUP the certificate is read again. Where it is wrong, the one before stays in force.
async fn reload_certificates(mut hangup: Signal, certificates: Certificates, stop: CancellationToken) {
    loop {
        tokio::select! {
            _ = hangup.recv() => {}
            () = stop.cancelled() => return,
        }
        match certificates.read_again().await {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::error!(error, "the certificate before stays in force");
            }
        }
    }
}
