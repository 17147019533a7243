//! Which data version is served, known without asking the database each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::postgres::PgListener;

use crate::error::{Doing, StoreError};
use crate::store::Store;

/// The data version that is served, as the database last announced it. Clones see the same.
///
/// It is unknown until [`Store::watch_versions`] runs, and whenever the connection to the database is lost: then answers
/// are worked out, never guessed to be unchanged.
#[derive(Clone, Debug)]
pub struct VersionWatch(Arc<AtomicI64>);

const UNKNOWN: i64 = -1;

/// How often the connection is proved to be alive. A host that vanishes without a word is noticed after this time.
const PROOF_OF_LIFE: Duration = Duration::from_secs(5);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

impl Default for VersionWatch {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(UNKNOWN)))
    }
}

impl VersionWatch {
    /// The data version that is served, where it is known.
    pub fn current(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Acquire)).filter(|version| *version != UNKNOWN)
    }

    fn set(&self, version: i64) {
        self.0.store(version, Ordering::Release);
    }
}

impl Store {
    /// Keeps the watch up to date until it is dropped, through losses of the connection.
    pub async fn watch_versions(&self, watch: VersionWatch) {
        loop {
            let lost = self.follow(&watch).await;
            watch.set(UNKNOWN);
            if let Err(error) = lost {
                tracing::debug!(%error, "the data version is unknown until the database can be reached again");
            }
            tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
        }
    }

    /// Returns when the connection is lost.
    async fn follow(&self, watch: &VersionWatch) -> Result<(), StoreError> {
        let mut listener = PgListener::connect_with(&self.writer_pool()).await.map_err(StoreError::Unreachable)?;
        listener.eager_reconnect(false);
        listener.listen("data_version").await.doing("the watch on data versions")?;
        loop {
            // Asked after listening began and after every silence, so that no announcement can be missed for long.
            let version = sqlx::query_scalar!("select data_version from serving")
                .fetch_one(&mut listener)
                .await
                .doing("the data version")?;
            watch.set(version);
            while let Ok(announced) = tokio::time::timeout(PROOF_OF_LIFE, listener.try_recv()).await {
                let Some(announcement) = announced.doing("the watch on data versions")? else { return Ok(()) };
                match announcement.payload().parse() {
                    Ok(version) => watch.set(version),
                    Err(_) => break,
                }
            }
        }
    }
}
