//! What is remembered of the provider: its description and its keys.
//!
//! Readers take what is known and do not wait for each other. Whoever needs more asks for it ([`Provider::ask`]): one
//! request is under way at a time, others wait for its outcome, and the schedule decides whether it is made at all.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use reqwest::Client;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::discovery::{self, Discovery};
use crate::fetch;
use crate::keys::{KeySet, PublishedKeys};
use crate::schedule::{Attempts, Need};
use crate::{FetchError, Pacing};

/// A provider that is asked as seldom as possible.
pub(crate) struct Provider {
    pub(crate) issuer: Url,
    pub(crate) client: Client,
    pacing: Pacing,
    memory: RwLock<Memory>,
    /// Held while a request is under way.
    turn: Mutex<()>,
}

#[derive(Default)]
struct Memory {
    known: Option<Arc<Known>>,
    attempts: Attempts,
    failure: Option<FetchError>,
}

/// What one reading brought.
pub(crate) struct Known {
    pub(crate) discovery: Arc<Discovery>,
    pub(crate) keys: KeySet,
    described_at: Instant,
    read_at: Instant,
    fresh_for: Duration,
}

impl Provider {
    pub(crate) fn new(issuer: Url, client: Client, pacing: Pacing) -> Arc<Self> {
        Arc::new(Self { issuer, client, pacing, memory: RwLock::default(), turn: Mutex::new(()) })
    }

    /// What is known, read first where nothing is. Old knowledge is used while a newer reading is under way; very old
    /// knowledge only if that reading fails.
    pub(crate) async fn known(self: &Arc<Self>) -> Result<Arc<Known>, FetchError> {
        let Some(known) = self.remembered() else {
            self.ask(Need::Nothing, Instant::now()).await;
            return self.remembered().ok_or_else(|| self.failure());
        };
        let age = known.read_at.elapsed();
        if age > self.pacing.longest_fresh {
            self.ask(Need::Age, Instant::now()).await;
            return Ok(self.remembered().unwrap_or(known));
        }
        if age > known.fresh_for && self.may_ask(Need::Age) && self.is_idle() {
            let provider = Arc::clone(self);
            tokio::spawn(async move { provider.ask_in_turn(Need::Age, Instant::now()).await });
        }
        Ok(known)
    }

    /// What is known after a token with an unknown key came at `asked_at`. An error if it cannot be said whether the
    /// provider has such a key by now.
    pub(crate) async fn known_after(self: &Arc<Self>, asked_at: Instant) -> Result<Arc<Known>, FetchError> {
        self.ask(Need::UnknownKey, asked_at).await;
        match self.remembered() {
            Some(known) if !self.read_memory().attempts.are_failing() => Ok(known),
            _ => Err(self.failure()),
        }
    }

    /// Asks, in a task of its own: a caller who hangs up must not stop what others are waiting for.
    async fn ask(self: &Arc<Self>, need: Need, asked_at: Instant) {
        if self.is_idle() && !self.may_ask(need) {
            return;
        }
        let provider = Arc::clone(self);
        let task = tokio::spawn(async move { provider.ask_in_turn(need, asked_at).await });
        if let Err(error) = task.await {
            tracing::error!(%error, "asking the OpenID provider ended early");
        }
    }

    async fn ask_in_turn(&self, need: Need, asked_at: Instant) {
        let _turn = self.turn.lock().await;
        if !self.is_still_needed(need, asked_at) || !self.may_ask(need) {
            return;
        }
        self.write_memory().attempts.begin(need, Instant::now());
        let outcome = self.read(need).await;
        self.remember(outcome);
    }

    /// Another's request may have answered while this one waited for its turn.
    fn is_still_needed(&self, need: Need, asked_at: Instant) -> bool {
        match (need, self.remembered()) {
            (_, None) => true,
            (Need::Nothing, Some(_)) => false,
            (Need::Age, Some(known)) => known.read_at.elapsed() > known.fresh_for,
            (Need::UnknownKey, Some(known)) => known.read_at < asked_at,
        }
    }

    fn may_ask(&self, need: Need) -> bool {
        self.read_memory().attempts.allow(need, Instant::now(), &self.pacing)
    }

    /// Whether no request is under way.
    fn is_idle(&self) -> bool {
        self.turn.try_lock().is_ok()
    }

    async fn read(&self, need: Need) -> Result<Known, FetchError> {
        let (discovery, described_at) = match self.description_for(need) {
            Some(kept) => kept,
            None => {
                let fetched = fetch::get::<Discovery>(&self.client, &discovery::address_for(&self.issuer)).await?;
                (Arc::new(fetched.document.check(&self.issuer)?), Instant::now())
            }
        };
        // The age of keys counts from when they were asked for: what is published later may be missing.
        let read_at = Instant::now();
        let published = fetch::get::<PublishedKeys>(&self.client, &discovery.jwks_uri).await?;
        let fresh_for = self.freshness(published.max_age);
        Ok(Known { discovery, keys: published.document.into(), described_at, read_at, fresh_for })
    }

    /// A rotated key does not move the endpoints; a failure or time may.
    fn description_for(&self, need: Need) -> Option<(Arc<Discovery>, Instant)> {
        let memory = self.read_memory();
        let known = memory.known.as_ref()?;
        let is_good = need == Need::UnknownKey
            && !memory.attempts.are_failing()
            && known.described_at.elapsed() < self.pacing.fresh;
        is_good.then(|| (Arc::clone(&known.discovery), known.described_at))
    }

    fn freshness(&self, max_age: Option<Duration>) -> Duration {
        let pacing = &self.pacing;
        max_age.map_or(pacing.fresh, |age| age.max(pacing.shortest_fresh).min(pacing.longest_fresh))
    }

    fn remember(&self, outcome: Result<Known, FetchError>) {
        let mut memory = self.write_memory();
        memory.attempts.end(outcome.is_ok(), Instant::now());
        match outcome {
            Ok(known) => {
                tracing::info!(issuer = %self.issuer, keys = known.keys.len(), "read the OpenID provider's keys");
                memory.known = Some(Arc::new(known));
                memory.failure = None;
            }
            Err(error) => {
                let (failures, source) = (memory.attempts.failures(), source_of(&error));
                tracing::warn!(issuer = %self.issuer, failures, %error, source, "the OpenID provider is not available");
                memory.failure = Some(error);
            }
        }
    }

    fn remembered(&self) -> Option<Arc<Known>> {
        self.read_memory().known.clone()
    }

    fn failure(&self) -> FetchError {
        self.read_memory().failure.clone().unwrap_or(FetchError::NotAsked)
    }

    /// Nobody panics while holding the lock, and what is inside would be whole if somebody did.
    fn read_memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_memory(&self) -> RwLockWriteGuard<'_, Memory> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The innermost reason, such as "connection refused".
fn source_of(error: &FetchError) -> Option<String> {
    let mut source = std::error::Error::source(error)?;
    while let Some(inner) = source.source() {
        source = inner;
    }
    Some(source.to_string())
}
