//! The demo's own API key: made once and kept beside its data, so that the lines it printed go on working.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use access::api_key::{KeyHash, NewKey};
use access::{Caller, Grants};
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use store::Store;
use store::keys::{KeyState, KeyToCreate};

const LASTS: TimeDelta = TimeDelta::days(365);

/// The key that is kept in this folder if it is still good, or a new one.
pub(super) async fn demo_key(store: &Store, folder: &Path, now: DateTime<Utc>) -> anyhow::Result<String> {
    let file = folder.join("key");
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    if let Some(hash) = KeyHash::of_presented(kept.trim()) {
        let record = store.key_by_hash(&hash).await?;
        if record.is_some_and(|record| record.state(now) == KeyState::Active) {
            return Ok(kept.trim().to_owned());
        }
    }
    let key = NewKey::random();
    let new = KeyToCreate {
        name: "demo".to_owned(),
        hash: key.hash(),
        grants: Grants::everything(),
        expires_at: Some(now + LASTS),
    };
    store.create_key(&new, &Caller::command_line(), None, now).await?;
    write_privately(&file, key.expose()).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(key.expose().to_owned())
}

/// The folder may be one that others can read.
fn write_privately(file: &Path, text: &str) -> std::io::Result<()> {
    std::fs::remove_file(file).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    let mut open = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    open.write_all(text.as_bytes())
}
