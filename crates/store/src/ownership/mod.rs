//! Ownership applied: the rules in force give each subject of each load to a team, and the team summary follows.
//!
//! The invariant kept here: AWS never hears the word team. Changing who owns what reads the rollups again, never the
//! bill, and readers see the old rules until the new ones have been applied to every period that is served.

mod change;
mod forget;
mod give;
mod met;
mod owners;
mod summaries;
mod teams;

use ledger::Ownership;
use sqlx::PgConnection;

pub(crate) use self::give::{analyze, own_as_met, own_load};
pub(crate) use self::met::OwnersMet;
pub(crate) use self::teams::{TeamNames, name_teams};
use crate::error::{Doing, StoreError};

/// What became of rules that were to come into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnershipApplied {
    /// The number of this version of the rules.
    pub ownership_version: i32,
    /// Whether they are new: the same rules again change nothing.
    pub changed: bool,
    /// How many loads were given to teams anew.
    pub loads: usize,
}

/// The rules that publishing must apply.
pub(crate) async fn rules_in_force(connection: &mut PgConnection) -> Result<(i32, Ownership), StoreError> {
    let row = sqlx::query!("select ownership.ownership_id, source from serving join ownership using (ownership_id)")
        .fetch_optional(connection)
        .await
        .doing("the rules in force")?;
    let Some(row) = row else {
        return Err(StoreError::Corrupt { what: "no ownership rules in force", value: String::new() });
    };
    let rules = Ownership::parse(&row.source)
        .map_err(|error| StoreError::Corrupt { what: "ownership rules", value: error.to_string() })?;
    Ok((row.ownership_id, rules))
}
