use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::extent::{Extent, Part, TagValue};
use crate::{Permission, Role};

/// The most characters in the id of a team.
const LONGEST_SLUG: usize = 64;

/// Permissions within one extent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// What is allowed.
    pub permissions: BTreeSet<Permission>,
    /// Of what.
    pub extent: Extent,
}

/// A grant as people write it, in configuration and in requests: a role or permissions, and of what. Nothing is granted by
/// leaving something out: `everything` has to be said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GrantText {
    /// A bundle of permissions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Single permissions, beside those of the role.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
    /// Of the whole bill.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub everything: bool,
    /// Of these teams.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// Of these accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// Of these tag values, written `cost-center=12345`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagValue>,
}

/// Why a grant cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// It allows nothing.
    #[error("a grant needs a `role` or `permissions`")]
    NothingAllowed,
    /// It does not say of what.
    #[error("a grant says of what: `everything`, or `teams`, `accounts` or `tags`")]
    OfNothing,
    /// It says both.
    #[error("a grant of `everything` names no `teams`, `accounts` or `tags` as well")]
    OfEverythingAndSome,
    /// Not a team slug.
    #[error("`{0}` is not the id of a team: it has at most 64 lower-case letters, digits and single dashes")]
    NotATeam(String),
    /// Not an account id.
    #[error("`{0}` is not an account id: it has twelve digits")]
    NotAnAccount(String),
    /// A permission that cannot be had in part.
    #[error("`{0}` can be granted for everything only")]
    ForEverythingOnly(Permission),
}

impl TryFrom<GrantText> for Grant {
    type Error = GrantError;

    fn try_from(text: GrantText) -> Result<Self, Self::Error> {
        let of_role = text.role.map(Role::permissions).unwrap_or_default();
        let mut permissions: BTreeSet<Permission> = of_role.iter().copied().collect();
        let extent = extent(&text)?;
        if extent != Extent::Everything {
            // A role for a part is what of it can be had in part; a permission that was named must be meant.
            permissions.retain(|permission| !permission.is_for_everything_only());
            if let Some(whole) = text.permissions.iter().find(|permission| permission.is_for_everything_only()) {
                return Err(GrantError::ForEverythingOnly(*whole));
            }
        }
        permissions.extend(text.permissions);
        if permissions.is_empty() {
            return Err(GrantError::NothingAllowed);
        }
        Ok(Self { permissions, extent })
    }
}

fn extent(text: &GrantText) -> Result<Extent, GrantError> {
    let part = Part {
        teams: text.teams.iter().cloned().collect(),
        accounts: text.accounts.iter().cloned().collect(),
        tags: text.tags.iter().cloned().collect(),
    };
    match (text.everything, part.is_empty()) {
        (true, true) => Ok(Extent::Everything),
        (true, false) => Err(GrantError::OfEverythingAndSome),
        (false, true) => Err(GrantError::OfNothing),
        (false, false) => {
            if let Some(team) = part.teams.iter().find(|team| !is_slug(team)) {
                return Err(GrantError::NotATeam(team.chars().take(80).collect()));
            }
            if let Some(account) = part.accounts.iter().find(|account| !is_account(account)) {
                return Err(GrantError::NotAnAccount(account.chars().take(80).collect()));
            }
            Ok(Extent::Part(part))
        }
    }
}

/// What `ledger::TeamSlug` takes for one, which this crate does not know.
fn is_slug(text: &str) -> bool {
    text.len() <= LONGEST_SLUG
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Everything that a caller is allowed, each permission within its extent.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grants(BTreeMap<Permission, Extent>);

impl Grants {
    /// Every permission for everything.
    pub fn everything() -> Self {
        Self(Permission::ALL.into_iter().map(|permission| (permission, Extent::Everything)).collect())
    }

    /// Adds a grant: extents of one permission are united.
    pub fn add(&mut self, grant: &Grant) {
        for permission in &grant.permissions {
            let before = self.0.remove(permission).unwrap_or_else(Extent::nothing);
            self.0.insert(*permission, before.union(&grant.extent));
        }
    }

    /// Of what something is allowed; `None` where it is not allowed at all.
    pub fn extent(&self, permission: Permission) -> Option<&Extent> {
        self.0.get(&permission)
    }

    /// Whether all that the other allows is allowed by this: nobody gives away more than they have.
    pub fn contain(&self, other: &Self) -> bool {
        other.0.iter().all(|(permission, extent)| self.extent(*permission).is_some_and(|own| own.contains(extent)))
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each permission with its extent.
    pub fn iter(&self) -> impl Iterator<Item = (Permission, &Extent)> {
        self.0.iter().map(|(permission, extent)| (*permission, extent))
    }
}

impl<'g> FromIterator<&'g Grant> for Grants {
    fn from_iter<I: IntoIterator<Item = &'g Grant>>(grants: I) -> Self {
        let mut all = Self::default();
        for grant in grants {
            all.add(grant);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(role: Role, teams: &[&str]) -> GrantText {
        GrantText {
            role: Some(role),
            teams: teams.iter().map(|team| (*team).to_owned()).collect(),
            ..GrantText::default()
        }
    }

    #[test]
    fn nothing_is_granted_by_leaving_something_out() {
        assert_eq!(Grant::try_from(text(Role::Viewer, &[])), Err(GrantError::OfNothing));
        let nothing = GrantText { everything: true, ..GrantText::default() };
        assert_eq!(Grant::try_from(nothing), Err(GrantError::NothingAllowed));
        let both = GrantText { everything: true, ..text(Role::Viewer, &["ds"]) };
        assert_eq!(Grant::try_from(both), Err(GrantError::OfEverythingAndSome));
        assert!(matches!(Grant::try_from(text(Role::Viewer, &["Data Science"])), Err(GrantError::NotATeam(_))));
    }

    #[test]
    fn a_team_that_cannot_be_is_granted_to_nobody() {
        assert!(Grant::try_from(text(Role::Viewer, &[&"a".repeat(64)])).is_ok());
        for team in [&"a".repeat(65), "a--b", "-a", "a-", "", "é"] {
            assert!(matches!(Grant::try_from(text(Role::Viewer, &[team])), Err(GrantError::NotATeam(_))), "{team}");
        }
    }

    #[test]
    fn a_role_for_a_team_leaves_out_what_cannot_be_had_in_part() {
        let grant = Grant::try_from(text(Role::Finance, &["ds"])).expect("a grant");
        assert!(!grant.permissions.contains(&Permission::PeriodsClose));
        let named = GrantText { permissions: vec![Permission::RefreshRun], ..text(Role::Viewer, &["ds"]) };
        assert_eq!(Grant::try_from(named), Err(GrantError::ForEverythingOnly(Permission::RefreshRun)));
    }

    #[test]
    fn nobody_gives_away_more_than_they_have() {
        let grants = |role, teams: &[&str]| {
            let grant = Grant::try_from(text(role, teams)).expect("a grant");
            Grants::from_iter([&grant])
        };
        let lead = grants(Role::TeamLead, &["ds", "ml"]);
        assert!(lead.contain(&grants(Role::Viewer, &["ml"])));
        assert!(!lead.contain(&grants(Role::Viewer, &["web"])));
        assert!(!lead.contain(&grants(Role::Platform, &["ml"])));
        assert!(Grants::everything().contain(&lead));
    }
}
