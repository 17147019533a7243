//! How much of the money carries which tags. Views of tags are views of the same money: nothing here adds up across keys.

use bill::tags::TagKey;
use bill::{Amount, BillingPeriod};
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::tags::key_of;
use super::{CostBasis, Snapshot};
use crate::error::{Doing, StoreError, amount};

/// One key of tags, and what carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagCoverage {
    /// The key.
    pub key: TagKey,
    /// How many values it has.
    pub values: i64,
    /// What lines with a value cost, one for each currency.
    pub costs: Vec<CoveredCost>,
}

/// What lines that carry something cost in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredCost {
    /// What they cost.
    pub cost: Amount,
    /// The currency.
    pub currency: String,
    /// How many they are.
    pub line_items: i64,
}

/// A key with one of its values, and what carries them in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The key.
    pub key: TagKey,
    /// The value.
    pub value: String,
    /// What it is on.
    pub cost: CoveredCost,
}

#[derive(FromRow)]
struct KeyRow {
    place: String,
    key: String,
    currency: Option<String>,
    cost: String,
    line_items: i64,
    distinct_values: i64,
}

#[derive(FromRow)]
struct LabelRow {
    place: String,
    key: String,
    value: String,
    currency: String,
    cost: String,
    line_items: i64,
}

impl Snapshot {
    /// The keys of all tags, in every view, that lines of these periods carry with a value, by view and key.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn tag_coverage(
        &mut self,
        periods: &[BillingPeriod],
        cost: CostBasis,
    ) -> Result<Vec<TagCoverage>, StoreError> {
        let mut text = self.labels(periods, cost, None);
        text.push(
            " select place, key, currency, sum(cost)::text as cost, sum(line_items)::bigint as line_items, \
             count(distinct value) as distinct_values from labels where value <> '' \
             group by grouping sets ((place, key, currency), (place, key)) order by place, key, currency nulls first",
        );
        let rows: Vec<KeyRow> =
            text.build_query_as().fetch_all(self.reading.connection().await?).await.doing("the coverage of tags")?;
        let mut coverages: Vec<TagCoverage> = Vec::new();
        for row in rows {
            let Some(key) = key_of(&row.place, row.key) else { continue };
            match row.currency {
                // The row over all currencies comes before theirs.
                None => coverages.push(TagCoverage { key, values: row.distinct_values, costs: Vec::new() }),
                Some(currency) => {
                    let cost = CoveredCost { cost: amount(&row.cost)?, currency, line_items: row.line_items };
                    if let Some(coverage) = coverages.last_mut().filter(|coverage| coverage.key == key) {
                        coverage.costs.push(cost);
                    }
                }
            }
        }
        let shown = self.keys_to_show(coverages.iter().map(|coverage| coverage.key.clone()).collect());
        coverages.retain(|coverage| shown.contains(&coverage.key));
        coverages.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(coverages)
    }

    /// The tags on lines of one principal, in every view, largest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn labels_of_principal(
        &mut self,
        id: &str,
        periods: &[BillingPeriod],
        cost: CostBasis,
        limit: i64,
    ) -> Result<Vec<Label>, StoreError> {
        let mut text = self.labels(periods, cost, Some(id));
        text.push(
            " select place, key, value, currency, sum(cost)::text as cost, sum(line_items)::bigint as line_items \
             from labels where value <> '' group by place, key, value, currency \
             order by currency, sum(cost) desc, place, key, value limit ",
        );
        text.push_bind(limit);
        let rows: Vec<LabelRow> =
            text.build_query_as().fetch_all(self.reading.connection().await?).await.doing("the tags of a principal")?;
        let mut labels = Vec::new();
        for row in rows {
            let Some(key) = key_of(&row.place, row.key) else { continue };
            let cost = CoveredCost { cost: amount(&row.cost)?, currency: row.currency, line_items: row.line_items };
            labels.push(Label { key, value: row.value, cost });
        }
        let shown = self.keys_to_show(labels.iter().map(|label| label.key.clone()).collect());
        labels.retain(|label| shown.contains(&label.key));
        Ok(labels)
    }

    /// Begins a query with the table `labels`: each pair of key and value that stands on lines in sight, with their cost.
    fn labels(&self, periods: &[BillingPeriod], cost: CostBasis, principal: Option<&str>) -> QueryBuilder<Postgres> {
        let load_ids = self.load_ids(|load| periods.contains(&load.period));
        let shown = self.shown();
        let mut text = QueryBuilder::new("with sets as (select subject.tag_set_id, cost.currency, sum(cost.");
        text.push(cost.column()).push(") as cost, sum(cost.line_items) as line_items from subject_cost as cost");
        text.push(" join subject on subject.subject_id = cost.subject_id");
        if let Some(visible) = self.visible() {
            text.push(" join ");
            visible.push_owners(&mut text, &load_ids);
            text.push(" as owner on owner.load_id = cost.load_id and owner.subject_id = cost.subject_id");
        }
        if principal.is_some() {
            shown.join_principal(&mut text);
        }
        text.push(" where cost.load_id = any(").push_bind(load_ids).push(")");
        if let Some(id) = principal {
            text.push(" and principal.opaque_id = ").push_bind(id.to_owned());
        }
        text.push(" group by 1, 2), labels as (");
        for (place, column) in ["tags", "resource_tags", "cost_category"].into_iter().enumerate() {
            text.push(if place == 0 { "" } else { " union all " }).push("select '").push(column);
            text.push("' as place, label.key, label.value, subject.currency, subject.cost, subject.line_items");
            // The sets stand in the place of subjects: they are shown as those of subjects are.
            text.push(" from sets as subject");
            shown.join_tag_set(&mut text);
            text.push(" cross join lateral jsonb_each_text(tag_set.").push(column).push(") as label");
        }
        text.push(")");
        text
    }
}
