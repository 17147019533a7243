//! How a cost moved since the period before.

use std::collections::{BTreeMap, BTreeSet};

use bill::{Amount, BillingPeriod};
use serde::Serialize;
use store::StoreError;
use store::snapshot::{CostQuestion, CostRow, Granularity, Scope, Snapshot};
use utoipa::ToSchema;

use crate::http::answer::{Figures, totals, ungrouped};

/// The change against the period before, in each currency.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Change {
    /// The period that is compared with.
    #[schema(value_type = String, example = "2026-09")]
    pub(super) previous_period: BillingPeriod,
    /// One for each currency of either period.
    currencies: Vec<CurrencyChange>,
}

/// The change in one currency.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CurrencyChange {
    /// The currency.
    #[schema(example = "USD")]
    currency: String,
    /// What it was.
    #[schema(value_type = String, example = "100")]
    pub(super) previous_cost: Amount,
    /// What was added, or with a minus, saved.
    #[schema(value_type = String, example = "12.5")]
    pub(super) cost: Amount,
    /// The same in percent of what it was, rounded to two places; null where it was nothing.
    #[schema(value_type = Option<String>, example = "12.5")]
    pub(super) percent: Option<Amount>,
}

impl Change {
    /// From the totals of two periods.
    pub(crate) fn between(previous_period: BillingPeriod, previous: &[Figures], current: &[Figures]) -> Self {
        let by_currency = |totals: &[Figures]| -> BTreeMap<String, Amount> {
            totals.iter().map(|figures| (figures.currency.clone(), figures.cost)).collect()
        };
        let (previous, current) = (by_currency(previous), by_currency(current));
        let currencies: BTreeSet<&String> = previous.keys().chain(current.keys()).collect();
        let change = |currency: &String| {
            let previous_cost = previous.get(currency).copied().unwrap_or_default();
            let cost = current.get(currency).copied().unwrap_or_default() - previous_cost;
            // A period of credits has a negative cost; the sign of the change must not depend on it.
            CurrencyChange {
                currency: currency.clone(),
                previous_cost,
                cost,
                percent: cost.percent_of(previous_cost.abs()),
            }
        };
        Self { previous_period, currencies: currencies.into_iter().map(change).collect() }
    }

    /// The change in one currency.
    pub(super) fn of_currency(&self, currency: &str) -> Option<&CurrencyChange> {
        self.currencies.iter().find(|change| change.currency == currency)
    }

    /// The currencies in which something cost in the period before alone.
    pub(super) fn in_other_currencies_than(&self, totals: &[Figures]) -> Vec<&str> {
        let is_of_totals = |currency: &str| totals.iter().any(|total| total.currency == currency);
        self.currencies
            .iter()
            .map(|change| change.currency.as_str())
            .filter(|currency| !is_of_totals(currency))
            .collect()
    }
}

/// What a question about one period comes to, and the change against the period before, where that is loaded. Both are
/// counted on their own and not from the rows, in one reading.
pub(crate) async fn totals_and_change(
    snapshot: &mut Snapshot,
    question: &CostQuestion,
    period: BillingPeriod,
) -> Result<(Vec<Figures>, Option<Change>), StoreError> {
    let previous_period = period.previous();
    if !snapshot.periods().contains(&previous_period) {
        return Ok((totals(snapshot, question).await?, None));
    }
    let scope = Scope::Periods(vec![previous_period, period]);
    let both = CostQuestion { scope, granularity: Granularity::Monthly, ..ungrouped(question) };
    let (current, previous): (Vec<_>, Vec<_>) =
        snapshot.costs(&both).await?.into_iter().partition(|row| row.period == Some(period));
    let figures = |rows: Vec<CostRow>| rows.into_iter().map(Figures::from).collect::<Vec<_>>();
    let (current, previous) = (figures(current), figures(previous));
    let change = Change::between(previous_period, &previous, &current);
    Ok((current, Some(change)))
}

#[cfg(test)]
mod tests {
    use store::snapshot::{Tokens, Values};

    use super::*;

    fn total(currency: &str, cost: &str) -> Figures {
        Figures::from(CostRow {
            period: None,
            date: None,
            values: Values::default(),
            cost: cost.parse().expect("an amount"),
            currency: currency.into(),
            tokens: Tokens::default(),
            line_items: 1,
        })
    }

    #[test]
    fn every_currency_of_either_period_is_compared() {
        let september: BillingPeriod = "2026-09".parse().expect("a period");
        let previous = [total("EUR", "-10"), total("USD", "100")];
        let change = Change::between(september, &previous, &[total("CNY", "5"), total("USD", "112.5")]);
        let shown: Vec<_> = change
            .currencies
            .iter()
            .map(|one| {
                format!("{} {} {} {:?}", one.currency, one.previous_cost, one.cost, one.percent.map(|p| p.to_string()))
            })
            .collect();
        assert_eq!(shown, ["CNY 0 5 None", "EUR -10 10 Some(\"100\")", "USD 100 12.5 Some(\"12.5\")"]);
    }
}
