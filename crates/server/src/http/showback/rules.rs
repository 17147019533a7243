//! Why a team has a cost: the rules that gave it, or the reasons why no rule did.

use bill::Amount;
use serde::Serialize;
use store::snapshot::RuleShare;
use utoipa::ToSchema;

/// What one rule, matching in one way, gives to the team.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleFigures {
    /// The rule's number, from 1, in the order of the ownership file; null for unattributed lines.
    #[schema(example = 3)]
    pub(super) rule_number: Option<i32>,
    /// The rule's name; null for unattributed lines.
    #[schema(example = "gateway")]
    pub(super) rule: Option<String>,
    /// What made it match, or why no rule did.
    #[schema(example = "rule 3 `gateway`: tag team=ds")]
    pub(super) because: String,
    /// The exact cost that it moves.
    #[schema(value_type = String, example = "0.0693")]
    pub(super) cost: Amount,
    /// Its currency.
    #[schema(example = "USD")]
    pub(super) currency: String,
    /// Lines of the bill.
    pub(super) line_items: i64,
}

impl From<RuleShare> for RuleFigures {
    fn from(share: RuleShare) -> Self {
        let RuleShare { rule_number, rule, because, cost, currency, line_items } = share;
        Self { rule_number, rule, because, cost, currency, line_items }
    }
}
