use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use store::{Store, VersionWatch};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::wiring::{OpenStore, ownership, refresher};
use crate::clock::Clock;
use crate::config::{Config, ServerConfig};
use crate::http::{self, ApiState};
use crate::refresh::board::RefreshBoard;
use crate::refresh::{RefreshRequest, Refresher};

/// How long requests in flight may take once the service is told to stop.
const DRAIN: Duration = Duration::from_secs(10);

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    super::logging::start(&config.log)?;
    serve(config, |_| {}).await
}

/// Serves until it is told to stop; `ready` is told the address once the first refresh has ended.
pub(super) async fn serve(config: Config, ready: impl FnOnce(SocketAddr) + Send + 'static) -> anyhow::Result<ExitCode> {
    refuse_strangers(&config.server)?;
    if config.export.is_empty() {
        bail!("no `[[export]]` is configured: there is nothing to serve");
    }
    let rules = ownership(&config.ownership)?;
    let listener = listen(&config.server).await?;
    let address = listener.local_addr().context("the address listened on")?;
    let stop = stop_on_signal()?;
    let hangup = signal(SignalKind::hangup()).context("SIGHUP cannot be handled")?;
    let open = OpenStore::open(&config.store).await?;
    let clock = Clock::System;
    let board = RefreshBoard::default();
    let versions = VersionWatch::default();
    open.store.apply_ownership(&rules, clock.now()).await?;
    let refresher = refresher(&config, open.store.clone(), board.clone(), clock)?;
    let state = ApiState {
        store: open.store.clone(),
        clock,
        board,
        versions: versions.clone(),
        unauthenticated_warning: config.server.allow_unauthenticated,
        exports: config.export.iter().map(|export| export.name.clone()).collect::<Vec<_>>().into(),
    };
    let tasks = TaskTracker::new();
    tasks.spawn(watch_versions(open.store.clone(), versions, stop.clone()));
    tasks.spawn(reload_ownership(hangup, config.clone(), refresher.clone(), stop.clone()));
    let server = tasks.spawn(serve_http(listener, state, stop.clone()));
    tracing::info!(%address, store = %config.store.url, exports = config.export.len(), "serving");
    tasks.spawn(keep_refreshed(refresher, config.refresh.every, stop.clone(), move || ready(address)));
    let postgres_ended = tokio::select! {
        () = stop.cancelled() => false,
        () = open.postgres_ended() => true,
    };
    stop.cancel();
    tracing::info!("stopping");
    tasks.close();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::warn!("requests still running after {} seconds are abandoned", DRAIN.as_secs());
    }
    let served = if server.is_finished() { server.await.context("the server stopped unexpectedly")? } else { Ok(()) };
    if tokio::time::timeout(DRAIN, open.close()).await.is_err() {
        tracing::warn!("database connections still in use are cut off");
    }
    served.context("the server failed")?;
    if postgres_ended {
        bail!("the private PostgreSQL ended; its log in {} says why", config.store.url);
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether the address can be had: better asked before other work is done.
pub(super) async fn check_address(config: &ServerConfig) -> anyhow::Result<()> {
    refuse_strangers(config)?;
    listen(config).await.map(drop)
}

async fn listen(config: &ServerConfig) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(config.listen).await;
    listener.with_context(|| format!("`[server] listen`: {} cannot be listened on", config.listen))
}

/// Until callers are known, only this machine may ask.
fn refuse_strangers(config: &ServerConfig) -> anyhow::Result<()> {
    if config.listen.ip().is_loopback() {
        return Ok(());
    }
    if !config.allow_unauthenticated {
        bail!(
            "`[server] listen` is {}, which other machines can reach, and callers are not known yet: listen on \
             127.0.0.1, or set `[server] allow_unauthenticated = true` to show every team's cost to anyone",
            config.listen
        );
    }
    tracing::warn!("ANYONE WHO CAN REACH {} SEES EVERY TEAM'S COST: allow_unauthenticated is set", config.listen);
    Ok(())
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
        // Whoever asks twice does not want to wait.
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(stop)
}

async fn serve_http(listener: TcpListener, state: ApiState, stop: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, http::router(state)).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn watch_versions(store: Store, versions: VersionWatch, stop: CancellationToken) {
    tokio::select! {
        () = store.watch_versions(versions) => {}
        () = stop.cancelled() => {}
    }
}

/// Refreshes at once and then every so often; `first` is called after the first time.
async fn keep_refreshed(refresher: Refresher, every: Duration, stop: CancellationToken, first: impl FnOnce()) {
    let everything = RefreshRequest::default();
    // Dropping a refresh that is running leaves nothing half visible: its load is cleared away by the next one.
    let rounds = async {
        refresher.refresh(&everything).await;
        first();
        loop {
            tokio::time::sleep(every).await;
            refresher.refresh(&everything).await;
        }
    };
    tokio::select! {
        () = rounds => {}
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
