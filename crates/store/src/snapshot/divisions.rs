//! Divides the same lines in several ways with one statement: by everything at once, and each way folded from that.
//!
//! The statement costs the database what the finest of the ways would cost alone, and what is folded here is the same exact
//! sums.

use std::collections::BTreeMap;

use super::{CostQuestion, CostRow, Dimension, Granularity, Snapshot, Values};
use crate::error::StoreError;

impl Snapshot {
    /// The rows of a question about no time, grouped by the dimensions of each of these ways instead of its own: by currency,
    /// the largest first, those that tie by dimensions.
    ///
    /// # Errors
    /// [`StoreError::TooManyRows`] where one of the ways has more rows than are read at once, or where the database fails.
    pub async fn divisions(
        &mut self,
        question: &CostQuestion,
        ways: &[&[Dimension]],
    ) -> Result<Vec<Vec<CostRow>>, StoreError> {
        if let Some(divisions) = self.held_divisions(question, ways)? {
            return Ok(divisions);
        }
        let mut group_by: Vec<Dimension> = ways.iter().copied().flatten().cloned().collect();
        group_by.sort_unstable();
        group_by.dedup();
        let granularity = Granularity::Total;
        let finest = CostQuestion { granularity, group_by: group_by.clone(), order_by: None, ..question.clone() };
        match self.costs(&finest).await {
            Ok(rows) => Ok(ways.iter().map(|way| fold(&rows, &group_by, way)).collect()),
            // Each way for itself may still have few.
            Err(StoreError::TooManyRows { .. }) if ways.len() > 1 => {
                let mut divisions = Vec::with_capacity(ways.len());
                for way in ways {
                    let question = CostQuestion { group_by: way.to_vec(), ..finest.clone() };
                    divisions.push(fold(&self.costs(&question).await?, way, way));
                }
                Ok(divisions)
            }
            Err(error) => Err(error),
        }
    }

    /// The same from memory, where each way costs little for itself.
    fn held_divisions(
        &self,
        question: &CostQuestion,
        ways: &[&[Dimension]],
    ) -> Result<Option<Vec<Vec<CostRow>>>, StoreError> {
        let granularity = Granularity::Total;
        let divided = |way: &&[Dimension]| {
            self.held_costs(&CostQuestion { granularity, group_by: way.to_vec(), order_by: None, ..question.clone() })
        };
        ways.iter().map(divided).collect()
    }
}

/// Adds up rows that are grouped by some dimensions to rows that are grouped by fewer.
fn fold(rows: &[CostRow], grouped_by: &[Dimension], onto: &[Dimension]) -> Vec<CostRow> {
    let places: Vec<usize> =
        onto.iter().filter_map(|kept| grouped_by.iter().position(|dimension| dimension == kept)).collect();
    let mut folded: BTreeMap<(&str, Vec<LastWhereNotSet<'_>>), CostRow> = BTreeMap::new();
    for row in rows {
        let values = places.iter().map(|place| LastWhereNotSet::from(row.values.dimension(*place))).collect();
        let sum = folded.entry((&row.currency, values)).or_insert_with(|| CostRow {
            values: Values::told_beside(
                places.iter().map(|place| row.values.dimension(*place).map(str::to_owned)).collect(),
                row.values.principal_arn().filter(|_| onto.contains(&Dimension::Principal)).map(str::to_owned),
                row.values.account_name().filter(|_| onto.contains(&Dimension::Account)).map(str::to_owned),
            ),
            ..CostRow::nothing(&row.currency)
        });
        sum.add(row);
    }
    let mut rows: Vec<CostRow> = folded.into_values().collect();
    // The sort keeps the order of those that tie.
    rows.sort_by(|one, other| one.currency.cmp(&other.currency).then_with(|| other.cost.cmp(&one.cost)));
    rows
}

/// A value of a dimension, in the order of answers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum LastWhereNotSet<'v> {
    Set(&'v str),
    NotSet,
}

impl<'v> From<Option<&'v str>> for LastWhereNotSet<'v> {
    fn from(value: Option<&'v str>) -> Self {
        value.map_or(Self::NotSet, Self::Set)
    }
}

#[cfg(test)]
mod tests {
    use bill::Amount;

    use super::*;
    use crate::snapshot::Tokens;

    fn row(model: Option<&str>, kind: &str, currency: &str, cost: i64) -> CostRow {
        let tokens = Tokens { input: Amount::from_integer(cost), ..Tokens::default() };
        let values = Values::new(vec![model.map(str::to_owned), Some(kind.to_owned())]);
        CostRow { values, cost: Amount::from_integer(cost), tokens, line_items: 1, ..CostRow::nothing(currency) }
    }

    #[test]
    fn rows_are_added_up_within_a_currency_and_the_largest_comes_first() {
        let by = [Dimension::Model, Dimension::TokenKind];
        let rows = [
            row(Some("nova"), "input", "USD", 1),
            row(Some("nova"), "output", "USD", 2),
            row(None, "input", "USD", 3),
            row(Some("claude"), "input", "USD", 3),
            row(Some("nova"), "input", "EUR", 4),
            row(Some("nova"), "output", "EUR", -4),
        ];
        let folded = fold(&rows, &by, &[Dimension::Model]);
        let shown: Vec<_> = folded
            .iter()
            .map(|row| {
                let model = row.values.dimension(0).unwrap_or("-");
                format!(
                    "{} {model} {} of {} tokens, {} lines",
                    row.currency, row.cost, row.tokens.input, row.line_items
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "EUR nova 0 of 0 tokens, 2 lines",
                "USD claude 3 of 3 tokens, 1 lines",
                "USD nova 3 of 3 tokens, 2 lines",
                "USD - 3 of 3 tokens, 1 lines",
            ]
        );
        assert_eq!(fold(&rows, &by, &[]).len(), 2, "one row for each currency");
    }
}
