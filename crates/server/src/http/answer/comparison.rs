//! What a figure was, and how it moved since.

use bill::{Amount, BillingPeriod};
use serde::Serialize;
use utoipa::ToSchema;

use super::Figures;

/// The period that an answer is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ComparedWith {
    /// The billing period.
    #[schema(value_type = String, example = "2026-09")]
    pub(crate) period: BillingPeriod,
    /// What the same question comes to there in each currency, counted by a question of its own and not from the rows.
    pub(crate) totals: Vec<Figures>,
}

/// The same group in the period that is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Comparison {
    /// What it cost there, in the currency of the row.
    #[schema(value_type = String, example = "100")]
    pub(crate) cost: Amount,
    /// What was added since, or with a minus, saved.
    #[schema(value_type = String, example = "12.5")]
    pub(crate) change: Amount,
    /// The same in percent of what it was, rounded to two places, halves to the even digit; null where it was nothing.
    #[schema(value_type = Option<String>, example = "12.5")]
    pub(crate) change_percent: Option<Amount>,
}

impl Comparison {
    /// From what it is and what it was.
    pub(crate) fn between(cost: Amount, former: Amount) -> Self {
        let change = cost - former;
        // What is credited costs less than nothing; the sign of the change must not depend on it.
        Self { cost: former, change, change_percent: change.percent_of(former.abs()) }
    }
}
