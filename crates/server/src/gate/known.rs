//! Callers that were known a moment ago, so that a poller costs no question to the database.
//!
//! A caller known by something in the store is kept under the epoch in which the store was asked. Every change of a key or a
//! session begins a new epoch, on all instances; while the announcements of the store cannot be heard there is no epoch, and
//! every request asks the store.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::{Caller, CallerKind};
use chrono::{DateTime, Utc};
use moka::sync::Cache;
use uuid::Uuid;

/// How often it is written down when keys were last used.
pub(super) const LAST_USE_EVERY: Duration = Duration::from_secs(30);
/// As many callers as an organisation has, and not more memory than some megabytes.
const MOST_CALLERS: u64 = 10_000;
/// Whatever is announced or not, nothing is believed for longer.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// How long what the store says holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Epoch {
    /// Until its number changes.
    Numbered(u64),
    /// The store's announcements cannot be heard: not at all.
    Unknown,
    /// It does not depend on the store.
    Unchanging,
}

impl Epoch {
    pub(super) fn of(number: Option<u64>) -> Self {
        number.map_or(Self::Unknown, Self::Numbered)
    }
}

#[derive(Debug)]
pub(super) struct KnownCallers {
    /// Under how they are known as well: what is good as a key is not good as a cookie.
    by_hash: Cache<(CallerKind, [u8; 32]), Arc<Known>>,
    last_uses: Mutex<HashMap<Uuid, DateTime<Utc>>>,
}

#[derive(Debug)]
struct Known {
    caller: Arc<Caller>,
    epoch: Epoch,
    until: Option<DateTime<Utc>>,
    key: Option<KeyUse>,
}

/// Which key, and in which minute its use was last noted.
#[derive(Debug)]
struct KeyUse {
    key_id: Uuid,
    minute: AtomicI64,
}

impl KnownCallers {
    pub(super) fn new() -> Self {
        let by_hash = Cache::builder().max_capacity(MOST_CALLERS).time_to_live(LONGEST).build();
        Self { by_hash, last_uses: Mutex::default() }
    }

    /// Who presented this before as a credential of this kind, if that certainly still holds.
    pub(super) fn get(&self, kind: CallerKind, hash: &[u8], epoch: Epoch, now: DateTime<Utc>) -> Option<Arc<Caller>> {
        let known = self.by_hash.get(&(kind, <[u8; 32]>::try_from(hash).ok()?))?;
        let holds = known.epoch == epoch && epoch != Epoch::Unknown && known.until.is_none_or(|until| now < until);
        if !holds {
            return None;
        }
        if let Some(key) = &known.key {
            self.note_use(key, now);
        }
        Some(Arc::clone(&known.caller))
    }

    /// Keeps somebody who is not known by a key.
    pub(super) fn keep(&self, hash: &[u8], epoch: Epoch, until: Option<DateTime<Utc>>, caller: &Arc<Caller>) {
        self.insert(hash, Known { caller: Arc::clone(caller), epoch, until, key: None });
    }

    /// Keeps somebody who is known by a key, and notes its use.
    pub(super) fn keep_key(
        &self,
        hash: &[u8],
        epoch: Epoch,
        key_id: Uuid,
        until: Option<DateTime<Utc>>,
        caller: &Arc<Caller>,
        now: DateTime<Utc>,
    ) {
        let key = KeyUse { key_id, minute: AtomicI64::new(0) };
        self.note_use(&key, now);
        self.insert(hash, Known { caller: Arc::clone(caller), epoch, until, key: Some(key) });
    }

    /// When keys were last used, for those that were used since this was last asked.
    pub(super) fn take_last_uses(&self) -> Vec<(Uuid, DateTime<Utc>)> {
        let mut uses = self.last_uses.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *uses).into_iter().collect()
    }

    fn insert(&self, hash: &[u8], known: Known) {
        if let (Ok(hash), true) = (<[u8; 32]>::try_from(hash), known.epoch != Epoch::Unknown) {
            self.by_hash.insert((known.caller.kind, hash), Arc::new(known));
        }
    }

    /// Once a minute is enough, and keeps pollers out of each other's way.
    fn note_use(&self, key: &KeyUse, now: DateTime<Utc>) {
        let minute = now.timestamp().div_euclid(60);
        if key.minute.swap(minute, Ordering::Relaxed) != minute {
            self.last_uses.lock().unwrap_or_else(PoisonError::into_inner).insert(key.key_id, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn nobody_is_known_beyond_the_epoch_or_the_time() {
        let known = KnownCallers::new();
        let caller = Arc::new(Caller::anonymous());
        let kind = caller.kind;
        let (now, later) = (at("2026-11-24T12:00:00Z"), at("2026-11-24T13:00:00Z"));
        known.keep(&[1; 32], Epoch::Numbered(1), Some(later), &caller);
        assert!(known.get(kind, &[1; 32], Epoch::Numbered(1), now).is_some());
        assert!(known.get(kind, &[1; 32], Epoch::Numbered(2), now).is_none(), "something changed");
        assert!(known.get(kind, &[1; 32], Epoch::Unknown, now).is_none(), "nobody can tell");
        assert!(known.get(kind, &[1; 32], Epoch::Numbered(1), later).is_none(), "it has expired");
        assert!(known.get(CallerKind::Session, &[1; 32], Epoch::Numbered(1), now).is_none(), "as something else");
        known.keep(&[2; 32], Epoch::Unknown, None, &caller);
        assert!(known.get(kind, &[2; 32], Epoch::Unknown, now).is_none());
    }

    #[test]
    fn the_use_of_a_key_is_noted_once_a_minute() {
        let known = KnownCallers::new();
        let (caller, key_id) = (Arc::new(Caller::anonymous()), Uuid::from_u128(7));
        let kind = caller.kind;
        let now = at("2026-11-24T12:00:05Z");
        known.keep_key(&[1; 32], Epoch::Numbered(1), key_id, None, &caller, now);
        assert_eq!(known.take_last_uses(), [(key_id, now)]);
        known.get(kind, &[1; 32], Epoch::Numbered(1), at("2026-11-24T12:00:55Z"));
        assert_eq!(known.take_last_uses(), []);
        known.get(kind, &[1; 32], Epoch::Numbered(1), at("2026-11-24T12:01:00Z"));
        assert_eq!(known.take_last_uses(), [(key_id, at("2026-11-24T12:01:00Z"))]);
    }
}
