//! The figures that an answer belongs to: what the bill says, what teams own, and that nothing is between them.

use bill::{Amount, BillingPeriod};
use serde::Serialize;
use store::StoreError;
use store::snapshot::{Control, CostBasis, Snapshot};
use utoipa::ToSchema;

/// The control figures of one billing period and currency, over the whole period whatever was filtered for. For a caller who
/// may see a part of the bill they are about what is theirs, and a period or currency in which nothing is theirs has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ControlFigures {
    /// The billing period.
    #[schema(value_type = String, example = "2026-10")]
    period: BillingPeriod,
    /// The currency of all figures.
    #[schema(example = "USD")]
    pub(crate) currency: String,
    /// What the figures are about: `everything`, or `part` where the caller may see a part of the bill: then each figure counts
    /// what the caller may see, and nothing else.
    #[schema(value_type = String, example = "everything")]
    scope: &'static str,
    /// The whole bill, Bedrock or not; null with `scope` `part`.
    #[schema(value_type = Option<String>, example = "98211.42")]
    bill_total: Option<Amount>,
    /// What Bedrock has in it, counted by a question of its own.
    #[schema(value_type = String, example = "1234.5")]
    bedrock_total: Amount,
    /// What ownership rules give to teams.
    #[schema(value_type = String, example = "1200")]
    attributed: Amount,
    /// What no rule claims.
    #[schema(value_type = String, example = "34.5")]
    unattributed: Amount,
    /// What no grammar knows; a part of the two above.
    #[schema(value_type = String, example = "0")]
    unclassified: Amount,
    /// `bedrock_total - attributed - unattributed`: always 0, or the period would not be served.
    #[schema(value_type = String, example = "0")]
    delta: Amount,
}

impl ControlFigures {
    fn new(control: Control, scope: &'static str) -> Self {
        Self {
            scope,
            delta: control.delta(),
            period: control.period,
            currency: control.currency,
            bill_total: control.bill_total,
            bedrock_total: control.bedrock_total,
            attributed: control.attributed,
            unattributed: control.unattributed,
            unclassified: control.unclassified,
        }
    }

    /// The figures by name, but for those that are not told to everybody.
    pub(crate) fn counted(&self) -> [(&'static str, Amount); 5] {
        [
            ("bedrock_total", self.bedrock_total),
            ("attributed", self.attributed),
            ("unattributed", self.unattributed),
            ("unclassified", self.unclassified),
            ("delta", self.delta),
        ]
    }
}

/// The control figures of these periods.
pub(crate) async fn control(
    snapshot: &mut Snapshot,
    periods: &[BillingPeriod],
    cost: CostBasis,
) -> Result<Vec<ControlFigures>, StoreError> {
    let scope = if snapshot.sight().is_whole() { "everything" } else { "part" };
    let control = snapshot.control(periods, cost).await?;
    Ok(control.into_iter().map(|control| ControlFigures::new(control, scope)).collect())
}
