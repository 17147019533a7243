//! Who is asking: credentials turned into an [`access::Caller`], or refused.
//!
//! Keys and sessions are looked up in the store, tokens are verified by [`openid`]; what was found is kept in memory for as
//! long as it certainly still holds (`known`).

mod claims;
mod known;
mod refusals;

use std::sync::Arc;
use std::time::Duration;

use access::api_key::{KeyHash, looks_like_a_key};
use access::{Caller, CallerKind, Persons, Sight};
use chrono::{DateTime, Utc};
use openid::{Openid, TokenRefused};
use sha2::{Digest, Sha256};
use store::keys::KeyState;
use store::{Store, StoreError, VersionWatch};

pub use self::claims::{ClaimGrant, ClaimGrants};
use self::known::{Epoch, KnownCallers};
pub use self::refusals::RefusalTrace;

/// What a request presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'r> {
    /// No credentials.
    Nothing,
    /// `Authorization: Bearer …`.
    Bearer(&'r str),
    /// The cookie of a browser that signed in.
    Session(&'r str),
    /// An `Authorization` header that nobody can read.
    Garbled,
}

/// Why credentials were not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The credentials are at fault. The reason is for the audit log; whoever presented them does not hear it.
    #[error("{0}")]
    NotAccepted(String),
    /// Whether they are good cannot be told for the moment.
    #[error("the OpenID provider does not answer")]
    ProviderUnreachable,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refused {
    fn because(reason: impl ToString) -> Self {
        Self::NotAccepted(reason.to_string())
    }
}

/// The gate that every request passes. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    door: Door,
    pseudonymous: bool,
}

#[derive(Debug)]
enum Door {
    /// Everyone passes as the same caller.
    Open(Arc<Caller>),
    /// Callers have to be known.
    Guarded(Box<Guard>),
}

/// What a guarded gate knows callers by.
#[derive(Debug)]
pub struct GateOptions {
    /// Where keys and sessions are kept.
    pub store: Store,
    /// Announces that a key or a session has changed.
    pub versions: VersionWatch,
    /// Whether API keys are accepted.
    pub api_keys: bool,
    /// The OpenID provider whose tokens are accepted.
    pub openid: Option<Openid>,
    /// What the claims of a token allow.
    pub grants: ClaimGrants,
    /// How long a browser stays signed in, where it may sign in.
    pub session_lasts: Option<Duration>,
}

#[derive(Debug)]
struct Guard {
    options: GateOptions,
    known: KnownCallers,
    refusals: RefusalTrace,
}

impl Gate {
    /// Access control is not configured: everyone may do everything.
    pub fn open() -> Self {
        Self::same_for_all(Caller::anonymous())
    }

    /// Takes everyone for this caller: for tests of what one caller sees.
    pub fn same_for_all(caller: Caller) -> Self {
        Self(Arc::new(Inner { door: Door::Open(Arc::new(caller)), pseudonymous: false }))
    }

    /// Lets through whom it knows.
    pub fn guarded(options: GateOptions) -> Self {
        let guard = Guard { options, known: KnownCallers::new(), refusals: RefusalTrace::new() };
        Self(Arc::new(Inner { door: Door::Guarded(Box::new(guard)), pseudonymous: false }))
    }

    /// The same gate, behind which persons appear as pseudonyms.
    ///
    /// # Panics
    /// Never on a gate that was just made: it must not be shared yet.
    #[must_use]
    pub fn with_pseudonyms(self) -> Self {
        let mut inner = Arc::into_inner(self.0).expect("a gate that is being made has one owner");
        inner.pseudonymous = true;
        Self(Arc::new(inner))
    }

    /// Whether callers have to be known.
    pub fn is_guarded(&self) -> bool {
        matches!(self.0.door, Door::Guarded(_))
    }

    /// Whether persons appear as pseudonyms.
    pub fn is_pseudonymous(&self) -> bool {
        self.0.pseudonymous
    }

    /// Where browsers may sign in: the OpenID provider, and how long a browser stays signed in.
    pub fn sign_in(&self) -> Option<(&Openid, Duration)> {
        let options = &self.guard()?.options;
        options.openid.as_ref().zip(options.session_lasts)
    }

    /// What the claims of a token allow.
    pub fn claim_grants(&self) -> Option<&ClaimGrants> {
        Some(&self.guard()?.options.grants)
    }

    /// Where refused credentials leave a trace.
    pub fn refusals(&self) -> Option<&RefusalTrace> {
        Some(&self.guard()?.refusals)
    }

    /// What a caller may see of costs, without the persons behind pseudonyms; `None` where they may not read costs.
    pub fn sight_of(&self, caller: &Caller) -> Option<Sight> {
        caller.sight(self.0.pseudonymous, false)
    }

    /// The same with the persons behind pseudonyms; `None` where the caller may not see them.
    pub fn revealing_sight_of(&self, caller: &Caller) -> Option<Sight> {
        caller.sight(self.0.pseudonymous, true).filter(|sight| sight.persons == Persons::Named)
    }

    /// Who presented this; `Ok(None)` where nothing was presented to a gate that wants to know.
    ///
    /// # Errors
    /// Where the credentials are not accepted, or cannot be checked for the moment.
    pub async fn identify(&self, presented: Presented<'_>, now: DateTime<Utc>) -> Result<Option<Arc<Caller>>, Refused> {
        let guard = match &self.0.door {
            Door::Open(caller) => return Ok(Some(Arc::clone(caller))),
            Door::Guarded(guard) => guard,
        };
        match presented {
            Presented::Nothing => Ok(None),
            Presented::Garbled => Err(Refused::because("the Authorization header is not `Bearer` and one token")),
            Presented::Bearer(text) if looks_like_a_key(text) => guard.by_key(text, now).await.map(Some),
            Presented::Bearer(text) => guard.by_token(text, now).await.map(Some),
            Presented::Session(cookie) => guard.by_session(cookie, now).await.map(Some),
        }
    }

