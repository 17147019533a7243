//! The order of rows: that of the statements in `snapshot`, which sort text by its bytes.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::snapshot::{CostQuestion, CostRow, OrderKey};

/// Sorts the rows of an answer as asked; those that tie by time, currency, cost, and dimensions.
pub(super) fn sorted(rows: Vec<CostRow>, question: &CostQuestion) -> Vec<CostRow> {
    // Places are sorted, and each row is moved once: rows are long, and there may be a hundred thousand of them.
    let mut places: Vec<usize> = (0..rows.len()).collect();
    places.sort_unstable_by(|one, other| compare(&rows[*one], &rows[*other], question));
    let mut rows: Vec<Option<CostRow>> = rows.into_iter().map(Some).collect();
    places.into_iter().filter_map(|place| rows[place].take()).collect()
}

fn compare(one: &CostRow, other: &CostRow, question: &CostQuestion) -> Ordering {
    as_asked(one, other, question)
        .then_with(|| one.period.cmp(&other.period))
        .then_with(|| one.date.cmp(&other.date))
        .then_with(|| by_currency(one, other))
        .then_with(|| other.cost.cmp(&one.cost))
        .then_with(|| one.values.compare(&other.values))
}

fn as_asked(one: &CostRow, other: &CostRow, question: &CostQuestion) -> Ordering {
    let Some(order) = &question.order_by else { return Ordering::Equal };
    let directed = |ordering: Ordering| if order.descending { ordering.reverse() } else { ordering };
    match &order.key {
        // Amounts of two currencies are not compared: one currency comes after the other.
        OrderKey::Cost => by_currency(one, other).then_with(|| directed(one.cost.cmp(&other.cost))),
        OrderKey::Dimension(dimension) => {
            let Some(place) = question.group_by.iter().position(|grouped| grouped == dimension) else {
                return Ordering::Equal;
            };
            match (one.values.dimension(place), other.values.dimension(place)) {
                (Some(one), Some(other)) => directed(one.cmp(other)),
                (one, other) => one.is_none().cmp(&other.is_none()),
            }
        }
    }
}

fn by_currency(one: &CostRow, other: &CostRow) -> Ordering {
    // The rows of an answer share the text.
    if Arc::ptr_eq(&one.currency, &other.currency) { Ordering::Equal } else { one.currency.cmp(&other.currency) }
}
