//! `GET /v1/teams`: every team, with its cost of one period.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bill::BillingPeriod;
use serde::Serialize;
use store::snapshot::{AsOf, CostQuestion, Dimension, Granularity, Scope, Snapshot};
use utoipa::ToSchema;

use super::StoreResult;
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
use crate::http::problem::Problem;
use crate::http::resolve::resolve_one;

const PATH: &str = "/v1/teams";

/// All teams, and what they cost in one period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamsAnswer {
    /// The teams, by id. What no rule claims is the team `unattributed`.
    data: Vec<TeamCosts>,
    /// What the answer says about itself.
    meta: Meta,
    /// The control figures of the period: the costs of all teams are its `bedrock_total`.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// A line for each currency; without figures where the team owns nothing.
const TABLE: Table = Table {
    columns: &[
        "slug",
        "name",
        "costs.cost",
        "costs.currency",
        "costs.tokens.input",
        "costs.tokens.output",
        "costs.tokens.cache_read",
        "costs.tokens.cache_write",
        "costs.line_items",
    ],
    decimals: &["costs.cost"],
    each: Some("costs"),
};

/// A team with its cost of one period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamCosts {
    /// The id.
    #[schema(example = "data-science")]
    slug: String,
    /// How people write it.
    #[schema(example = "Data Science")]
    name: String,
    /// Its cost in each currency; empty where it owns nothing in this period.
    costs: Vec<Figures>,
    /// Where to go from here.
    links: Links,
}

/// List teams
///
/// Every team that owns a cost in any period, with its cost of one period: the latest one unless `period` says otherwise.
#[utoipa::path(get, path = "/v1/teams", tag = "teams", params(PeriodAndCostParameters, FormatParameter),
    responses((status = OK, description = "The teams", content(
                  (TeamsAnswer = "application/json"), (String = "text/csv"))),
              NotModified, ReportProblems, FormatProblems))]
pub(crate) async fn list_teams(
    State(state): State<SharedState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::PERIOD_COST_AND_FORMAT)?;
    let format = Format::choose(asked.format, &headers, &Format::TABULAR)?;
    let mut snapshot = reader.revealing(asked.reveal)?.snapshot_as_of(asked.as_of).await?;
    let nothing_loaded = asked.period.is_none() && snapshot.periods().is_empty();
    let period = if nothing_loaded { None } else { Some(resolve_one(asked.period, &snapshot)?) };

    let periods: Vec<BillingPeriod> = period.into_iter().collect();
    let question = CostQuestion {
        scope: Scope::Periods(periods.clone()),
        granularity: Granularity::Total,
        group_by: vec![Dimension::Team],
        filters: Vec::new(),
        cost: asked.cost,
        order_by: None,
    };
    let data = teams_with_costs(&mut snapshot, &question, period, asked.as_of).await?;
    let totals = totals(&mut snapshot, &question).await?;
    let control = control(&mut snapshot, &periods, asked.cost).await?;

    let query = asked.echo(period);
    let links = Links::to_self(format!("{PATH}?{}", query.query_string())).and("periods", "/v1/periods");
    let context = MetaContext { periods: &periods, cost: asked.cost, today: state.today(), query };
    let meta = Meta::new(&mut snapshot, context, totals, data.len()).await?;
    if format == Format::Csv {
        let name = period.map_or_else(|| "teams".to_owned(), |period| format!("teams-{period}"));
        return Told::of(&meta, &control, &links).above(&TABLE, &name, &data, &snapshot);
    }
    Ok(Versioned::of(&snapshot, TeamsAnswer { data, meta, control, links }).into_response())
}

async fn teams_with_costs(
    snapshot: &mut Snapshot,
    question: &CostQuestion,
    period: Option<BillingPeriod>,
    as_of: Option<AsOf>,
) -> StoreResult<Vec<TeamCosts>> {
    let mut costs: BTreeMap<String, Vec<Figures>> = BTreeMap::new();
    for row in snapshot.costs(question).await? {
        let slug = row.values.dimension(0).unwrap_or_default().to_owned();
        costs.entry(slug).or_default().push(Figures::from(row));
    }
    let teams = snapshot.teams().await?.into_iter().map(|team| {
        let mut figures = costs.remove(&team.slug).unwrap_or_default();
        figures.sort_by(|one, other| one.currency.cmp(&other.currency));
        let path = format!("/v1/teams/{}", team.slug);
        let showback = period.map_or_else(String::new, |period| format!("?period={period}"));
        let links = Links::default().and_as_of("self", path.as_str(), as_of);
        let links = links.and_as_of("showback", format!("{path}/showback{showback}"), as_of);
        TeamCosts { slug: team.slug, name: team.name, costs: figures, links }
    });
    Ok(teams.collect())
}
