use super::AthenaEngine;
use super::options::Fetch;

/// What is known of the workgroup.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Workgroup {
    /// Athena keeps the results itself: there is no file to read.
    pub(super) manages_results: bool,
}

impl AthenaEngine {
    /// Looks at the workgroup once. Who may not look finds out by asking.
    pub(super) async fn workgroup(&self) -> Workgroup {
        let look = || async {
            match self.get_workgroup().await {
                Ok(settings) => {
                    let managed = settings.and_then(|settings| settings.managed_query_results_configuration);
                    Ok(Workgroup { manages_results: managed.is_some_and(|managed| managed.enabled()) })
                }
                Err(error) => Err(error),
            }
        };
        match self.shared.workgroup.get_or_try_init(look).await {
            Ok(known) => *known,
            Err(error) => {
                tracing::warn!(%error, "the settings of the workgroup cannot be read; the usual ones are taken to hold");
                Workgroup::default()
            }
        }
    }

    /// How the next answer is fetched.
    pub(super) async fn fetch(&self) -> Fetch {
        let options = &self.shared.options;
        let may_unload = options.results.is_some() && !self.unload_is_refused();
        match options.fetch {
            Fetch::Auto if self.workgroup().await.manages_results => Fetch::Pages,
            Fetch::Auto if may_unload => Fetch::Unload,
            Fetch::Auto => Fetch::Csv,
            wanted => wanted,
        }
    }
}
