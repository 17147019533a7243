use access::Caller;
use access::api_key::NewKey;
use chrono::{DateTime, Utc};
use clap::Args;
use store::Store;
use store::keys::KeyToCreate;

use super::arguments::{GrantArguments, LifetimeArguments};
use super::{show, until};
use crate::keys::{InWords, KeyName};

#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// What people call the key.
    #[arg(long)]
    name: KeyName,
    #[command(flatten)]
    grant: GrantArguments,
    #[command(flatten)]
    lifetime: LifetimeArguments,
}

pub(super) async fn run(store: &Store, now: DateTime<Utc>, arguments: CreateArguments) -> anyhow::Result<()> {
    let grant = arguments.grant.into_grant()?;
    let text = NewKey::random();
    let key = KeyToCreate {
        name: arguments.name.into(),
        hash: text.hash(),
        grants: [&grant].into_iter().collect(),
        expires_at: arguments.lifetime.lifetime().end(now),
    };
    let key = store.create_key(&key, &Caller::command_line(), None, now).await?;
    show(&text)?;
    let (allowed, end) = (InWords(&key.grants), until(key.expires_at));
    eprintln!(
        "The key `{}` ({}) allows {allowed}, until {end}. It is shown this once: keep it where secrets are kept.",
        key.name, key.key_id
    );
    Ok(())
}
