//! From configuration to the things that do the work.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use access::pseudonym::Pseudonyms;
use anyhow::Context;
use bill::principal::{FoldRule, SessionFold};
use chrono::{DateTime, Utc};
use engine::{ExportSource, NoQueryLog};
use ledger::Ownership;
use openid::{ClientOptions, Openid, OpenidOptions};
use private_postgres::{EmbeddedOptions, EmbeddedPostgres};
use store::{Store, StoreUrl, Summaries, VersionWatch};

use crate::clock::Clock;
use crate::config::{
    AccessConfig, Config, LocationError, OidcConfig, OwnershipConfig, PrincipalsConfig, SignInConfig, StoreConfig,
};
use crate::gate::{ClaimGrants, Gate, GateOptions};
use crate::metrics::Metrics;
use crate::refresh::board::RefreshBoard;
use crate::refresh::{OnStep, QueryLedger, Refresher, Worker};

/// How long one request to the OpenID provider may take.
const ASKING_THE_PROVIDER: Duration = Duration::from_secs(10);

/// The store, and the private cluster under it if there is one.
pub(super) struct OpenStore {
    pub(super) store: Store,
    pub(super) postgres: Option<EmbeddedPostgres>,
}

impl OpenStore {
    /// Connects, starting the private cluster first where one is configured, and brings the schema up to date.
    pub(super) async fn open(config: &StoreConfig) -> anyhow::Result<Self> {
        let (options, postgres) = match &config.url {
            StoreUrl::Server(server) => {
                let options = server.connect_options().with_context(|| format!("`[store] url` is {}", config.url))?;
                (options, None)
            }
            StoreUrl::Embedded { folder } => {
                let postgres = EmbeddedPostgres::start_async(EmbeddedOptions::new(folder)).await?;
                (postgres.connect_options(), Some(postgres))
            }
        };
        let store = Store::connect(options, config.max_connections)
            .await
            .with_context(|| format!("the store at {} cannot be opened", config.url))?;
        store.migrate().await?;
        Ok(Self { store, postgres })
    }

    /// The same store, in which persons have these pseudonyms: everything that is served has its pseudonyms afterwards.
    pub(super) async fn hiding(mut self, pseudonyms: Option<Pseudonyms>, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let Some(pseudonyms) = pseudonyms else { return Ok(self) };
        self.store = self.store.with_pseudonyms(pseudonyms);
        let written = self.store.keep_pseudonyms(now).await.context("persons cannot be hidden")?;
        tracing::info!(written, "persons are shown as pseudonyms");
        Ok(self)
    }

    /// Answers from memory what this watch says has not changed, and what can be answered from these summaries.
    pub(super) fn watched_by(self, versions: VersionWatch, summaries: Summaries) -> Self {
        Self { store: self.store.watched_by(versions).with_summaries(summaries), ..self }
    }

    /// Waits until the private cluster ends without having been told to; for ever where there is none.
    pub(super) async fn postgres_ended(&self) {
        let Some(postgres) = &self.postgres else { return std::future::pending().await };
        while postgres.is_running() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Closes connections, then stops the private cluster.
    pub(super) async fn close(self) {
        self.store.close().await;
        if let Some(postgres) = self.postgres {
            postgres.stop_async().await;
        }
    }
}

/// What does refreshes.
pub(super) fn worker(
    config: &Config,
    store: &Store,
    board: RefreshBoard,
    clock: Clock,
    metrics: Metrics,
    on_step: OnStep,
) -> anyhow::Result<Worker> {
    let ledger = QueryLedger { store: store.clone(), clock, terms: config.athena.clone(), metrics, refresh_id: None };
    let refresher =
        Refresher { query_log: Arc::new(ledger.clone()), on_step, ..refresher(config, store.clone(), board, clock)? };
    Ok(Worker { refresher, ledger, every: config.refresh.every, wake: Arc::default() })
}

/// Writes each step of a refresh to the log.
pub(super) fn log_steps() -> OnStep {
    Arc::new(|export, period, step| tracing::info!(export, %period, step = step.as_str(), "refreshing"))
}

/// What reads the exports.
fn refresher(config: &Config, store: Store, board: RefreshBoard, clock: Clock) -> anyhow::Result<Refresher> {
    let exports = config
        .export
        .iter()
        .map(|export| Ok(ExportSource { name: export.name.clone(), location: export.location()? }))
        .collect::<Result<_, LocationError>>()?;
    Ok(Refresher {
        store,
        engine: super::engines::engine(config, clock)?,
        query_log: Arc::new(NoQueryLog),
        exports,
        fold: session_fold(&config.principals)?,
        clock,
        board,
        on_step: log_steps(),
    })
}

fn session_fold(config: &PrincipalsConfig) -> anyhow::Result<SessionFold> {
    let rules: Vec<FoldRule> =
        config.fold.iter().map(|fold| FoldRule { role: fold.role.clone(), session: fold.session.clone() }).collect();
    SessionFold::new(&rules).context("`[[principals.fold]]` cannot be used")
}

/// Who may ask: what `[access]` says, or everyone where it says nothing.
pub(super) fn gate(config: &AccessConfig, store: Store, versions: VersionWatch) -> anyhow::Result<Gate> {
    if !config.is_configured() {
        return Ok(Gate::open());
    }
    let openid = config.oidc.as_ref().map(openid).transpose()?;
    let grants = ClaimGrants::read(&config.grant)?;
    if openid.is_some() && config.grant.is_empty() {
        tracing::warn!(
            "`[access.oidc]` is configured without any `[[access.grant]]`: tokens are accepted and allow nothing"
        );
    }
    let session_lasts = config.oidc.as_ref().and_then(|oidc| oidc.sign_in.as_ref()).map(|sign_in| sign_in.session);
    let api_keys = config.api_keys;
    Ok(Gate::guarded(GateOptions { store, versions, api_keys, openid, grants, session_lasts }))
}

fn openid(config: &OidcConfig) -> anyhow::Result<Openid> {
    let client = config.sign_in.as_ref().map(sign_in_client).transpose()?;
    let options = OpenidOptions {
        issuer: config.issuer.clone(),
        audiences: config.audience.clone(),
        clock_skew: config.clock_skew,
        client,
        http_timeout: ASKING_THE_PROVIDER,
    };
    Openid::new(options).context("`[access.oidc]` cannot be used")
}

fn sign_in_client(config: &SignInConfig) -> anyhow::Result<ClientOptions> {
    let mut folder = config.public_url.clone();
    if !folder.path().ends_with('/') {
        folder.set_path(&format!("{}/", folder.path()));
    }
    let redirect_url = folder.join("auth/callback").context("`[access.oidc.sign_in] public_url` cannot be used")?;
    Ok(ClientOptions {
        client_id: config.client_id.clone(),
        client_secret: config.client_secret.clone(),
        redirect_url,
        scopes: config.scopes.clone(),
    })
}

/// The rules of `[ownership] file`, or the rule that holds without one.
pub(super) fn ownership(config: &OwnershipConfig) -> anyhow::Result<Ownership> {
    match &config.file {
        None => Ok(Ownership::by_team_tag()),
        Some(file) => ownership_file(&file.relative()),
    }
}

fn ownership_file(file: &Path) -> anyhow::Result<Ownership> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the ownership file {} cannot be read", file.display()))?;
    Ownership::parse(&text).with_context(|| format!("the ownership file {} is wrong", file.display()))
}
