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

/// The principal, what it is, and the person behind it.
pub(crate) const WHO: [Dimension; 3] = [Dimension::Principal, Dimension::Identity, Dimension::Person];
/// What is shown of charges: by model, by token kind and cache, by charge type.
pub(crate) const WHAT: [&[Dimension]; 3] =
    [&[Dimension::Model], &[Dimension::TokenKind, Dimension::Cache], &[Dimension::ChargeType]];

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

/// In each of these ways, largest first.
pub(crate) async fn divide_in_ways<const WAYS: usize>(
    snapshot: &mut Snapshot,
    question: &CostQuestion,
    ways: [&[Dimension]; WAYS],
) -> Result<[CostRows; WAYS], StoreError> {
    let mut divisions = snapshot.divisions(question, &ways).await?.into_iter();
    Ok(ways.map(|way| Row::all(divisions.next().unwrap_or_default(), way)))
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

/// The same lines by who caused them.
pub(crate) struct ByCaller {
    /// By principal, with its identity and the person behind it.
    pub(crate) by_principal: CostRows,
    /// By each tag of the caller, under `tag:<key>`.
    pub(crate) by_tag: BTreeMap<String, CostRows>,
    /// How many tags were left out.
    pub(crate) tags_left_out: usize,
}

/// By principal, and by each tag of the caller.
pub(crate) async fn divide_by_caller(
    snapshot: &mut Snapshot,
    question: &CostQuestion,
    period: BillingPeriod,
) -> Result<ByCaller, StoreError> {
    let cost_center = TagKey::of_principal(COST_CENTER);
    let mut keys = vec![cost_center.clone()];
    let in_use = snapshot.tag_keys(&[period]).await?;
    keys.extend(in_use.into_iter().filter(|key| key.view == TagView::IamPrincipal && *key != cost_center));
    let tags_left_out = keys.len().saturating_sub(MOST_TAGS);
    let tags: Vec<[Dimension; 1]> = keys.into_iter().take(MOST_TAGS).map(|key| [Dimension::Tag(key)]).collect();
    let ways: Vec<&[Dimension]> = [&WHO[..]].into_iter().chain(tags.iter().map(|tag| &tag[..])).collect();
    let divisions = snapshot.divisions(question, &ways).await?;
    let mut divisions = ways.iter().zip(divisions).map(|(way, rows)| Row::all(rows, way));
    let by_principal = divisions.next().unwrap_or_default();
    let is_said = |[tag]: &&[Dimension; 1], rows: &CostRows| {
        *tag == Dimension::Tag(cost_center.clone()) || rows.iter().any(Row::says_something)
    };
    let by_tag = tags.iter().zip(divisions).filter(|(tag, rows)| is_said(tag, rows));
    let by_tag = by_tag.map(|([tag], rows)| (tag.to_string(), rows)).collect();
    Ok(ByCaller { by_principal, by_tag, tags_left_out })
}
