//! `GET /v1/models`: what each model cost, and at which effective prices.

use std::cmp::Reverse;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::snapshot::Scope;
use utoipa::ToSchema;

use super::ModelFigures;
use super::tally::tally;
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, Links, Meta, MetaContext, Told, control, totals};
use crate::http::conditional::Versioned;
use crate::http::documentation::{
    FormatParameter, FormatProblems, NotModified, PeriodAndCostParameters, ReportProblems,
};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::ReportQuery;
use crate::http::problem::Problem;
use crate::http::resolve::resolve_one;
use crate::http::showback::whole_bill;

/// A line for each model and currency; what divides its cost is one column each, as JSON.
const TABLE: Table = Table {
    columns: &[
        "id",
        "name",
        "provider",
        "period",
        "cost",
        "currency",
        "tokens.input",
        "tokens.output",
        "tokens.cache_read",
        "tokens.cache_write",
        "line_items",
        "price_per_million.input",
        "price_per_million.output",
        "price_per_million.cache_read",
        "price_per_million.cache_write",
        "cache_hit_percent",
        "saved_by_cache",
        "by_token_kind",
        "by_tier",
        "by_routing",
    ],
    decimals: &[
        "cost",
        "price_per_million.input",
        "price_per_million.output",
        "price_per_million.cache_read",
        "price_per_million.cache_write",
        "cache_hit_percent",
        "saved_by_cache",
    ],
    each: None,
};

/// Models, what each cost, and at which effective prices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelsAnswer {
    /// The models, the largest of each currency first. They add up to `meta.totals`: lines that name no model are one whose id
    /// is null.
    data: Vec<ModelFigures>,
    /// What the answer says about itself.
    meta: Meta,
    /// The control figures of the period.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// List models
///
/// What each model cost in one period, and what that was per million tokens of each kind, from what was billed: the effective
/// prices, how much of the input came from prompt caches and what that saved, and the shares of tiers and routings. The period
/// is the latest one unless `period` says otherwise; with `cost=net_unblended` prices are those after discounts.
#[utoipa::path(get, path = "/v1/models", tag = "models", params(PeriodAndCostParameters, FormatParameter),
    responses((status = OK, description = "The models", content(
                  (ModelsAnswer = "application/json"), (String = "text/csv"))),
              NotModified, ReportProblems, FormatProblems))]
pub(crate) async fn list_models(
    State(state): State<SharedState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::PERIOD_COST_AND_FORMAT)?;
    let format = Format::choose(asked.format, &headers, &Format::TABULAR)?;
    let mut snapshot = reader.revealing(asked.reveal)?.snapshot_as_of(asked.as_of).await?;
    let period = resolve_one(asked.period, &snapshot)?;
    let tallies = tally(snapshot.model_uses(&[period], asked.cost).await?);
    let mut data: Vec<_> = tallies.into_iter().map(|(key, tally)| ModelFigures::new(key, tally, asked.as_of)).collect();
    data.sort_by(|one, other| (&one.currency, Reverse(one.cost)).cmp(&(&other.currency, Reverse(other.cost))));
    let totals = totals(&mut snapshot, &whole_bill(Scope::Periods(vec![period]), asked.cost)).await?;
    let control = control(&mut snapshot, &[period], asked.cost).await?;

    let query = asked.echo(Some(period));
    let links = Links::to_self(format!("/v1/models?{}", query.query_string()))
        .and_as_of("costs", format!("/v1/costs?period={period}&group_by=model"), asked.as_of)
        .and("period", format!("/v1/periods/{period}"));
    let context = MetaContext { periods: &[period], cost: asked.cost, today: state.today(), query };
    let meta = Meta::new(&mut snapshot, context, totals, data.len()).await?;
    if format == Format::Csv {
        return Told::of(&meta, &control, &links).above(&TABLE, &format!("models-{period}"), &data, &snapshot);
    }
    Ok(Versioned::of(&snapshot, ModelsAnswer { data, meta, control, links }).into_response())
}
