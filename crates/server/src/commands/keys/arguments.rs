use std::time::Duration;

use access::{Grant, GrantText, Permission, Role, TagValue};
use chrono::TimeDelta;
use clap::Args;
use humantime_serde::re::humantime;

use crate::keys::{LONGEST_OVERLAP, Lifetime};

/// What a key allows.
#[derive(Clone, Debug, Args)]
pub(super) struct GrantArguments {
    /// A bundle of permissions: finance, platform, team-lead, viewer or admin.
    #[arg(long)]
    role: Option<Role>,
    /// A single permission, such as costs:read; may be given several times.
    #[arg(long = "permission", value_name = "PERMISSION", required_unless_present = "role")]
    permissions: Vec<Permission>,
    /// Of the whole bill.
    #[arg(long, conflicts_with_all = ["teams", "accounts", "tags"],
          required_unless_present_any = ["teams", "accounts", "tags"])]
    everything: bool,
    /// Of this team, by its id; may be given several times.
    #[arg(long = "team", value_name = "TEAM")]
    teams: Vec<String>,
    /// Of this account; may be given several times.
    #[arg(long = "account", value_name = "ACCOUNT")]
    accounts: Vec<String>,
    /// Of this tag value, such as cost-center=12345; may be given several times.
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    tags: Vec<TagValue>,
}

impl GrantArguments {
    pub(super) fn into_grant(self) -> anyhow::Result<Grant> {
        let Self { role, permissions, everything, teams, accounts, tags } = self;
        Ok(Grant::try_from(GrantText { role, permissions, everything, teams, accounts, tags })?)
    }
}

/// How long a key lasts.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct LifetimeArguments {
    /// How long the key lasts, such as 90d or 12h.
    #[arg(long, value_name = "DURATION", default_value = "365d", value_parser = lifetime)]
    expires: Lifetime,
    /// The key is accepted until it is revoked.
    #[arg(long, conflicts_with = "expires")]
    never_expires: bool,
}

impl LifetimeArguments {
    pub(super) fn lifetime(self) -> Lifetime {
        if self.never_expires { Lifetime::Unlimited } else { self.expires }
    }
}

fn lifetime(text: &str) -> anyhow::Result<Lifetime> {
    Ok(Lifetime::lasting(humantime::parse_duration(text)?)?)
}

/// For how long the old key is still accepted.
pub(super) fn overlap(text: &str) -> anyhow::Result<TimeDelta> {
    let duration: Duration = humantime::parse_duration(text)?;
    let overlap = TimeDelta::from_std(duration).ok().filter(|overlap| *overlap <= LONGEST_OVERLAP);
    overlap.ok_or_else(|| anyhow::anyhow!("an overlap has at most {} days", LONGEST_OVERLAP.num_days()))
}
