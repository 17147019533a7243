//! What no grammar knows: kept whole, and counted with its money.

use bill::{Amount, BillingPeriod};
use sqlx::{FromRow, QueryBuilder};

use super::{CostBasis, Snapshot};
use crate::error::{Doing, StoreError, amount};

/// A usage type that no grammar knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclassified {
    /// The usage type, as billed.
    pub usage_type: Option<String>,
    /// The product.
    pub product: Option<String>,
    /// What its lines cost.
    pub cost: Amount,
    /// The currency of the cost.
    pub currency: String,
    /// Lines of the bill.
    pub line_items: i64,
}

#[derive(FromRow)]
struct Found {
    usage_type: Option<String>,
    product: Option<String>,
    currency: String,
    cost: String,
    line_items: i64,
}

impl Snapshot {
    /// The usage types of these periods that no grammar knows, the largest of each currency first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn unclassified(
        &mut self,
        periods: &[BillingPeriod],
        cost: CostBasis,
    ) -> Result<Vec<Unclassified>, StoreError> {
        let load_ids = self.load_ids(|load| periods.contains(&load.period));
        let mut text = QueryBuilder::new("select charge.usage_type, charge.product, cost.currency, sum(cost.");
        text.push(cost.column()).push(")::text as cost, sum(cost.line_items)::bigint as line_items from ");
        match self.visible() {
            Some(visible) => {
                text.push("period_cost as cost join ");
                visible.push_owners(&mut text, &load_ids);
                text.push(" as owner on owner.load_id = cost.load_id and owner.subject_id = cost.subject_id");
            }
            None => {
                text.push("team_period_cost as cost");
            }
        }
        text.push(" join charge using (charge_id) where charge.unclassified and cost.load_id = any(");
        text.push_bind(load_ids).push(")");
        if self.visible().is_none() {
            text.push(" and cost.ownership_id = ").push_bind(self.ownership_id);
        }
        text.push(" group by 1, 2, 3 order by 3, sum(cost.").push(cost.column()).push(") desc, 1, 2");
        let found: Vec<Found> =
            text.build_query_as().fetch_all(self.reading.connection().await?).await.doing("what no grammar knows")?;
        found
            .into_iter()
            .map(|found| {
                let Found { usage_type, product, currency, cost, line_items } = found;
                Ok(Unclassified { usage_type, product, cost: amount(&cost)?, currency, line_items })
            })
            .collect()
    }
}
