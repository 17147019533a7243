//! `GET /v1/models/{model}`: one model through all periods.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use store::snapshot::{CostQuestion, Dimension, Filter, Scope};
use utoipa::ToSchema;

use super::tally::tally;
use super::{ModelFigures, model_id};
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, CostRows, Links, Meta, MetaContext, Row, control, totals};
use crate::http::as_of::in_version_of;
use crate::http::conditional::Versioned;
use crate::http::documentation::{CostParameters, ModelProblems, NotModified};
use crate::http::grammar::{Echo, ReportQuery, nearest, shown};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::showback::{divide, whole_bill};

/// One model through all periods.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelAnswer {
    /// The model.
    data: ModelDetail,
    /// What the answer says about itself.
    meta: Meta,
    /// The control figures of all periods.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// A model through all periods. Each `by_…` divides the same money and adds up to `meta.totals`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelDetail {
    /// The id, made from the name alone.
    #[schema(example = "claude-sonnet-4.6")]
    id: String,
    /// The canonical name; several, where names differ in letter case and punctuation alone.
    names: Vec<String>,
    /// What it came to in each period and currency, the latest period first: how its prices moved.
    by_month: Vec<ModelFigures>,
    /// By the team that owns the lines, largest first, like all that follow.
    #[schema(value_type = Vec<Row>)]
    by_team: CostRows,
    /// By AWS region.
    #[schema(value_type = Vec<Row>)]
    by_region: CostRows,
    /// By account.
    #[schema(value_type = Vec<Row>)]
    by_account: CostRows,
}

/// Get a model
///
/// What it cost in every loaded period and at which effective prices, and the same money by team, region and account.
#[utoipa::path(get, path = "/v1/models/{model}", tag = "models",
    params(("model" = String, Path, description = "The id of the model", example = "claude-sonnet-4.6"), CostParameters),
    responses((status = OK, description = "The model", body = ModelAnswer), NotModified, ModelProblems))]
pub(crate) async fn get_model(
    State(state): State<SharedState>,
    reader: CostReader,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Versioned<ModelAnswer>, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::COST)?;
    let Path(id) = id?;
    let mut snapshot = reader.revealing(asked.reveal)?.snapshot_as_of(asked.as_of).await?;
    let periods = snapshot.periods().to_vec();
    if periods.is_empty() {
        return Err(Problem::nothing_loaded());
    }
    let mut uses = snapshot.model_uses(&periods, asked.cost).await?;
    let all: BTreeSet<String> = uses.iter().filter_map(|one| one.model.as_deref().map(model_id)).collect();
    if !all.contains(&id) {
        let nearest = nearest(&id, all.iter().map(String::as_str));
        let then = in_version_of(&snapshot);
        let detail = format!("no line names a model `{}`{then}; `/v1/models` lists those of a month", shown(&id));
        return Err(Problem::about("model", ProblemKind::UnknownModel, detail).with_suggestion(nearest));
    }
    uses.retain(|one| one.model.as_deref().map(model_id).as_ref() == Some(&id));
    let names: BTreeSet<String> = uses.iter().filter_map(|one| one.model.clone()).collect();
    let question = lines_of(&names, Scope::Periods(periods.clone()), asked.cost);

    let mut by_month: Vec<_> =
        tally(uses).into_iter().map(|(key, tally)| ModelFigures::new(key, tally, asked.as_of)).collect();
    // Those of one period stay as they are: by currency.
    by_month.sort_by_key(|figures| Reverse(figures.period));
    let data = ModelDetail {
        names: names.into_iter().collect(),
        by_month,
        by_team: divide(&mut snapshot, &question, vec![Dimension::Team]).await?,
        by_region: divide(&mut snapshot, &question, vec![Dimension::Region]).await?,
        by_account: divide(&mut snapshot, &question, vec![Dimension::Account]).await?,
        id,
    };
    let totals = totals(&mut snapshot, &question).await?;
    let control = control(&mut snapshot, &periods, asked.cost).await?;

    let query = asked.echo(None);
    let links = Links::to_self(format!("/v1/models/{}?{}", data.id, query.query_string()))
        .and("costs", format!("/v1/costs?{}", Echo::of(&question).of_version(asked.as_of).query_string()))
        .and_as_of("models", "/v1/models", asked.as_of);
    let context = MetaContext { periods: &periods, cost: asked.cost, today: state.today(), query };
    let meta = Meta::new(&mut snapshot, context, totals, data.by_month.len()).await?;
    Ok(Versioned::of(&snapshot, ModelAnswer { data, meta, control, links }))
}

/// The question about all lines that name a model in one of these ways.
fn lines_of(names: &BTreeSet<String>, scope: Scope, cost: store::snapshot::CostBasis) -> CostQuestion {
    let values = names.iter().cloned().map(Some).collect();
    CostQuestion { filters: vec![Filter::keeping(Dimension::Model, values)], ..whole_bill(scope, cost) }
}
