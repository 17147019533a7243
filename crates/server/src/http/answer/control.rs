//! The figures that an answer belongs to: what the bill says, what teams own, and that nothing is between them.

use bill::{Amount, BillingPeriod};
use serde::Serialize;
use store::StoreError;
use store::snapshot::{Control, CostBasis, Snapshot};
use utoipa::ToSchema;

/// The control figures of one billing period and currency, over the whole period whatever was filtered for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ControlFigures {
    /// The billing period.
    #[schema(value_type = String, example = "2026-10")]
    period: BillingPeriod,
    /// The currency of all figures.
    #[schema(example = "USD")]
    currency: String,
    /// The whole bill, Bedrock or not.
    #[schema(value_type = String, example = "98211.42")]
    bill_total: Amount,
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

impl From<Control> for ControlFigures {
    fn from(control: Control) -> Self {
        Self {
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
}

/// The control figures of these periods.
pub(crate) async fn control(
    snapshot: &mut Snapshot,
    periods: &[BillingPeriod],
    cost: CostBasis,
) -> Result<Vec<ControlFigures>, StoreError> {
    Ok(snapshot.control(periods, cost).await?.into_iter().map(ControlFigures::from).collect())
}
