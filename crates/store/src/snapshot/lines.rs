//! Single lines that were fetched for a drill-down, as far as they are in sight.
//!
//! A fetched set may hold more than one reader may see: it is filtered here, by the same words with which costs are asked for.
//! So its rows add up to the figure that costs give, or [`TieOut`] says that they do not.

use bill::{Amount, BillingPeriod};
use chrono::NaiveDate;
use serde_json::Value;
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::costs::push_condition;
use super::{CostBasis, CostQuestion, Dimension, Filter, Granularity, LoadVersion, Scope, Snapshot};
use crate::error::{Doing, StoreError, amount};

/// Which lines of one load are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineQuestion {
    /// The billing period.
    pub period: BillingPeriod,
    /// One day of use.
    pub day: Option<NaiveDate>,
    /// All of them must hold. Each has one value, and may be about principal, account, usage type, charge type or a tag.
    pub filters: Vec<Filter>,
}

impl LineQuestion {
    /// The figure that is drilled into, as a question about costs.
    pub fn figure(&self, cost: CostBasis) -> CostQuestion {
        let scope = match self.day {
            None => Scope::Periods(vec![self.period]),
            // The last day that a calendar has is no day of a bill.
            Some(day) => Scope::UsageDates { start: day, end: day.succ_opt().unwrap_or(day) },
        };
        CostQuestion {
            scope,
            granularity: Granularity::Total,
            group_by: Vec::new(),
            filters: self.filters.clone(),
            cost,
            order_by: None,
        }
    }
}

/// A figure of costs and the sum of the lines that it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TieOut {
    /// The currency of both.
    pub currency: String,
    /// Which cost was added up.
    pub cost: CostBasis,
    /// What costs say.
    pub figure: Amount,
    /// What the lines come to.
    pub rows_total: Amount,
    /// How many lines the figure is made of.
    pub figure_line_items: i64,
    /// How many lines there are.
    pub rows: i64,
}

impl TieOut {
    /// Whether the lines are the figure: in money and in number.
    pub fn ties_out(&self) -> bool {
        self.figure == self.rows_total && self.figure_line_items == self.rows
    }
}

/// One line of the bill, in words.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Line {
    /// Its place among the lines that were fetched with it.
    pub position: i32,
    /// Day of use, UTC.
    pub usage_date: NaiveDate,
    /// Hour of use, UTC.
    pub usage_hour: Option<i16>,
    /// The management account that is invoiced.
    pub payer: Option<String>,
    /// The account that used.
    pub account: Option<String>,
    /// Its name.
    pub account_name: Option<String>,
    /// Opaque id of the principal.
    pub principal: Option<String>,
    /// The principal.
    pub principal_arn: Option<String>,
    /// `line_item_usage_type`.
    pub usage_type: Option<String>,
    /// `line_item_operation`.
    pub operation: Option<String>,
    /// `line_item_line_item_type`.
    pub charge_type: Option<String>,
    /// `bill_billing_entity`.
    pub billing_entity: Option<String>,
    /// Product name, or code.
    pub product: Option<String>,
    /// Canonical model name.
    pub model: Option<String>,
    /// `bill_invoice_id`.
    pub invoice: Option<String>,
    /// `line_item_resource_id`.
    pub resource: Option<String>,
    /// `line_item_line_item_description`.
    pub description: Option<String>,
    /// The maps of tags: `tags`, `resource_tags` and `cost_category`; none where they may not be shown.
    pub tags: Option<Value>,
    /// Likewise.
    pub resource_tags: Option<Value>,
    /// Likewise.
    pub cost_category: Option<Value>,
    /// `line_item_usage_amount`, an exact decimal.
    pub quantity: String,
    /// The pricing unit.
    pub unit: Option<String>,
    /// Unblended cost, an exact decimal.
    pub unblended_cost: String,
    /// Net unblended cost, an exact decimal.
    pub net_unblended_cost: String,
    /// List cost, an exact decimal.
    pub list_cost: String,
    /// The currency of the costs.
    pub currency: String,
}

