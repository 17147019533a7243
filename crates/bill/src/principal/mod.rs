//! Who is behind a line: `line_item_iam_principal`, read.
//!
//! The forms are those of IAM ARNs (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>) as
//! AWS writes them on Bedrock lines
//! (<https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/iam-principal-cost-allocation.html>).

mod fold;
mod parse;

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use fold::{FoldRule, FoldRuleError, SessionFold};

/// The first day of which AWS recorded principals
/// (<https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html>).
// A day that every calendar has.
pub const RECORDED_SINCE: NaiveDate = NaiveDate::from_ymd_opt(2026, 4, 8).expect("8 April 2026");

/// What kind of caller a principal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// An IAM user, with or without a path.
    IamUser,
    /// The IAM user that AWS makes for a long-term Bedrock API key. The bill does not say whose key it is.
    ApiKey,
    /// An IAM role without a session.
    Role,
    /// A session of a role: Lambda, EC2, ECS, CI, a gateway, anything that assumes one.
    AssumedRole,
    /// A session of a role that IAM Identity Center made for a permission set.
    SsoUser,
    /// A user from outside: a role session named by an e-mail address, or a federated-user of STS.
    FederatedUser,
    /// The root user of an account.
    Root,
    /// An AWS service acting for itself.
    Service,
    /// Any other form, kept whole.
    Other,
}

impl Identity {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::IamUser,
        Self::ApiKey,
        Self::Role,
        Self::AssumedRole,
        Self::SsoUser,
        Self::FederatedUser,
        Self::Root,
        Self::Service,
        Self::Other,
    ];

    /// The name in snake case, such as `assumed_role`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IamUser => "iam_user",
            Self::ApiKey => "api_key",
            Self::Role => "role",
            Self::AssumedRole => "assumed_role",
            Self::SsoUser => "sso_user",
            Self::FederatedUser => "federated_user",
            Self::Root => "root",
            Self::Service => "service",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that names no identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an identity; use iam_user, api_key, role, assumed_role, sso_user, federated_user, root, service or other"
)]
pub struct ParseIdentityError(String);

impl FromStr for Identity {
    type Err = ParseIdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseIdentityError(text.chars().take(40).collect());
        Self::ALL.into_iter().find(|identity| identity.as_str() == text).ok_or_else(error)
    }
}

/// The caller of a line, with what its text says about it.
///
/// Nothing is added: a field that the text does not state is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Principal {
    /// Opaque and stable: `prn_` and the first twenty hexadecimal digits of the SHA-256 of `arn`.
    pub id: String,
    /// The text as billed, whole.
    pub arn: String,
    /// The kind of caller.
    pub identity: Identity,
    /// The AWS partition: `aws`, `aws-cn`, `aws-us-gov`…
    pub partition: Option<String>,
    /// The twelve digits of the account to which the identity belongs. It may differ from the account that is billed.
    pub account: Option<String>,
    /// The name of the user or federated user, `root`, or the service, such as `bedrock.amazonaws.com`.
    pub name: Option<String>,
    /// The IAM path of a user or role with both its slashes, such as `/division/`; `None` at the top. AWS leaves the
    /// path of an assumed role out.
    pub path: Option<String>,
    /// The name of the role.
    pub role: Option<String>,
    /// The session of an assumed role: all after the role's slash; `*` where sessions were folded.
    pub session: Option<String>,
    /// The IAM Identity Center permission set for which the role was made.
    pub permission_set: Option<String>,
    /// The human behind the line, where the bill says so: the user of IAM Identity Center, or an e-mail address.
    pub person: Option<String>,
}
