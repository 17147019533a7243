//! What is served now, held in memory for as long as it is known to be what is served.
//!
//! The invariant kept here: nothing is given out unless the watch on data versions says the same version. Where the watch
//! knows nothing, because the connection is lost, nothing is held to be true and the database is asked.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::error::{Doing, StoreError};
use crate::snapshot::Serving;
use crate::store::Store;
use crate::versions::VersionWatch;

/// How long to wait after the database has failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What is held, shared by all clones of a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    versions: Option<VersionWatch>,
    serving: Arc<RwLock<Option<Arc<Serving>>>>,
}

impl Held {
    /// Held to be true as long as this watch says so.
    pub(crate) fn watched_by(versions: VersionWatch) -> Self {
        Self { versions: Some(versions), serving: Arc::default() }
    }

    /// What is served, where that is known without asking.
    pub(crate) fn serving(&self) -> Option<Arc<Serving>> {
        let current = self.versions.as_ref()?.current()?;
        let serving = self.serving.read().unwrap_or_else(PoisonError::into_inner).clone();
        serving.filter(|serving| serving.data_version == current)
    }

    fn hold(&self, serving: Arc<Serving>) {
        *self.serving.write().unwrap_or_else(PoisonError::into_inner) = Some(serving);
    }
}

impl Store {
    /// A store that answers from memory what this watch says has not changed, while [`Store::hold_what_is_served`] runs.
    #[must_use]
    pub fn watched_by(self, versions: VersionWatch) -> Self {
        Self { held: Held::watched_by(versions), ..self }
    }

    /// Keeps what is served in memory until it is dropped, from one data version to the next.
    pub async fn hold_what_is_served(&self) {
        let Some(versions) = self.held.versions.clone() else { return };
        let mut events = versions.events();
        loop {
            events.mark_unchanged();
            if let Err(error) = self.hold_newest().await {
                tracing::debug!(%error, "what is served is not held in memory until the database can be reached again");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                continue;
            }
            if events.changed().await.is_err() {
                return;
            }
        }
    }

    /// Holds what is served now, and the summaries of its loads as far as there is room.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn hold_newest(&self) -> Result<(), StoreError> {
        let mut transaction = self.begin_reading().await.doing("the reading of what is served")?;
        let serving = Serving::read(&mut transaction).await?.with_team_names(&mut transaction).await?;
        drop(transaction);
        let wanted = serving.newest_first();
        self.held.hold(Arc::new(serving));
        self.summaries.hold(self, &wanted).await
    }
}
