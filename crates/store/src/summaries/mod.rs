//! Summaries of loads, held in memory: what most questions about costs can be answered from in our own process.
//!
//! A load never changes, nor does what one version of the rules gives of it to whom; so what was read of the two once is true
//! for good, and needs no invalidation. Postgres stays the truth: what is not held, or is no sum of these summaries, is asked
//! of it, and the two say the same word for word (`tests/summaries`). Nobody waits for memory: a question finds all that it
//! needs here, or goes to Postgres.

mod amounts;
mod charges;
mod costs;
pub(crate) mod figures;
mod load;
mod order;
mod read;
mod texts;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

pub(crate) use self::costs::{Asked, Source};
pub(crate) use self::load::LoadSummary;
use self::texts::Texts;
use crate::error::StoreError;
use crate::store::Store;

/// A load, and the version of the rules that were applied to it.
pub(crate) type Key = (i64, i32);

/// The summaries that are held by this instance, within a limit of bytes. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Summaries(Arc<Memory>);

#[derive(Debug, Default)]
struct Memory {
    limit: u64,
    held: RwLock<HashMap<Key, Arc<LoadSummary>>>,
    texts: Texts,
    answered: AtomicU64,
}

impl Summaries {
    /// A memory for this many bytes of summaries; with 0, nothing is held.
    pub fn new(bytes: u64) -> Self {
        Self(Arc::new(Memory { limit: bytes, ..Memory::default() }))
    }

    /// How many loads are held.
    pub fn loads(&self) -> usize {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What they take, about.
    pub fn bytes(&self) -> u64 {
        bytes(&self.0.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many questions about costs were answered from here.
    pub fn answered(&self) -> u64 {
        self.0.answered.load(Ordering::Relaxed)
    }

    pub(crate) fn count_an_answer(&self) {
        self.0.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// The summaries of all of these loads; `None` where one is not held.
    pub(crate) fn of(&self, load_ids: &[i64], ownership_id: i32) -> Option<Vec<Arc<LoadSummary>>> {
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        load_ids.iter().map(|load_id| held.get(&(*load_id, ownership_id)).cloned()).collect()
    }

    /// Holds these loads, the first first, as far as there is room; what is not among them makes room where it is needed.
    ///
    /// # Errors
    /// Where the database fails. What was read until then is held.
    pub(crate) async fn hold(&self, store: &Store, wanted: &[Key]) -> Result<(), StoreError> {
        for key in wanted {
            let room = self.0.limit.saturating_sub(self.bytes_of(wanted));
            if room == 0 || self.holds(key) {
                continue;
            }
            if let Some(summary) = LoadSummary::read(store, *key, room).await? {
                self.put(*key, Arc::new(summary), wanted);
            }
        }
        Ok(())
    }

    /// Holds a load that is about to be served, where there is room beside those that are served now.
    ///
    /// # Errors
    /// Where the database fails.
    pub(crate) async fn hold_ahead(&self, store: &Store, key: Key) -> Result<(), StoreError> {
        let Some(serving) = store.held.serving().filter(|_| self.0.limit > 0) else { return Ok(()) };
        let served = serving.newest_first();
        let room = self.0.limit.saturating_sub(self.bytes_of(&served));
        if let Some(summary) = LoadSummary::read(store, key, room).await? {
            self.put(key, Arc::new(summary), &served);
        }
        Ok(())
    }

    fn holds(&self, key: &Key) -> bool {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    fn bytes_of(&self, wanted: &[Key]) -> u64 {
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        wanted.iter().filter_map(|key| held.get(key)).map(|summary| summary.bytes()).sum()
    }

    fn put(&self, key: Key, summary: Arc<LoadSummary>, wanted: &[Key]) {
        let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
        let mut others: Vec<Key> = held.keys().filter(|held| !wanted.contains(held)).copied().collect();
        // The oldest goes first.
        others.sort_unstable_by(|one, other| other.cmp(one));
        while bytes(&held) + summary.bytes() > self.0.limit
            && let Some(oldest) = others.pop()
        {
            held.remove(&oldest);
        }
        held.insert(key, summary);
        drop(held);
        self.0.texts.forget_unused();
    }
}

fn bytes(held: &HashMap<Key, Arc<LoadSummary>>) -> u64 {
    held.values().map(|summary| summary.bytes()).sum()
}
