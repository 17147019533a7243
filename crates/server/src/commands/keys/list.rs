use std::io::Write;

use access::Extent;
use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::Args;
use store::Store;
use store::keys::KeyRecord;

use super::table::table;
use crate::http::keys::ApiKey;

/// Keys that are read at a time.
const PIECE: i64 = 1_000;

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// As JSON: the keys as the API has them.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(store: &Store, now: DateTime<Utc>, arguments: &ListArguments) -> anyhow::Result<()> {
    let keys = all_keys(store).await?;
    let text = if arguments.json { json(keys, now)? } else { table(&keys, now) };
    std::io::stdout().lock().write_all(text.as_bytes()).context("standard output is closed")
}

async fn all_keys(store: &Store) -> anyhow::Result<Vec<KeyRecord>> {
    let mut all: Vec<KeyRecord> = Vec::new();
    loop {
        let after = all.last().map(|key| key.key_id);
        let more = store.keys(&Extent::Everything, after, PIECE).await?;
        if more.is_empty() {
            return Ok(all);
        }
        all.extend(more);
    }
}

fn json(keys: Vec<KeyRecord>, now: DateTime<Utc>) -> anyhow::Result<String> {
    let keys: Vec<ApiKey> = keys.into_iter().map(|key| ApiKey::new(key, now)).collect();
    Ok(serde_json::to_string_pretty(&keys).context("the keys cannot be written as JSON")? + "\n")
}
