//! `GET /v1/teams/{team}`: one team through all periods.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use bill::BillingPeriod;
use serde::Serialize;
use store::snapshot::{AsOf, CostQuestion, Granularity, Scope, Snapshot};
use utoipa::ToSchema;

use super::{StoreResult, find_team, question_about};
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, Figures, Links, Meta, MetaContext, control, totals};
use crate::http::conditional::Versioned;
use crate::http::documentation::{CostParameters, NotModified, TeamProblems};
use crate::http::grammar::ReportQuery;
use crate::http::problem::Problem;
use crate::http::showback::RuleFigures;

/// One team, its cost in every period, and the rules behind it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamAnswer {
    /// The team.
    data: TeamDetail,
    /// What the answer says about itself.
    meta: Meta,
    /// The control figures of all periods.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// A team through all periods.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamDetail {
    /// The id.
    #[schema(example = "data-science")]
    slug: String,
    /// How people write it.
    #[schema(example = "Data Science")]
    name: String,
    /// Every period that is loaded, the latest first.
    periods: Vec<PeriodCosts>,
    /// What gave it its cost, over all periods, largest first.
    rules: Vec<RuleFigures>,
}

/// What the team cost in one period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodCosts {
    /// The billing period.
    #[schema(value_type = String, example = "2026-10")]
    period: BillingPeriod,
    /// The cost in each currency; empty where the team owns nothing in this period.
    costs: Vec<Figures>,
    /// Where to go from here.
    links: Links,
}

/// Get a team
///
/// Its cost in every loaded period, and the rules that gave it. The team `unattributed` is what no rule claims.
#[utoipa::path(get, path = "/v1/teams/{team}", tag = "teams",
    params(("team" = String, Path, description = "The id of the team", example = "data-science"), CostParameters),
    responses((status = OK, description = "The team", body = TeamAnswer), NotModified, TeamProblems))]
pub(crate) async fn get_team(
    State(state): State<SharedState>,
    reader: CostReader,
    slug: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Versioned<TeamAnswer>, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::COST)?;
    let Path(slug) = slug?;
    let mut snapshot = reader.revealing(asked.reveal)?.snapshot_as_of(asked.as_of).await?;
    let team = find_team(&mut snapshot, &slug).await?;
    let periods = snapshot.periods().to_vec();
    let question = question_about(&team, Scope::Periods(periods.clone()), asked.cost);

    let by_period = costs_by_period(&mut snapshot, &team.slug, &question, asked.as_of).await?;
    let rules = snapshot.rule_shares(&team.slug, &periods, asked.cost).await?;
    let totals = totals(&mut snapshot, &question).await?;
    let control = control(&mut snapshot, &periods, asked.cost).await?;

    let query = asked.echo(None);
    let path = format!("/v1/teams/{}", team.slug);
    let links = Links::to_self(format!("{path}?{}", query.query_string()))
        .and_as_of("showback", format!("{path}/showback"), asked.as_of)
        .and_as_of("teams", "/v1/teams", asked.as_of);
    let context = MetaContext { periods: &periods, cost: asked.cost, today: state.today(), query };
    let meta = Meta::new(&mut snapshot, context, totals, by_period.len()).await?;
    let rules = rules.into_iter().map(RuleFigures::from).collect();
    let data = TeamDetail { slug: team.slug, name: team.name, periods: by_period, rules };
    Ok(Versioned::of(&snapshot, TeamAnswer { data, meta, control, links }))
}

async fn costs_by_period(
    snapshot: &mut Snapshot,
    slug: &str,
    question: &CostQuestion,
    as_of: Option<AsOf>,
) -> StoreResult<Vec<PeriodCosts>> {
    let monthly = CostQuestion { granularity: Granularity::Monthly, ..question.clone() };
    let rows = snapshot.costs(&monthly).await?;
    let costs_of = |period: BillingPeriod| PeriodCosts {
        period,
        costs: rows.iter().filter(|row| row.period == Some(period)).cloned().map(Figures::from).collect(),
        links: Links::default().and_as_of("showback", format!("/v1/teams/{slug}/showback?period={period}"), as_of),
    };
    Ok(snapshot.periods().iter().rev().copied().map(costs_of).collect())
}
