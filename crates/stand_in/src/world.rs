//! What all requests share: the buckets, the catalog, the queries, and how the stand-in is to behave.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::execution::{Execution, Executions};
use crate::place::Place;
use crate::tables::Catalog;
use crate::{Counters, Failure, Settings, clock};

/// A folder among the buckets whose name no bucket can have: for what is being written, and for managed results.
const PRIVATE: &str = ".stand-in";

#[derive(Debug)]
pub(crate) struct World {
    root: PathBuf,
    settings: Mutex<Settings>,
    chance: Mutex<StdRng>,
    counters: Mutex<Counters>,
    catalog: RwLock<Catalog>,
    pub(crate) executions: Executions,
}

impl World {
    pub(crate) fn new(root: PathBuf, settings: Settings) -> std::io::Result<Self> {
        std::fs::create_dir_all(root.join(PRIVATE))?;
        // Results are addressed by path, and a path must not change its meaning with the working folder.
        let root = root.canonicalize()?;
        Ok(Self {
            root,
            chance: Mutex::new(StdRng::seed_from_u64(settings.throttle_seed)),
            settings: Mutex::new(settings),
            counters: Mutex::default(),
            catalog: RwLock::default(),
            executions: Executions::default(),
        })
    }

    /// The folder of buckets.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn has_bucket(&self, name: &str) -> bool {
        !name.is_empty() && !name.starts_with('.') && self.root.join(name).is_dir()
    }

    /// Where something is written before it is whole.
    pub(crate) fn unfinished(&self, name: &str) -> PathBuf {
        self.root.join(PRIVATE).join(format!("{name}.unfinished"))
    }

    /// Where a query's result lies on this machine: in its bucket, or where nobody but GetQueryResults reads it.
    pub(crate) fn result_path(&self, execution: &Execution, ending: &str) -> PathBuf {
        let name = format!("{}.{ending}", execution.id);
        let folder = execution.order.output_location.as_deref().and_then(Place::parse).map(Place::folder);
        match folder {
            Some(folder) => folder.join(&name).path(&self.root),
            None => self.root.join(PRIVATE).join(name),
        }
    }

    /// Where a query's result lies in S3, if it does.
    pub(crate) fn result_address(&self, execution: &Execution, ending: &str) -> Option<String> {
        let folder = execution.order.output_location.as_deref().and_then(Place::parse).map(Place::folder)?;
        Some(folder.join(&format!("{}{ending}", execution.id)).to_string())
    }

    pub(crate) fn settings(&self) -> Settings {
        lock(&self.settings).clone()
    }

    pub(crate) fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = lock(&self.settings);
        let seed = settings.throttle_seed;
        change(&mut settings);
        if settings.throttle_seed != seed {
            *lock(&self.chance) = StdRng::seed_from_u64(settings.throttle_seed);
        }
    }

    /// The next failure that somebody asked for; it happens once.
    pub(crate) fn next_failure(&self) -> Option<Failure> {
        let mut settings = lock(&self.settings);
        (!settings.fail_next.is_empty()).then(|| settings.fail_next.remove(0))
    }

    /// Whether this poll is to lose its connection.
    pub(crate) fn loses_poll(&self) -> bool {
        let mut settings = lock(&self.settings);
        let loses = settings.lose_polls > 0;
        settings.lose_polls -= u32::from(loses);
        loses
    }

    /// A number below `end`, by chance.
    pub(crate) fn chance(&self, end: u8) -> u8 {
        lock(&self.chance).random_range(0..end)
    }

    /// Whether credentials with this access key have expired.
    pub(crate) fn has_expired(&self, access_key: Option<&str>) -> bool {
        let settings = lock(&self.settings);
        let is_renewed =
            access_key.is_some_and(|key| settings.access_keys_renewed.iter().any(|renewed| renewed == key));
        settings.credentials_expire_at.is_some_and(|moment| clock::now() >= moment) && !is_renewed
    }

    pub(crate) fn counters(&self) -> MutexGuard<'_, Counters> {
        lock(&self.counters)
    }

    pub(crate) fn catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn catalog_mut(&self) -> RwLockWriteGuard<'_, Catalog> {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing is left half done under these locks, so that a panic elsewhere need not spread.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
