use std::sync::Arc;

use tokio::sync::Notify;

use crate::config::CostFilesConfig;

/// Where cost files are handed in. Clones are the same desk.
#[derive(Clone, Debug, Default)]
pub struct CostFileDesk {
    /// What one caller, and all of them together, may ask for.
    pub limits: CostFilesConfig,
    waiting: Arc<Notify>,
}

impl CostFileDesk {
    /// With these limits.
    pub fn new(limits: CostFilesConfig) -> Self {
        Self { limits, waiting: Arc::default() }
    }

    /// Tells the runner of this process that something waits.
    pub fn ring(&self) {
        self.waiting.notify_one();
    }

    /// Returns when something waits.
    pub(super) async fn rung(&self) {
        self.waiting.notified().await;
    }
}
