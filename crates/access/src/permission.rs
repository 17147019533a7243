use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Something that a caller can be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Permission {
    /// `costs:read`: read costs, teams, periods.
    CostsRead,
    /// `refresh:run`: have exports read now.
    RefreshRun,
    /// `drilldown:run`: ask the export for single lines.
    DrilldownRun,
    /// `rules:write`: change who owns what.
    RulesWrite,
    /// `keys:admin`: make, list and revoke API keys.
    KeysAdmin,
    /// `audit:read`: read the audit log.
    AuditRead,
    /// `identity:reveal`: see the persons behind pseudonyms.
    IdentityReveal,
    /// `webhooks:admin`: make, list, try out and delete webhooks, which are sent what happens to the whole bill.
    WebhooksAdmin,
    /// `statements:read`: read what teams were charged. Reserved: there are no statements yet.
    StatementsRead,
    /// `periods:close`: close a billing period. Reserved: periods cannot be closed yet.
    PeriodsClose,
}

impl Permission {
    /// All of them, in the order in which they are documented.
    pub const ALL: [Self; 10] = [
        Self::CostsRead,
        Self::RefreshRun,
        Self::DrilldownRun,
        Self::RulesWrite,
        Self::KeysAdmin,
        Self::AuditRead,
        Self::IdentityReveal,
        Self::WebhooksAdmin,
        Self::StatementsRead,
        Self::PeriodsClose,
    ];

    /// The word in configuration and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CostsRead => "costs:read",
            Self::RefreshRun => "refresh:run",
            Self::DrilldownRun => "drilldown:run",
            Self::RulesWrite => "rules:write",
            Self::KeysAdmin => "keys:admin",
            Self::AuditRead => "audit:read",
            Self::IdentityReveal => "identity:reveal",
            Self::WebhooksAdmin => "webhooks:admin",
            Self::StatementsRead => "statements:read",
            Self::PeriodsClose => "periods:close",
        }
    }

    /// Whether it can be had for everything only: half an export cannot be read, half a period cannot be closed, and what
    /// happens is told whole.
    pub fn is_for_everything_only(self) -> bool {
        matches!(self, Self::RefreshRun | Self::WebhooksAdmin | Self::PeriodsClose)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that names no permission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a permission; there are {all}", all = Permission::ALL.map(Permission::as_str).join(", "))]
pub struct ParsePermissionError(String);

impl FromStr for Permission {
    type Err = ParsePermissionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|permission| permission.as_str() == text);
        named.ok_or_else(|| ParsePermissionError(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for Permission {
    type Error = ParsePermissionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> Self {
        permission.as_str().to_owned()
    }
}
