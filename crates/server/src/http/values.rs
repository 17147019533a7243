//! The values of a dimension, each with what it costs.

use bill::{Amount, BillingPeriod};
use serde::Serialize;
use store::snapshot::{AsOf, CostBasis, CostQuestion, CostRow, Dimension, Filter, Scope};
use utoipa::ToSchema;

use super::answer::{Links, TokenCounts};
use super::format::table::Table;
use super::grammar::Echo;
use super::models::model_id;
use super::path::segment;
use super::showback::whole_bill;

/// Values as a table: a line each.
pub(crate) const VALUES: Table = Table {
    columns: &[
        "value",
        "label",
        "cost",
        "currency",
        "tokens.input",
        "tokens.output",
        "tokens.cache_read",
        "tokens.cache_write",
        "line_items",
    ],
    decimals: &["cost"],
    each: None,
};

/// A value of a dimension, and what lines that have it cost in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValueCosts {
    /// The value; null for the lines on which the dimension is not set.
    #[schema(example = "123456789012")]
    value: Option<String>,
    /// What people know it by: the ARN of a principal, the name of an account. Null where the value says all.
    #[schema(example = "Sandbox")]
    label: Option<String>,
    /// The exact cost as a decimal string.
    #[schema(value_type = String, example = "1234.567890123456")]
    cost: Amount,
    /// Its currency.
    #[schema(example = "USD")]
    currency: String,
    /// Tokens by class.
    tokens: TokenCounts,
    /// How many lines of the bill this is.
    line_items: i64,
    /// Where to go from here: `costs` asks for the same lines.
    links: Links,
}

/// What the values of a list have in common.
pub(crate) struct ValuesOf<'a> {
    /// The dimension that they are values of.
    pub(crate) dimension: &'a Dimension,
    /// The billing period.
    pub(crate) period: BillingPeriod,
    /// Which cost is added up.
    pub(crate) cost: CostBasis,
    /// Which data version was asked for, where one was.
    pub(crate) as_of: Option<AsOf>,
}

impl ValueCosts {
    /// A row of a question that is grouped by the dimension alone.
    pub(crate) fn new(row: CostRow, about: &ValuesOf<'_>) -> Self {
        let value = row.values.dimension(0).map(str::to_owned);
        Self {
            links: links(about, value.as_deref()),
            label: row.values.principal_arn().or(row.values.account_name()).map(str::to_owned),
            value,
            cost: row.cost,
            currency: row.currency.to_string(),
            tokens: (&row.tokens).into(),
            line_items: row.line_items,
        }
    }
}

fn links(about: &ValuesOf<'_>, value: Option<&str>) -> Links {
    let ValuesOf { dimension, period, cost, as_of } = *about;
    let filter = Filter::keeping(dimension.clone(), vec![value.map(str::to_owned)]);
    let question = CostQuestion { filters: vec![filter], ..whole_bill(Scope::Periods(vec![period]), cost) };
    let links =
        Links::default().and("costs", format!("/v1/costs?{}", Echo::of(&question).of_version(as_of).query_string()));
    let Some(value) = value else { return links };
    match dimension {
        Dimension::Tag(key) => {
            let path = format!("/v1/tags/{}/values/{}", segment(&key.to_string()), segment(value));
            links.and_as_of("showback", format!("{path}/showback?period={period}"), as_of)
        }
        Dimension::Team => links.and_as_of("team", format!("/v1/teams/{}", segment(value)), as_of),
        Dimension::Principal => links.and_as_of("principal", format!("/v1/principals/{}", segment(value)), as_of),
        Dimension::Model => links.and_as_of("model", format!("/v1/models/{}", model_id(value)), as_of),
        _ => links,
    }
}
