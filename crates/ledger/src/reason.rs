use std::fmt;
use std::str::FromStr;

/// Why no team owns a cost. The first that holds is given: what the bill cannot say comes before what rules do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Used before 2026-04-08, the first day with principals on the bill
    /// (<https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html>).
    BeforePrincipals,
    /// A charge that nobody calls: tax, credit, refund, fee, discount…
    ChargeTypeWithoutPrincipal,
    /// Usage without a principal.
    NoPrincipal,
    /// A principal without any IAM principal tag, while some rule in force reads such tags.
    NoTag,
    /// A principal that no rule claims.
    NoRule,
}

impl Reason {
    /// All reasons, in the order in which they are tried.
    pub const ALL: [Self; 5] =
        [Self::BeforePrincipals, Self::ChargeTypeWithoutPrincipal, Self::NoPrincipal, Self::NoTag, Self::NoRule];

    /// The name in snake case, such as `no_principal`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeforePrincipals => "before_principals",
            Self::ChargeTypeWithoutPrincipal => "charge_type_without_principal",
            Self::NoPrincipal => "no_principal",
            Self::NoTag => "no_tag",
            Self::NoRule => "no_rule",
        }
    }

    /// One sentence for whoever books the cost.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::BeforePrincipals => {
                "Used before 2026-04-08, when AWS began to write on the bill who called Amazon Bedrock."
            }
            Self::ChargeTypeWithoutPrincipal => {
                "AWS names no caller on a charge of this type, such as a tax, credit, refund, discount or fee."
            }
            Self::NoPrincipal => "The bill does not say who called Amazon Bedrock, and no rule claims the usage.",
            Self::NoTag => "The caller is known but carries no IAM principal tag for the ownership rules to read.",
            Self::NoRule => "The caller is known, but no ownership rule claims it.",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that names no reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a reason; use before_principals, charge_type_without_principal, no_principal, no_tag or no_rule")]
pub struct ParseReasonError(String);

impl FromStr for Reason {
    type Err = ParseReasonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseReasonError(text.chars().take(40).collect());
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or_else(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_as_it_is_written() {
        for reason in Reason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
            assert!(reason.sentence().ends_with('.') && !reason.sentence().contains(". "), "one sentence");
        }
        assert_eq!(
            "no_tags".parse::<Reason>().expect_err("not a reason").to_string(),
            "`no_tags` is not a reason; use before_principals, charge_type_without_principal, no_principal, no_tag or \
             no_rule"
        );
    }
}
