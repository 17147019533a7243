use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use sample::SampleOptions;
use store::{Store, StoreUrl};

use super::demo_key::demo_key;
use crate::clock::Clock;
use crate::config::{AccessConfig, Config, ExportConfig};

#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// Where the sample export and the private PostgreSQL live; kept, so that a second start is quick.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Address and port.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Line items a month.
    #[arg(long, default_value_t = 20_000)]
    lines: u64,
}

pub(super) async fn run(mut config: Config, arguments: DemoArguments) -> anyhow::Result<ExitCode> {
    super::logging::start(&config.log)?;
    let folder = arguments.dir.clone().unwrap_or_else(default_folder);
    let export = folder.join(format!("export-{}", arguments.lines));
    config.server.listen = arguments.listen;
    super::serve::check_address(&config).await?;
    std::fs::create_dir_all(&folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    write_sample(&export, arguments.lines)?;
    config.store.url = StoreUrl::Embedded { folder: folder.join("postgres") };
    config.export = vec![ExportConfig::in_folder("sample", &export)];
    config.ownership.file = None;
    eprintln!("Starting a private PostgreSQL in {}", folder.join("postgres").display());
    config.access = AccessConfig { api_keys: true, ..AccessConfig::default() };
    let prepare = async |store: &Store| demo_key(store, &folder, Clock::System.now()).await;
    super::serve::serve(config, prepare, show_what_to_try).await
}

/// One for each user: a folder of somebody else's cannot be written to.
fn default_folder() -> PathBuf {
    let user = rustix::process::getuid();
    std::env::temp_dir().join(format!("chargeback-demo-{}", user.as_raw()))
}

/// The sample is the same each time: what is there already is used again.
fn write_sample(export: &Path, lines: u64) -> anyhow::Result<()> {
    let complete = export.join("complete");
    if complete.is_file() {
        eprintln!("Using the sample export in {}", export.display());
        return Ok(());
    }
    eprintln!("Writing a sample export to {}", export.display());
    super::sample::write(&SampleOptions { lines, folder: export.to_owned(), ..SampleOptions::default() })?;
    std::fs::write(&complete, "").with_context(|| format!("{} cannot be written", complete.display()))
}

fn show_what_to_try(address: SocketAddr, key: String) {
    eprintln!(
        "
Bedrock cost per team, principal, model and tag is served on http://{address}

  http://{address}/v1/costs            costs by any dimension
  http://{address}/v1/teams            teams and their showback
  http://{address}/v1/periods          billing periods and their control totals
  http://{address}/docs                the whole API, to look at and to try (/openapi.json for programs)

Callers have to be known, by this key of the demo's:

  export CHARGEBACK_KEY={key}

Try:

  curl -H \"Authorization: Bearer $CHARGEBACK_KEY\" 'http://{address}/v1/costs?period=2026-10&group_by=team,model'
  curl -H \"Authorization: Bearer $CHARGEBACK_KEY\" 'http://{address}/v1/costs?period=2026-04&group_by=tag:cost-center'
  curl -H \"Authorization: Bearer $CHARGEBACK_KEY\" 'http://{address}/v1/teams/data-science/showback?period=2026-10'

Ctrl-C stops it."
    );
}
