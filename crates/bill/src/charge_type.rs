//! Why a line was charged: the line item type of the bill.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The `line_item_line_item_type` of a line, as billed: `Usage`, `Tax`, `Credit`, `EdpDiscount`…
///
/// AWS documents fourteen values
/// (<https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-line-item.html>) and bills more, so the list
/// is open: a value that nobody has seen is kept like any other, and its money counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChargeType(String);

impl ChargeType {
    /// A charge type as billed.
    pub fn new(billed: impl Into<String>) -> Self {
        Self(billed.into())
    }

    /// The text as billed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the usage amount of such a line is a quantity of something used.
    ///
    /// The four types that AWS's summary view counts; a credit or a tax repeats the amount of the line that it is for.
    pub fn counts_quantity(&self) -> bool {
        matches!(self.as_str(), "Usage" | "SavingsPlanCoveredUsage" | "DiscountedUsage" | "FlatRateSubscription")
    }

    /// Whether AWS can write a principal on such a line.
    ///
    /// Only what is used has a caller. A type outside AWS's list is given the benefit of the doubt, so that its lines
    /// are reported as lines that lack a principal.
    pub fn may_carry_principal(&self) -> bool {
        matches!(self.group(), "usage" | "other")
            || matches!(self.as_str(), "SavingsPlanCoveredUsage" | "DiscountedUsage")
    }

    /// The kind of charge: `usage`, `commitment` (reservations and savings plans), `fee`, `credit`, `refund`,
    /// `discount`, `tax`, or `other`.
    ///
    /// CUDOS's charge type groups, with credits and refunds kept apart. Discounts are told by the end of the word,
    /// since private offers bring their own (`EdpDiscount`, `PrivateRateDiscount`).
    pub fn group(&self) -> &'static str {
        match self.as_str() {
            "Usage" | "FlatRateSubscription" => "usage",
            "DiscountedUsage"
            | "RIFee"
            | "SavingsPlanCoveredUsage"
            | "SavingsPlanRecurringFee"
            | "SavingsPlanNegation" => "commitment",
            "Fee" | "SavingsPlanUpfrontFee" => "fee",
            "Credit" => "credit",
            "Refund" => "refund",
            "Tax" => "tax",
            other if other.ends_with("Discount") => "discount",
            _ => "other",
        }
    }
}

impl fmt::Display for ChargeType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for ChargeType {
    type Err = Infallible;

    fn from_str(billed: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(billed))
    }
}

impl From<&str> for ChargeType {
    fn from(billed: &str) -> Self {
        Self::new(billed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_type_has_its_group() {
        for (billed, group) in [
            ("Usage", "usage"),
            ("FlatRateSubscription", "usage"),
            ("DiscountedUsage", "commitment"),
            ("RIFee", "commitment"),
            ("SavingsPlanCoveredUsage", "commitment"),
            ("SavingsPlanRecurringFee", "commitment"),
            ("SavingsPlanNegation", "commitment"),
            ("SavingsPlanUpfrontFee", "fee"),
            ("Fee", "fee"),
            ("Credit", "credit"),
            ("Refund", "refund"),
            ("Tax", "tax"),
            ("Discount", "discount"),
            ("BundledDiscount", "discount"),
            ("EdpDiscount", "discount"),
            ("PrivateRateDiscount", "discount"),
            ("SomethingOfNextYear", "other"),
            ("", "other"),
        ] {
            assert_eq!(ChargeType::from(billed).group(), group, "{billed}");
        }
    }

    #[test]
    fn only_what_was_used_has_a_quantity() {
        for billed in ["Usage", "SavingsPlanCoveredUsage", "DiscountedUsage", "FlatRateSubscription"] {
            assert!(ChargeType::from(billed).counts_quantity(), "{billed}");
        }
        for billed in ["Credit", "Refund", "Tax", "Fee", "EdpDiscount", "SavingsPlanNegation", "usage", "New"] {
            assert!(!ChargeType::from(billed).counts_quantity(), "{billed}");
        }
    }

    #[test]
    fn taxes_credits_and_discounts_have_no_caller() {
        for billed in ["Tax", "Credit", "Refund", "EdpDiscount", "Fee", "RIFee", "SavingsPlanNegation"] {
            assert!(!ChargeType::from(billed).may_carry_principal(), "{billed}");
        }
        for billed in ["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SomethingOfNextYear"] {
            assert!(ChargeType::from(billed).may_carry_principal(), "{billed}");
        }
    }

    #[test]
    fn a_type_nobody_has_seen_is_kept_whole() {
        assert_eq!(ChargeType::from("SomethingOfNextYear").to_string(), "SomethingOfNextYear");
    }
}
