use access::api_key::NewKey;
use access::{Caller, Extent};
use anyhow::bail;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use store::Store;
use store::keys::{KeyRotation, RotatedKey};
use uuid::Uuid;

use super::arguments::{LifetimeArguments, overlap};
use super::{show, unknown, until};

#[derive(Debug, Args)]
pub(super) struct RotateArguments {
    /// The id of the key.
    id: Uuid,
    /// For how long the old key is still accepted.
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = overlap)]
    overlap: TimeDelta,
    #[command(flatten)]
    lifetime: LifetimeArguments,
}

pub(super) async fn run(store: &Store, now: DateTime<Utc>, arguments: &RotateArguments) -> anyhow::Result<()> {
    let text = NewKey::random();
    let rotation = KeyRotation {
        hash: text.hash(),
        expires_at: arguments.lifetime.lifetime().end(now),
        old_expires_at: now + arguments.overlap,
    };
    let caller = Caller::command_line();
    let rotated = store.rotate_key(arguments.id, rotation, &Extent::Everything, &caller, None, now).await?;
    let (old, new) = match rotated.ok_or_else(|| unknown(arguments.id))? {
        RotatedKey::Replaced { old, new } => (old, new),
        RotatedKey::NotActive(key) => {
            bail!("the key `{}` is {}; nothing was changed", key.name, key.state(now).as_str())
        }
        RotatedKey::ReplacedBefore(key) => bail!("the key `{}` was replaced before; nothing was changed", key.name),
    };
    show(&text)?;
    eprintln!(
        "The key `{}` ({}) takes the place of {}, which is accepted until {}. The new one lasts until {}. It is shown this \
         once: keep it where secrets are kept.",
        new.name,
        new.key_id,
        old.key_id,
        until(old.expires_at),
        until(new.expires_at)
    );
    Ok(())
}