    /// Who presented this, if they were known a moment ago; nothing is looked up or verified.
    pub fn recall(&self, presented: Presented<'_>, now: DateTime<Utc>) -> Option<Arc<Caller>> {
        let guard = match &self.0.door {
            Door::Open(caller) => return Some(Arc::clone(caller)),
            Door::Guarded(guard) => guard,
        };
        let epoch = Epoch::of(guard.options.versions.access_epoch());
        match presented {
            Presented::Nothing | Presented::Garbled => None,
            Presented::Bearer(text) if looks_like_a_key(text) => {
                guard.known.get(CallerKind::ApiKey, KeyHash::of_presented(text)?.as_bytes(), epoch, now)
            }
            Presented::Bearer(text) => {
                guard.known.get(CallerKind::Token, &Sha256::digest(text.as_bytes()), Epoch::Unchanging, now)
            }
            Presented::Session(cookie) => {
                guard.known.get(CallerKind::Session, &Sha256::digest(cookie.as_bytes()), epoch, now)
            }
        }
    }

    /// Writes down when keys were last used, until it is dropped.
    pub async fn keep_last_use(&self) {
        let Some(guard) = self.guard() else { return };
        loop {
            tokio::time::sleep(known::LAST_USE_EVERY).await;
            guard.write_last_use().await;
        }
    }

    /// Writes down now when keys were last used.
    pub async fn write_last_use(&self) {
        if let Some(guard) = self.guard() {
            guard.write_last_use().await;
        }
    }

    fn guard(&self) -> Option<&Guard> {
        match &self.0.door {
            Door::Open(_) => None,
            Door::Guarded(guard) => Some(guard),
        }
    }
}

impl Guard {
    async fn by_key(&self, text: &str, now: DateTime<Utc>) -> Result<Arc<Caller>, Refused> {
        if !self.options.api_keys {
            return Err(Refused::because("API keys are not accepted here"));
        }
        let hash = KeyHash::of_presented(text).ok_or_else(|| Refused::because("the key is mistyped"))?;
        let epoch = Epoch::of(self.options.versions.access_epoch());
        if let Some(caller) = self.known.get(CallerKind::ApiKey, hash.as_bytes(), epoch, now) {
            return Ok(caller);
        }
        let record = self.options.store.key_by_hash(&hash).await?;
        let record = record.ok_or_else(|| Refused::because("the key is not known"))?;
        match record.state(now) {
            KeyState::Active => {}
            KeyState::Expired => return Err(Refused::because(format!("the key {} has expired", record.key_id))),
            KeyState::Revoked => return Err(Refused::because(format!("the key {} is revoked", record.key_id))),
        }
        let caller = Arc::new(Caller {
            kind: CallerKind::ApiKey,
            id: record.key_id.to_string(),
            name: record.name,
            grants: record.grants,
        });
        self.known.keep_key(hash.as_bytes(), epoch, record.key_id, record.expires_at, &caller, now);
        Ok(caller)
    }

    async fn by_session(&self, cookie: &str, now: DateTime<Utc>) -> Result<Arc<Caller>, Refused> {
        // Whoever signed in while that was configured is not known by it any more.
        if self.options.openid.is_none() || self.options.session_lasts.is_none() {
            return Err(Refused::because("signing in with a browser is not configured here"));
        }
        let hash: [u8; 32] = Sha256::digest(cookie.as_bytes()).into();
        let epoch = Epoch::of(self.options.versions.access_epoch());
        if let Some(caller) = self.known.get(CallerKind::Session, &hash, epoch, now) {
            return Ok(caller);
        }
        let session = self.options.store.session_by_hash(&hash).await?;
        let session = session.filter(|session| session.expires_at > now);
        let session = session.ok_or_else(|| Refused::because("the session is over"))?;
        let caller = Arc::new(Caller {
            kind: CallerKind::Session,
            id: session.subject,
            name: session.name,
            grants: session.grants,
        });
        self.known.keep(&hash, epoch, Some(session.expires_at), &caller);
        Ok(caller)
    }

    async fn by_token(&self, text: &str, now: DateTime<Utc>) -> Result<Arc<Caller>, Refused> {
        let Some(openid) = &self.options.openid else {
            return Err(Refused::because("tokens are not accepted here, and this is no API key"));
        };
        let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        if let Some(caller) = self.known.get(CallerKind::Token, &hash, Epoch::Unchanging, now) {
            return Ok(caller);
        }
        let claims = openid.verify(text, now).await.map_err(|refused| match refused {
            TokenRefused::ProviderUnavailable => Refused::ProviderUnreachable,
            refused => Refused::because(refused),
        })?;
        let caller = Arc::new(Caller {
            kind: CallerKind::Token,
            id: format!("{}@{}", claims.subject, claims.issuer),
            name: claims.name.clone().unwrap_or_else(|| claims.subject.clone()),
            grants: self.options.grants.of(&claims.all),
        });
        self.known.keep(&hash, Epoch::Unchanging, Some(claims.expires_at), &caller);
        Ok(caller)
    }

    async fn write_last_use(&self) {
        let uses = self.known.take_last_uses();
        if uses.is_empty() {
            return;
        }
        if let Err(error) = self.options.store.keys_were_used(&uses).await {
            tracing::warn!(%error, "when keys were last used could not be written down");
        }
    }
}
