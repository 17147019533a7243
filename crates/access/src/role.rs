use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Permission;

/// A bundle of permissions, named for who needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Role {
    /// Closes the month: reads everything that has a figure, asks for a refresh, reads the audit log.
    Finance,
    /// Runs the platform: reads costs and single lines, asks for a refresh, changes who owns what, has webhooks.
    Platform,
    /// Answers for a team: reads costs, single lines and statements.
    TeamLead,
    /// Looks: reads costs. What a dashboard needs.
    Viewer,
    /// Everything, API keys and the persons behind pseudonyms included.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Finance, Self::Platform, Self::TeamLead, Self::Viewer, Self::Admin];

    /// The word in configuration and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finance => "finance",
            Self::Platform => "platform",
            Self::TeamLead => "team-lead",
            Self::Viewer => "viewer",
            Self::Admin => "admin",
        }
    }

    /// What it allows.
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Finance => &[
                Permission::CostsRead,
                Permission::RefreshRun,
                Permission::DrilldownRun,
                Permission::AuditRead,
                Permission::StatementsRead,
                Permission::PeriodsClose,
            ],
            Self::Platform => &[
                Permission::CostsRead,
                Permission::RefreshRun,
                Permission::DrilldownRun,
                Permission::RulesWrite,
                Permission::WebhooksAdmin,
            ],
            Self::TeamLead => &[Permission::CostsRead, Permission::DrilldownRun, Permission::StatementsRead],
            Self::Viewer => &[Permission::CostsRead],
            Self::Admin => &Permission::ALL,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role; there are {all}", all = Role::ALL.map(Role::as_str).join(", "))]
pub struct ParseRoleError(String);

impl FromStr for Role {
    type Err = ParseRoleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|role| role.as_str() == text);
        named.ok_or_else(|| ParseRoleError(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for Role {
    type Error = ParseRoleError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.as_str().to_owned()
    }
}
