//! The same money divided in several ways: each division adds up to the totals.

use std::collections::BTreeMap;

use bill::BillingPeriod;
use bill::tags::{TagKey, TagView};
use store::StoreError;
use store::snapshot::{CostBasis, CostQuestion, Dimension, Filter, Granularity, OrderBy, OrderKey, Scope, Snapshot};

use crate::http::answer::{CostRows, Row};

/// The most tags of the caller that a showback is divided by.
const MOST_TAGS: usize = 20;
/// The tag that AWS uses in its own examples; a showback has it even where no line does.
const COST_CENTER: &str = "cost-center";

/// The question about all lines of Bedrock, in no division.
pub(crate) fn whole_bill(scope: Scope, cost: CostBasis) -> CostQuestion {
    CostQuestion {
        scope,
        granularity: Granularity::Total,
        group_by: Vec::new(),
        filters: Vec::new(),
        cost,
        order_by: None,
    }
}

/// The question about the lines on which a dimension has this value, in no division.
pub(crate) fn lines_with(dimension: Dimension, value: &str, scope: Scope, cost: CostBasis) -> CostQuestion {
    let filter = Filter::keeping(dimension, vec![Some(value.to_owned())]);
    CostQuestion { filters: vec![filter], ..whole_bill(scope, cost) }
}

/// By usage date, the first day first.
pub(crate) async fn by_day(snapshot: &mut Snapshot, question: &CostQuestion) -> Result<CostRows, StoreError> {
    let daily = CostQuestion { granularity: Granularity::Daily, ..question.clone() };
    Ok(Row::all(snapshot.costs(&daily).await?, &[]))
}

/// By these dimensions, largest first.
pub(crate) async fn divide(
    snapshot: &mut Snapshot,
    question: &CostQuestion,
    group_by: Vec<Dimension>,
) -> Result<CostRows, StoreError> {
    let largest_first = Some(OrderBy { key: OrderKey::Cost, descending: true });
    let question = CostQuestion { group_by, order_by: largest_first, ..question.clone() };
    Ok(Row::all(snapshot.costs(&question).await?, &question.group_by))
}

/// By each tag of the caller, and how many tags were left out.
pub(crate) async fn divide_by_tags(
    snapshot: &mut Snapshot,
    question: &CostQuestion,
    period: BillingPeriod,
) -> Result<(BTreeMap<String, CostRows>, usize), StoreError> {
    let cost_center = TagKey::of_principal(COST_CENTER);
    let mut keys = vec![cost_center.clone()];
    let in_use = snapshot.tag_keys(&[period]).await?;
    keys.extend(in_use.into_iter().filter(|key| key.view == TagView::IamPrincipal && *key != cost_center));
    let left_out = keys.len().saturating_sub(MOST_TAGS);
    let mut by_tag = BTreeMap::new();
    for key in keys.into_iter().take(MOST_TAGS) {
        let always = key == cost_center;
        let dimension = Dimension::Tag(key);
        let rows = divide(snapshot, question, vec![dimension.clone()]).await?;
        if always || rows.iter().any(Row::says_something) {
            by_tag.insert(dimension.to_string(), rows);
        }
    }
    Ok((by_tag, left_out))
}
