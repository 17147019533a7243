use access::{Caller, Extent};
use chrono::{DateTime, Utc};
use clap::Args;
use store::Store;
use store::keys::RevokedKey;
use uuid::Uuid;

use super::unknown;

#[derive(Debug, Args)]
pub(super) struct RevokeArguments {
    /// The id of the key.
    id: Uuid,
}

pub(super) async fn run(store: &Store, now: DateTime<Utc>, arguments: &RevokeArguments) -> anyhow::Result<()> {
    let revoked = store.revoke_key(arguments.id, &Extent::Everything, &Caller::command_line(), None, now).await?;
    match revoked.ok_or_else(|| unknown(arguments.id))? {
        RevokedKey::Now(key) => eprintln!("The key `{}` ({}) is refused from now on.", key.name, key.key_id),
        RevokedKey::Before(key) => eprintln!("The key `{}` ({}) was revoked before.", key.name, key.key_id),
    }
    Ok(())
}