impl Snapshot {
    /// Keeps to one load, as if nothing else were served; `None` where that is not served.
    pub fn keep_to(&mut self, export: &str, period: BillingPeriod) -> Option<(i64, LoadVersion)> {
        self.loads.retain(|load| load.version.export == export && load.version.period == period);
        self.periods.retain(|kept| *kept == period);
        self.loads.first().map(|load| (load.load_id, load.version.clone()))
    }

    /// How many lines in sight the figure is made of.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn line_items(&mut self, question: &LineQuestion) -> Result<i64, StoreError> {
        let rows = self.costs(&question.figure(CostBasis::Unblended)).await?;
        Ok(rows.iter().map(|row| row.line_items).sum())
    }

    /// How many of everybody's lines the same figure would be made of, the filters [named](Self::named).
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn everybodys_line_items(&mut self, question: &LineQuestion) -> Result<i64, StoreError> {
        let rows = self.everybodys_costs(&question.figure(CostBasis::Unblended)).await?;
        Ok(rows.iter().map(|row| row.line_items).sum())
    }

    /// The lines of a set that answer a question and are in sight, in their order, after this place.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn lines(
        &mut self,
        set_id: i64,
        question: &LineQuestion,
        after: i32,
        limit: i64,
    ) -> Result<Vec<Line>, StoreError> {
        let mut text = QueryBuilder::new(
            "select cost.position, cost.usage_date, cost.usage_hour, subject.payer, subject.account, \
             account.name as account_name, principal.opaque_id as principal, principal.arn as principal_arn, \
             charge.usage_type, charge.operation, charge.charge_type, charge.billing_entity, charge.product, charge.model, \
             charge.invoice, cost.resource, cost.description, tag_set.tags, tag_set.resource_tags, tag_set.cost_category, \
             cost.quantity::text as quantity, charge.unit, cost.unblended_cost::text as unblended_cost, \
             cost.net_unblended_cost::text as net_unblended_cost, cost.list_cost::text as list_cost, cost.currency",
        );
        self.push_lines(&mut text, set_id, question);
        text.push(" and cost.position > ").push_bind(after);
        text.push(" order by cost.position limit ").push_bind(limit);
        text.build_query_as().fetch_all(self.reading.connection().await?).await.doing("the lines of a drill-down")
    }

    /// The figure that is drilled into, by currency and kind of cost, beside the sum of the lines of the set.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn tie_out(&mut self, set_id: i64, question: &LineQuestion) -> Result<Vec<TieOut>, StoreError> {
        let mut text = QueryBuilder::new(
            "select cost.currency, coalesce(sum(cost.unblended_cost), 0)::text, \
             coalesce(sum(cost.net_unblended_cost), 0)::text, coalesce(sum(cost.list_cost), 0)::text, count(*)",
        );
        self.push_lines(&mut text, set_id, question);
        text.push(" group by cost.currency");
        let fetched = text.build_query_as().fetch_all(self.reading.connection().await?).await;
        let sums: Vec<(String, String, String, String, i64)> = fetched.doing("the sum of a drill-down")?;
        let mut lines = Vec::new();
        for (currency, unblended, net, list, rows) in sums {
            lines.push((currency, [amount(&unblended)?, amount(&net)?, amount(&list)?], rows));
        }
        let mut tie_outs = Vec::new();
        for (place, cost) in [CostBasis::Unblended, CostBasis::NetUnblended, CostBasis::List].into_iter().enumerate() {
            let figures = self.costs(&question.figure(cost)).await?;
            let figure = |currency: &str| figures.iter().find(|figure| *figure.currency == *currency);
            let mut currencies: Vec<&str> = figures.iter().map(|figure| &*figure.currency).collect();
            currencies.extend(lines.iter().map(|(currency, ..)| currency.as_str()));
            currencies.sort_unstable();
            currencies.dedup();
            tie_outs.extend(currencies.into_iter().map(|currency| {
                let sum = lines.iter().find(|(of, ..)| of == currency);
                TieOut {
                    currency: currency.to_owned(),
                    cost,
                    figure: figure(currency).map(|figure| figure.cost).unwrap_or_default(),
                    rows_total: sum.map(|(_, sums, _)| sums[place]).unwrap_or_default(),
                    figure_line_items: figure(currency).map_or(0, |figure| figure.line_items),
                    rows: sum.map_or(0, |(.., rows)| *rows),
                }
            }));
        }
        Ok(tie_outs)
    }

    /// From ` from ` on to the end of what a line must be like.
    fn push_lines(&self, text: &mut QueryBuilder<Postgres>, set_id: i64, question: &LineQuestion) {
        let load_ids = self.load_ids(|_| true);
        text.push(" from drilldown_row as cost join charge using (charge_id)");
        text.push(" join subject on subject.subject_id = cost.subject_id");
        if let Some(visible) = self.visible() {
            text.push(" join ");
            visible.push_owners(text, &load_ids);
            text.push(" as owner on owner.load_id = cost.load_id and owner.subject_id = cost.subject_id");
        }
        let shown = self.shown();
        shown.join_principal(text);
        shown.join_account(text);
        shown.join_tag_set(text);
        text.push(" where cost.drilldown_set_id = ").push_bind(set_id);
        text.push(" and cost.load_id = any(").push_bind(load_ids).push(")");
        if let Some(day) = question.day {
            text.push(" and cost.usage_date = ").push_bind(day);
        }
        for filter in &question.filters {
            text.push(" and ");
            push_condition(text, filter);
        }
    }

    /// The same question with persons as billed, to be asked of the export. A filter that cannot be said in one value of the
    /// bill is left out: then more is fetched than is shown.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn named(&mut self, question: &LineQuestion) -> Result<LineQuestion, StoreError> {
        let mut filters = Vec::new();
        for filter in &question.filters {
            let named = match (&filter.dimension, filter.values.as_slice()) {
                (Dimension::Principal, [Some(id)]) => self.billed_principals(id).await?,
                (Dimension::Tag(_), [Some(value)]) => self.billed_tag_values(&filter.dimension, value).await?,
                (_, [value]) => vec![value.clone()],
                _ => Vec::new(),
            };
            if let [one] = named.as_slice() {
                filters.push(Filter { values: vec![one.clone()], ..filter.clone() });
            }
        }
        Ok(LineQuestion { filters, ..question.clone() })
    }

    /// The id, as billed, of the principal that is shown under this id.
    async fn billed_principals(&mut self, id: &str) -> Result<Vec<Option<String>>, StoreError> {
        let mut text = QueryBuilder::new(
            "select distinct billed.opaque_id from subject join principal as billed on billed.principal_id = \
             subject.principal_id",
        );
        self.shown().join_principal(&mut text);
        text.push(" where principal.opaque_id = ").push_bind(id.to_owned()).push(" limit 2");
        text.build_query_scalar()
            .fetch_all(self.reading.connection().await?)
            .await
            .doing("the principal of a drill-down")
    }

    /// The values, as billed, of the tag that is shown with this one.
    async fn billed_tag_values(&mut self, tag: &Dimension, value: &str) -> Result<Vec<Option<String>>, StoreError> {
        let Dimension::Tag(key) = tag else { return Ok(Vec::new()) };
        let mut text = QueryBuilder::new("select distinct ");
        super::scope::push_tag_value(&mut text, "billed", key);
        text.push(" from subject join tag_set as billed on billed.tag_set_id = subject.tag_set_id");
        self.shown().join_tag_set(&mut text);
        text.push(" where ");
        super::scope::push_tag_value(&mut text, "tag_set", key);
        text.push(" = ").push_bind(value.to_owned()).push(" limit 2");
        text.build_query_scalar().fetch_all(self.reading.connection().await?).await.doing("the tag of a drill-down")
    }

    /// The text, as billed, of the principal with this id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn principal_arn(&mut self, id: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar!("select arn from principal where opaque_id = $1", id)
            .fetch_optional(self.reading.connection().await?)
            .await
            .doing("the principal of a drill-down")
    }
}
