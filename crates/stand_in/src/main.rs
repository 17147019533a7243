//! `stand-in`: a local S3 and Athena, with a sample export to ask, for docker-compose and for trying clients.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use sample::SampleOptions;
use stand_in::{Settings, StandIn, Workgroup};

/// The bucket of the sample export, and the bucket of query results.
const EXPORTS: &str = "exports";
const RESULTS: &str = "results";

#[derive(Debug, Parser)]
#[command(name = "stand-in", version, about = "A local S3 and Athena that really answer, over a folder of buckets")]
struct Arguments {
    /// The folder of buckets; it is made when it is missing
    #[arg(long, env = "STAND_IN_ROOT")]
    root: PathBuf,
    /// The address of both services
    #[arg(long, env = "STAND_IN_LISTEN", default_value = "127.0.0.1:4566")]
    listen: SocketAddr,
    /// Write a sample export with so many line items a month into s3://exports/cur2/bedrock-cur2, unless one is there, and
    /// make it the table billing.cur2
    #[arg(long, env = "STAND_IN_SAMPLE", value_name = "LINES")]
    sample: Option<u64>,
    /// Make a table of the Parquet files in a folder of months, as DATABASE.NAME=s3://bucket/prefix/export/data/; may be
    /// given many times
    #[arg(long = "table", value_name = "TABLE=LOCATION", value_parser = table)]
    tables: Vec<(String, String, String)>,
    /// How long a query waits, in milliseconds
    #[arg(long, env = "STAND_IN_QUEUE_MS", default_value_t = 100)]
    queue_ms: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "stand_in=info".parse().unwrap_or_default());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    if let Some(lines) = arguments.sample {
        write_sample(&arguments.root, lines).context("the sample export cannot be written")?;
    }
    let mut settings = Settings { queue_ms: arguments.queue_ms, ..Settings::default() };
    let workgroup = Workgroup { output_location: Some(format!("s3://{RESULTS}/")), ..Workgroup::default() };
    settings.workgroups.insert("primary".to_owned(), workgroup);
    let mut stand_in = StandIn::start(&arguments.root, arguments.listen, settings)
        .await
        .with_context(|| format!("the stand-in cannot listen on {}", arguments.listen))?;
    stand_in.create_bucket(RESULTS)?;
    stand_in.create_database("billing");
    if arguments.sample.is_some() {
        let location = format!("s3://{EXPORTS}/cur2/{}/data/", SampleOptions::default().export_name);
        stand_in.crawl_table("billing", "cur2", &location, &["billing_period"])?;
        tracing::info!(%location, table = "billing.cur2", "sample export is ready");
    }
    for (database, name, location) in &arguments.tables {
        stand_in.create_database(database);
        stand_in.crawl_table(database, name, location, &["billing_period"])?;
    }
    tracing::info!(url = stand_in.url(), "listening; any credentials will do");
    // For scripts, who may have asked for a free port.
    writeln!(std::io::stdout(), "{}", stand_in.url())?;
    tokio::select! {
        ended = stand_in.ended() => ended.context("the stand-in ended"),
        () = stopped() => Ok(()),
    }
}

fn table(text: &str) -> Result<(String, String, String), String> {
    let parts = text.split_once('=').and_then(|(name, location)| Some((name.split_once('.')?, location)));
    let ((database, name), location) = parts.ok_or("write DATABASE.NAME=s3://bucket/prefix/export/data/")?;
    Ok((database.to_owned(), name.to_owned(), location.to_owned()))
}

/// Writes the export, unless it was written before.
fn write_sample(root: &Path, lines: u64) -> anyhow::Result<()> {
    let options = SampleOptions::default();
    let folder = root.join(EXPORTS).join("cur2").join(&options.export_name);
    if folder.join("metadata").is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(&folder)?;
    let summary = sample::write(&SampleOptions { folder, lines, ..options }, |_| {})?;
    tracing::info!(months = summary.periods.len(), lines, "wrote a sample export");
    Ok(())
}

/// Ctrl-C, or what a container's end sends.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    let _ = interrupted.await;
}
