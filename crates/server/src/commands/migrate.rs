use std::process::ExitCode;

use super::wiring::OpenStore;
use crate::config::Config;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    super::logging::start(&config.log)?;
    let open = OpenStore::open(&config.store).await?;
    tracing::info!(store = %config.store.url, "the schema is up to date");
    open.close().await;
    Ok(ExitCode::SUCCESS)
}
