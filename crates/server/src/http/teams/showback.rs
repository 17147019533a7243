//! `GET /v1/teams/{team}/showback`: everything that a team's dashboard shows, in one call and of one data version.

use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bill::BillingPeriod;
use serde::Serialize;
use store::snapshot::{CostQuestion, Scope, Snapshot, Team};
use utoipa::ToSchema;

use super::{StoreResult, find_team, question_about};
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, CostRows, Figures, Links, Meta, MetaContext, Row, Told, control};
use crate::http::conditional::Versioned;
use crate::http::documentation::{FormatParameter, FormatProblems, NotModified, PeriodAndCostParameters, TeamProblems};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::ReportQuery;
use crate::http::problem::Problem;
use crate::http::resolve::resolve_one;
use crate::http::showback::{
    ByCaller, Change, Lines, RuleFigures, WHAT, by_day, divide_by_caller, divide_in_ways, table_of_lines,
    totals_and_change,
};

/// A line for each figure of each side.
const TABLE: Table = table_of_lines!(["period", "team", "team_name"], ["cache", "identity", "person", "because"]);

/// One team in one period, from every side.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShowbackAnswer {
    /// The showback.
    data: Showback,
    /// What the answer says about itself.
    meta: Meta,
    /// The control figures of the period, over all teams.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// What a team would pay for a period. Each `by_…` divides the same money and adds up to `totals`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Showback {
    /// The team.
    team: TeamName,
    /// The billing period.
    #[schema(value_type = String, example = "2026-10")]
    period: BillingPeriod,
    /// What it comes to in each currency.
    totals: Vec<Figures>,
    /// Against the period before; null where that is not loaded.
    change: Option<Change>,
    /// By usage date, the first day first.
    #[schema(value_type = Vec<Row>)]
    by_day: CostRows,
    /// By model, largest first, like all that follow.
    #[schema(value_type = Vec<Row>)]
    by_model: CostRows,
    /// By token kind and cache.
    #[schema(value_type = Vec<Row>)]
    by_token_kind: CostRows,
    /// By principal, with its identity and the person behind it.
    #[schema(value_type = Vec<Row>)]
    by_principal: CostRows,
    /// By charge type.
    #[schema(value_type = Vec<Row>)]
    by_charge_type: CostRows,
    /// By each tag of the caller that lines of the team carry, under `tag:<key>`. These are views of the same money: never
    /// add them to one another.
    #[schema(value_type = BTreeMap<String, Vec<Row>>)]
    by_tag: BTreeMap<String, CostRows>,
    /// The rules that put the money here, or for `unattributed`, the reasons why none did.
    rules: Vec<RuleFigures>,
}

/// The id of a team and its name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamName {
    /// The id.
    #[schema(example = "data-science")]
    slug: String,
    /// How people write it.
    #[schema(example = "Data Science")]
    name: String,
}

/// Get a team's showback
///
/// One call for a whole dashboard: totals, change against the previous period, the same money by day, model, token kind,
/// principal, charge type and tag, and the rules that put it there. The period is the latest one unless `period` says
/// otherwise.
///
/// In CSV every figure is a line, and `by` says of which side it is: `total` (with its change), `day`, `model`, `token_kind`,
/// `principal`, `charge_type`, `tag:<key>` or `rule`. The lines of each side add up to `total`; lines of different sides are the
/// same money again.
#[utoipa::path(get, path = "/v1/teams/{team}/showback", tag = "teams",
    params(("team" = String, Path, description = "The id of the team", example = "data-science"), PeriodAndCostParameters,
           FormatParameter),
    responses((status = OK, description = "The showback", content(
                  (ShowbackAnswer = "application/json"), (String = "text/csv"))),
              NotModified, TeamProblems, FormatProblems))]
pub(crate) async fn get_team_showback(
    State(state): State<SharedState>,
    reader: CostReader,
    slug: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::PERIOD_COST_AND_FORMAT)?;
    let format = Format::choose(asked.format, &headers, &Format::TABULAR)?;
    let Path(slug) = slug?;
    let mut snapshot = reader.revealing(asked.reveal)?.snapshot_as_of(asked.as_of).await?;
    let team = find_team(&mut snapshot, &slug).await?;
    let period = resolve_one(asked.period, &snapshot)?;
    let question = question_about(&team, Scope::Periods(vec![period]), asked.cost);

    let (data, tags_left_out) = showback(&mut snapshot, team, period, &question).await?;
    let control = control(&mut snapshot, &[period], asked.cost).await?;

    let query = asked.echo(Some(period));
    let path = format!("/v1/teams/{}", data.team.slug);
    let links = Links::to_self(format!("{path}/showback?{}", query.query_string()))
        .and_as_of("previous", format!("{path}/showback?period={}", period.previous()), asked.as_of)
        .and_as_of("team", path, asked.as_of)
        .and("period", format!("/v1/periods/{period}"));
    let context = MetaContext { periods: &[period], cost: asked.cost, today: state.today(), query };
    let mut meta = Meta::new(&mut snapshot, context, data.totals.clone(), data.by_day.len()).await?;
    if tags_left_out > 0 {
        meta = meta.with_note(format!("{tags_left_out} more tags are in use; ask /v1/costs with group_by=tag:<key>."));
    }
    if format == Format::Csv {
        let (name, about) = (format!("showback-{}-{period}", data.team.slug), data.about());
        return Told::of(&meta, &control, &links).above(&TABLE, &name, &data.lines().about(&about), &snapshot);
    }
    Ok(Versioned::of(&snapshot, ShowbackAnswer { data, meta, control, links }).into_response())
}

/// What a table is about.
#[derive(Debug, Serialize)]
struct About {
    period: BillingPeriod,
    team: String,
    team_name: String,
}

impl Showback {
    fn about(&self) -> About {
        About { period: self.period, team: self.team.slug.clone(), team_name: self.team.name.clone() }
    }

    fn lines(&self) -> Lines {
        let sides = [
            ("day", &self.by_day),
            ("model", &self.by_model),
            ("token_kind", &self.by_token_kind),
            ("principal", &self.by_principal),
            ("charge_type", &self.by_charge_type),
        ];
        let tags = self.by_tag.iter().map(|(tag, rows)| (tag.as_str(), rows));
        let totals = Lines::of_totals(&self.totals, self.change.as_ref());
        let lines = sides.into_iter().chain(tags).fold(totals, |lines, (by, rows)| lines.and_by(by, rows));
        lines.and_rules("rule", &self.rules)
    }
}

async fn showback(
    snapshot: &mut Snapshot,
    team: Team,
    period: BillingPeriod,
    question: &CostQuestion,
) -> StoreResult<(Showback, usize)> {
    let (totals, change) = totals_and_change(snapshot, question, period).await?;
    let by_day = by_day(snapshot, question).await?;
    let [by_model, by_token_kind, by_charge_type] = divide_in_ways(snapshot, question, WHAT).await?;
    let ByCaller { by_principal, by_tag, tags_left_out } = divide_by_caller(snapshot, question, period).await?;
    let rules = snapshot.rule_shares(&team.slug, &[period], question.cost).await?;
    let showback = Showback {
        team: TeamName { slug: team.slug, name: team.name },
        period,
        totals,
        change,
        by_day,
        by_model,
        by_token_kind,
        by_principal,
        by_charge_type,
        by_tag,
        rules: rules.into_iter().map(RuleFigures::from).collect(),
    };
    Ok((showback, tags_left_out))
}
