//! Money, tokens and lines, in one currency.

use bill::Amount;
use serde::Serialize;
use store::StoreError;
use store::snapshot::{CostQuestion, CostRow, Granularity, Snapshot, Tokens};
use utoipa::ToSchema;

/// Tokens by class, each a whole number as a string. Lines that do not count tokens add nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct TokenCounts {
    /// Fresh input.
    #[schema(value_type = String, example = "15400000")]
    input: Amount,
    /// Output.
    #[schema(value_type = String, example = "920000")]
    output: Amount,
    /// Input read from the prompt cache.
    #[schema(value_type = String, example = "0")]
    cache_read: Amount,
    /// Input written to the prompt cache.
    #[schema(value_type = String, example = "0")]
    cache_write: Amount,
}

impl From<&Tokens> for TokenCounts {
    fn from(tokens: &Tokens) -> Self {
        Self {
            input: tokens.input.rounded(),
            output: tokens.output.rounded(),
            cache_read: tokens.cache_read.rounded(),
            cache_write: tokens.cache_write.rounded(),
        }
    }
}

/// The sum over lines of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Figures {
    /// The exact cost as a decimal string, up to twelve places.
    #[schema(value_type = String, example = "1234.567890123456")]
    pub(crate) cost: Amount,
    /// Its currency.
    #[schema(example = "USD")]
    pub(crate) currency: String,
    /// Tokens by class.
    pub(crate) tokens: TokenCounts,
    /// How many lines of the bill this is.
    #[schema(example = 420)]
    pub(crate) line_items: i64,
}

impl From<CostRow> for Figures {
    fn from(row: CostRow) -> Self {
        Self {
            cost: row.cost,
            tokens: (&row.tokens).into(),
            currency: row.currency.to_string(),
            line_items: row.line_items,
        }
    }
}

/// The same question without any division of its rows.
pub(crate) fn ungrouped(question: &CostQuestion) -> CostQuestion {
    CostQuestion { granularity: Granularity::Total, group_by: Vec::new(), order_by: None, ..question.clone() }
}

/// What a question comes to in each currency, counted on its own and not from the rows.
pub(crate) async fn totals(snapshot: &mut Snapshot, question: &CostQuestion) -> Result<Vec<Figures>, StoreError> {
    let rows = snapshot.costs(&ungrouped(question)).await?;
    let mut totals: Vec<Figures> = rows.into_iter().map(Figures::from).collect();
    totals.sort_by(|one, other| one.currency.cmp(&other.currency));
    Ok(totals)
}
