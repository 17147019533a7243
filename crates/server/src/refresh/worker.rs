//! Doing refreshes: one of many instances takes up what is asked for, and what is due.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use store::refreshes::{RefreshLease, RefreshState};
use store::{Store, StoreError};
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::Instant;
use uuid::Uuid;

use super::board::RefreshOutcome;
use super::progress::{Listener, keep};
use super::{QueryLedger, RefreshRequest, Refresher};

/// How often an instance looks for what others were asked. What it was asked itself it is told at once.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// How often somebody who waits for a refresh looks at it.
const WAITER_LOOKS_EVERY: Duration = Duration::from_millis(200);

/// Does refreshes.
#[derive(Clone)]
pub struct Worker {
    /// What reads exports.
    pub refresher: Refresher,
    /// Where queries are kept.
    pub ledger: QueryLedger,
    /// How often exports are looked at without anybody asking.
    pub every: Duration,
    /// Is told when this instance was asked for a refresh.
    pub wake: Arc<Notify>,
}

impl Worker {
    /// Does what is asked for and what is due, until it is dropped. A refresh that is dropped leaves nothing half visible,
    /// and is taken up again by another instance, or by this one after a restart.
    pub async fn work(&self) {
        loop {
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "refreshes wait for the database");
            }
            // Whoever is told while it works has left a permit: nothing is slept through.
            tokio::select! {
                () = tokio::time::sleep(LOOKS_EVERY) => {}
                () = self.wake.notified() => {}
            }
        }
    }

    /// Asks for the scheduled refresh if it is due, and does all that waits and that nobody else does.
    ///
    /// # Errors
    /// Where the database fails, or a refresh was lost to another process.
    pub async fn look(&self) -> Result<(), StoreError> {
        let store = &self.refresher.store;
        store.request_refresh_if_due(self.every, self.now()).await?;
        while let Some(lease) = store.claim_refresh(None, self.now()).await? {
            self.perform(lease).await?;
        }
        Ok(())
    }

    /// Does a refresh that was taken up.
    ///
    /// # Errors
    /// Where the database fails: then another process may take it up.
    pub async fn perform(&self, lease: RefreshLease) -> Result<Vec<RefreshOutcome>, StoreError> {
        let (refresh_id, started) = (lease.refresh_id, Instant::now());
        let request = RefreshRequest {
            periods: lease.periods.clone(),
            force: lease.force,
            automatic: lease.occasion.is_automatic(),
            published: lease.published.clone(),
        };
        let query_log = Arc::new(self.ledger.of_refresh(refresh_id));
        let refresher = Refresher { query_log, ..self.refresher.clone() };
        let (sender, news) = unbounded_channel();
        let reading = async move {
            let listener = Listener::new(sender);
            // The listener is dropped with the end of the work: then there is nothing more to keep.
            Ok(refresher.refresh_heard(&request, &listener).await)
        };
        // Whichever is lost first, the work or the lock, ends the other.
        let keeping = keep(lease, news, self.refresher.engine.name(), self.refresher.clock);
        let (outcomes, lease) = tokio::try_join!(reading, keeping)?;
        let failed = outcomes.iter().any(|outcome| outcome.result == "failed");
        let state = if failed { RefreshState::Failed } else { RefreshState::Succeeded };
        lease.finish(state, self.now()).await?;
        self.ledger.metrics.refresh_ended(state, started.elapsed());
        tracing::debug!(%refresh_id, state = state.as_str(), "a refresh is over");
        Ok(outcomes)
    }

    fn now(&self) -> DateTime<Utc> {
        self.refresher.clock.now()
    }
}

/// Waits until a refresh is over, whichever instance does it.
pub async fn wait_for_end(store: &Store, refresh_id: Uuid) {
    loop {
        match store.refresh(refresh_id).await {
            Ok(Some(refresh)) if !refresh.state.is_over() => {}
            Ok(_) => return,
            Err(error) => tracing::debug!(%error, "how far the refresh is cannot be seen for the moment"),
        }
        tokio::time::sleep(WAITER_LOOKS_EVERY).await;
    }
}
