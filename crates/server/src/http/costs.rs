//! `GET /v1/costs`: costs by any dimensions, filtered by any dimensions.

use axum::extract::{RawQuery, State};
use bill::BillingPeriod;
use serde::Serialize;
use store::snapshot::Scope;
use utoipa::ToSchema;

use super::ApiState;
use super::access::CostReader;
use super::answer::{ControlFigures, CostRows, Links, Meta, MetaContext, Row, control, totals};
use super::conditional::Versioned;
use super::documentation::{CostsParameters, CostsProblems, NotModified};
use super::grammar::{CostsQuery, Echo};
use super::problem::Problem;
use super::resolve::resolve;

/// Costs, what they come to, and the control figures that they belong to: all of one data version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CostsAnswer {
    /// The rows, in the order asked. They add up to `meta.totals`.
    #[schema(value_type = Vec<Row>)]
    data: CostRows,
    /// What the answer says about itself.
    meta: Meta,
    /// The control figures of each billing period that the answer is about, whatever was filtered for.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// List costs
///
/// Rows of exact cost, grouped and filtered by any dimensions, from one data version. Rows add up to `meta.totals`; without
/// filters, and asked by `period`, the totals are the `bedrock_total` of `control`.
#[utoipa::path(get, path = "/v1/costs", tag = "costs", params(CostsParameters),
    responses((status = OK, description = "The costs", body = CostsAnswer), NotModified, CostsProblems))]
pub(crate) async fn list_costs(
    State(state): State<ApiState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
) -> Result<Versioned<CostsAnswer>, Problem> {
    let asked = CostsQuery::parse(query.as_deref())?;
    let mut snapshot = reader.revealing(asked.reveal)?.snapshot().await?;
    let (scope, periods) = resolve(&asked.scope, &mut snapshot).await?;
    let (reveal, question) = (asked.reveal, asked.about(scope));

    let rows = snapshot.costs(&question).await?;
    let data = Row::all(rows, &question.group_by);
    let totals = totals(&mut snapshot, &question).await?;
    let control = control(&mut snapshot, &periods, question.cost).await?;

    let query = Echo::of(&question).revealing(reveal);
    let links = Links::to_self(format!("/v1/costs?{}", query.query_string()))
        .and("periods", "/v1/periods")
        .and("teams", "/v1/teams");
    let context = MetaContext { periods: &periods, cost: question.cost, today: state.today(), query };
    let mut meta = Meta::new(&mut snapshot, context, totals, data.len()).await?;
    if matches!(question.scope, Scope::UsageDates { .. }) {
        meta = meta.with_note(
            "Lines were chosen by usage date in whichever period they are billed; `control` is about whole billing periods.",
        );
        if let Some(note) = months_not_loaded(&question.scope, snapshot.periods()) {
            meta = meta.with_note(note);
        }
    }
    Ok(Versioned::of(&snapshot, CostsAnswer { data, meta, control, links }))
}

/// An answer over days must not look as if it were about months that nobody has read.
fn months_not_loaded(scope: &Scope, loaded: &[BillingPeriod]) -> Option<String> {
    let Scope::UsageDates { start, end } = scope else { return None };
    let months = std::iter::successors(Some(BillingPeriod::containing(*start)), |month| Some(month.next()));
    let missing: Vec<String> = months
        .take_while(|month| month.first_day() < *end)
        .filter(|month| !loaded.contains(month))
        .take(24)
        .map(|month| month.to_string())
        .collect();
    (!missing.is_empty()).then(|| format!("Not loaded, and therefore not counted: {}.", missing.join(", ")))
}
