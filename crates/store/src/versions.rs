//! Which data version is served, and whether API keys are still what they were, known without asking the database each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::watch;

use crate::error::{Doing, StoreError};
use crate::store::Store;

/// The data version that is served, as the database last announced it. Clones see the same.
///
/// It is unknown until [`Store::watch_versions`] runs, and whenever the connection to the database is lost: then answers
/// are worked out, never guessed to be unchanged.
#[derive(Clone, Debug)]
pub struct VersionWatch(Arc<Watched>);

#[derive(Debug)]
struct Watched {
    data_version: AtomicI64,
    /// Even while announcements are heard, odd while they are not; it only ever grows.
    access_epoch: AtomicU64,
    /// The number of the newest event that is known of.
    newest_event: watch::Sender<i64>,
}

const UNKNOWN: i64 = -1;
/// The channels of the triggers that announce.
const DATA_VERSION: &str = "data_version";
const ACCESS: &str = "access";
const EVENT: &str = "event";

/// How often the connection is proved to be alive. A host that vanishes without a word is noticed after this time.
const PROOF_OF_LIFE: Duration = Duration::from_secs(5);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

impl Default for VersionWatch {
    fn default() -> Self {
        Self(Arc::new(Watched {
            data_version: AtomicI64::new(UNKNOWN),
            access_epoch: AtomicU64::new(1),
            newest_event: watch::Sender::new(0),
        }))
    }
}

impl VersionWatch {
    /// The data version that is served, where it is known.
    pub fn current(&self) -> Option<i64> {
        Some(self.0.data_version.load(Ordering::Acquire)).filter(|version| *version != UNKNOWN)
    }

    /// A number that changes whenever an API key or a session is no longer what it was, on any instance; `None` while that
    /// cannot be known. What was read from the store after this number was asked for holds until the number changes.
    pub fn access_epoch(&self) -> Option<u64> {
        Some(self.0.access_epoch.load(Ordering::Acquire)).filter(|epoch| epoch % 2 == 0)
    }

    /// A version was read that may not have been announced yet: nobody who has seen it is to be shown an older one.
    pub fn saw(&self, version: i64) {
        let newer = |known: i64| (known != UNKNOWN && known < version).then_some(version);
        let _ = self.0.data_version.fetch_update(Ordering::AcqRel, Ordering::Acquire, newer);
    }

    /// The number of the newest event, as far as it is known: whoever waits for a change of it is told of every event, or of
    /// the last of several. While the database cannot be reached nobody is told; afterwards what was missed is made up for.
    pub fn events(&self) -> watch::Receiver<i64> {
        self.0.newest_event.subscribe()
    }

    fn heard_of_event(&self, sequence: i64) {
        self.0.newest_event.send_if_modified(|newest| {
            let is_newer = sequence > *newest;
            *newest = sequence.max(*newest);
            is_newer
        });
    }

    fn set(&self, version: i64) {
        self.0.data_version.fetch_max(version, Ordering::AcqRel);
    }

    /// A new epoch, in which announcements are heard.
    fn access_changed(&self) {
        let next = |epoch: u64| Some(epoch + 2 - epoch % 2);
        let _ = self.0.access_epoch.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
    }

    /// Announcements are not heard any more.
    fn lose(&self) {
        self.0.data_version.store(UNKNOWN, Ordering::Release);
        let _ = self.0.access_epoch.fetch_update(Ordering::AcqRel, Ordering::Acquire, |epoch| Some(epoch | 1));
    }
}

impl Store {
    /// Keeps the watch up to date until it is dropped, through losses of the connection.
    pub async fn watch_versions(&self, watch: VersionWatch) {
        loop {
            let lost = self.follow(&watch).await;
            watch.lose();
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
        listener.listen_all([DATA_VERSION, ACCESS, EVENT]).await.doing("the watch on data versions")?;
        // Something may have changed before anyone listened.
        watch.access_changed();
        loop {
            // Asked after listening began and after every silence, so that no announcement can be missed for long.
            let now = sqlx::query!(
                r#"select data_version, (select coalesce(max(sequence), 0) from event) as "newest_event!" from serving"#
            )
            .fetch_one(&mut listener)
            .await
            .doing("the data version")?;
            watch.set(now.data_version);
            watch.heard_of_event(now.newest_event);
            while let Ok(announced) = tokio::time::timeout(PROOF_OF_LIFE, listener.try_recv()).await {
                let Some(announcement) = announced.doing("the watch on data versions")? else { return Ok(()) };
                match (announcement.channel(), announcement.payload().parse()) {
                    (ACCESS, _) => watch.access_changed(),
                    (EVENT, Ok(sequence)) => watch.heard_of_event(sequence),
                    (_, Ok(version)) => watch.set(version),
                    (_, Err(_)) => break,
                }
            }
        }
    }
}
