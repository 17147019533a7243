//! `GET /v1/tags`: the keys of every view, and how much of the bill carries them.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bill::{Amount, BillingPeriod};
use serde::Serialize;
use store::StoreError;
use store::snapshot::{AsOf, Scope, Snapshot, TagCoverage};
use utoipa::ToSchema;

use super::share;
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, Figures, Links, Meta, MetaContext, Told, control, totals};
use crate::http::conditional::Versioned;
use crate::http::documentation::{
    FormatParameter, FormatProblems, NotModified, PeriodAndCostParameters, ReportProblems,
};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::ReportQuery;
use crate::http::path::segment;
use crate::http::problem::Problem;
use crate::http::resolve::resolve_one;
use crate::http::showback::whole_bill;

/// A line for each currency in which lines carry the key.
const TABLE: Table = Table {
    columns: &[
        "key",
        "view",
        "values",
        "coverage.cost",
        "coverage.currency",
        "coverage.percent",
        "coverage.line_items",
    ],
    decimals: &["coverage.cost", "coverage.percent"],
    each: Some("coverage"),
};

/// The keys of tags, and what carries them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagsAnswer {
    /// The keys, by view and key. Tags are views of the same money: their costs are not to be added to one another.
    data: Vec<TagKeyCosts>,
    /// What the answer says about itself; `totals` is all of Bedrock, tagged or not.
    meta: Meta,
    /// The control figures of the period.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// A key, and what lines that have a value of it cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagKeyCosts {
    /// The key as it is written in `tag:<key>`.
    #[schema(example = "cost-center")]
    pub(crate) key: String,
    /// Which labels these are: `iamPrincipal`, `resourceTags`, `accountTag`, `userAttribute`, `costCategory`, `resource_tags`
    /// or `cost_category`.
    #[schema(value_type = String, example = "iamPrincipal")]
    pub(crate) view: &'static str,
    /// How many values it has.
    #[schema(example = 12)]
    pub(crate) values: i64,
    /// How much of the bill carries it, in each currency in which any line does.
    pub(crate) coverage: Vec<CoverageFigures>,
    /// Where to go from here.
    links: Links,
}

/// What lines that carry a tag cost in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TagCoverage)]
pub(crate) struct CoverageFigures {
    /// The exact cost of lines that have a value.
    #[schema(value_type = String, example = "1111.1")]
    pub(crate) cost: Amount,
    /// Its currency.
    #[schema(example = "USD")]
    pub(crate) currency: String,
    /// The same in percent of all that Bedrock cost in this currency, rounded to two places; null where that is nothing. More
    /// than 100 where credits, which lower the whole, do not carry the tag.
    #[schema(value_type = Option<String>, example = "90.02")]
    pub(crate) percent: Option<Amount>,
    /// How many lines of the bill this is.
    pub(crate) line_items: i64,
}

/// List tags
///
/// The keys of tags in every view, with how much of the bill carries them: what lines with a value cost, the share of all that
/// Bedrock cost, and how many values there are. The period is the latest one unless `period` says otherwise.
#[utoipa::path(get, path = "/v1/tags", tag = "tags", params(PeriodAndCostParameters, FormatParameter),
    responses((status = OK, description = "The tags", content(
                  (TagsAnswer = "application/json"), (String = "text/csv"))),
              NotModified, ReportProblems, FormatProblems))]
pub(crate) async fn list_tags(
    State(state): State<SharedState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::PERIOD_COST_AND_FORMAT)?;
    let format = Format::choose(asked.format, &headers, &Format::TABULAR)?;
    let mut snapshot = reader.revealing(asked.reveal)?.snapshot_as_of(asked.as_of).await?;
    let period = resolve_one(asked.period, &snapshot)?;
    let totals = totals(&mut snapshot, &whole_bill(Scope::Periods(vec![period]), asked.cost)).await?;
    let data = tag_costs(&mut snapshot, period, &asked, &totals).await?;
    let control = control(&mut snapshot, &[period], asked.cost).await?;

    let query = asked.echo(Some(period));
    let links = Links::to_self(format!("/v1/tags?{}", query.query_string()))
        .and_as_of("costs", format!("/v1/costs?period={period}"), asked.as_of)
        .and("period", format!("/v1/periods/{period}"));
    let context = MetaContext { periods: &[period], cost: asked.cost, today: state.today(), query };
    let meta = Meta::new(&mut snapshot, context, totals, data.len()).await?;
    if format == Format::Csv {
        return Told::of(&meta, &control, &links).above(&TABLE, &format!("tags-{period}"), &data, &snapshot);
    }
    Ok(Versioned::of(&snapshot, TagsAnswer { data, meta, control, links }).into_response())
}

/// How much of these totals of a period, which is asked about in this way, carries which tags.
pub(crate) async fn tag_costs(
    snapshot: &mut Snapshot,
    period: BillingPeriod,
    asked: &ReportQuery,
    totals: &[Figures],
) -> Result<Vec<TagKeyCosts>, StoreError> {
    let coverages = snapshot.tag_coverage(&[period], asked.cost).await?;
    Ok(coverages.into_iter().map(|coverage| TagKeyCosts::new(coverage, period, asked.as_of, totals)).collect())
}

impl TagKeyCosts {
    /// How many lines of the bill carry it, in any currency.
    pub(crate) fn line_items(&self) -> i64 {
        self.coverage.iter().map(|coverage| coverage.line_items).sum()
    }

    fn new(coverage: TagCoverage, period: BillingPeriod, as_of: Option<AsOf>, totals: &[Figures]) -> Self {
        let (key, view) = (coverage.key.to_string(), coverage.key.view.prefix());
        let whole = |currency: &str| totals.iter().find(|total| total.currency == currency).map(|total| total.cost);
        let figures = coverage.costs.into_iter().map(|covered| CoverageFigures {
            percent: share(covered.cost, whole(&covered.currency)),
            cost: covered.cost,
            currency: covered.currency,
            line_items: covered.line_items,
        });
        let links = Links::default().and_as_of("self", format!("/v1/tags/{}?period={period}", segment(&key)), as_of);
        Self { key, view, values: coverage.values, coverage: figures.collect(), links }
    }
}
