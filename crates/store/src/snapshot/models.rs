//! What was used of models, kind by kind: what prices and the worth of caches are made from.

use bill::usage::TokenClass;
use bill::{Amount, BillingPeriod};
use chrono::NaiveDate;
use sqlx::{FromRow, QueryBuilder};

use super::{CostBasis, Snapshot};
use crate::error::{Doing, StoreError, amount, token_class};

/// What one kind of use of one model came to in a period and a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelUse {
    /// The billing period.
    pub period: BillingPeriod,
    /// The canonical name of the model; `None` for lines that name none.
    pub model: Option<String>,
    /// Who makes it.
    pub provider: Option<String>,
    /// What was counted.
    pub token_kind: Option<String>,
    /// Prompt cache.
    pub cache: Option<String>,
    /// Which class of tokens its lines count; `None` for lines that count none, such as images, credits and taxes.
    pub token_class: Option<TokenClass>,
    /// `standard`, `batch`, …
    pub tier: Option<String>,
    /// `in-region-or-geo`, `global`, …
    pub routing: Option<String>,
    /// The currency of the cost.
    pub currency: String,
    /// What it cost.
    pub cost: Amount,
    /// Tokens, in single tokens.
    pub tokens: Amount,
    /// Lines of the bill.
    pub line_items: i64,
}

#[derive(FromRow)]
struct UseRow {
    period: NaiveDate,
    model: Option<String>,
    provider: Option<String>,
    token_kind: Option<String>,
    cache: Option<String>,
    token_class: Option<String>,
    tier: Option<String>,
    routing: Option<String>,
    currency: String,
    cost: String,
    tokens: String,
    line_items: i64,
}

impl Snapshot {
    /// What was used of all models in these periods, in a fixed order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn model_uses(
        &mut self,
        periods: &[BillingPeriod],
        cost: CostBasis,
    ) -> Result<Vec<ModelUse>, StoreError> {
        let load_ids = self.load_ids(|load| periods.contains(&load.period));
        let mut text = QueryBuilder::new(
            "select load.period, charge.model, charge.provider, charge.token_kind, charge.cache, charge.token_class, \
             charge.tier, charge.routing, cost.currency, sum(cost.",
        );
        text.push(cost.column());
        text.push(
            ")::text as cost, sum(cost.tokens)::text as tokens, sum(cost.line_items)::bigint as line_items from ",
        );
        match self.visible() {
            Some(visible) if !visible.is_by_team() => {
                text.push("period_cost as cost join ");
                visible.push_owners(&mut text, &load_ids);
                text.push(" as owner on owner.load_id = cost.load_id and owner.subject_id = cost.subject_id");
            }
            _ => {
                text.push("team_period_cost as cost");
            }
        }
        text.push(" join charge using (charge_id) join load on load.load_id = cost.load_id where cost.load_id = any(");
        text.push_bind(load_ids).push(")");
        if self.visible().is_none_or(|visible| visible.is_by_team()) {
            text.push(" and cost.ownership_id = ").push_bind(self.ownership_id);
        }
        if let Some(visible) = self.visible().filter(|visible| visible.is_by_team()) {
            text.push(" and (");
            visible.push_of_teams(&mut text, "cost.team_id");
            text.push(")");
        }
        text.push(" group by 1, 2, 3, 4, 5, 6, 7, 8, 9 order by 1, 2, 3, 4, 5, 6, 7, 8, 9");
        let rows: Vec<UseRow> =
            text.build_query_as().fetch_all(self.reading.connection().await?).await.doing("what was used of models")?;
        rows.into_iter().map(UseRow::read).collect()
    }
}

impl UseRow {
    fn read(self) -> Result<ModelUse, StoreError> {
        Ok(ModelUse {
            period: BillingPeriod::containing(self.period),
            model: self.model,
            provider: self.provider,
            token_kind: self.token_kind,
            cache: self.cache,
            token_class: self.token_class.as_deref().map(token_class).transpose()?,
            tier: self.tier,
            routing: self.routing,
            currency: self.currency,
            cost: amount(&self.cost)?,
            tokens: amount(&self.tokens)?,
            line_items: self.line_items,
        })
    }
}
