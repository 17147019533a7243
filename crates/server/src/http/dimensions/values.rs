//! `GET /v1/dimensions/{dimension}/values`: the values of a dimension, and what each costs.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::snapshot::{CostQuestion, Dimension, Scope};
use utoipa::ToSchema;

use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, Links, Meta, MetaContext, Told, control, totals};
use crate::http::conditional::Versioned;
use crate::http::documentation::{
    DimensionParameter, DimensionProblems, FormatParameter, FormatProblems, NotModified, ValuesParameters,
};
use crate::http::format::Format;
use crate::http::grammar::{Accepted, Fault, Faults, Parameters, parse_dimension};
use crate::http::listing::ListQuery;
use crate::http::path::segment;
use crate::http::problem::Problem;
use crate::http::resolve::resolve_one;
use crate::http::showback::whole_bill;
use crate::http::values::{VALUES, ValueCosts, ValuesOf};

const PARAMETERS: Accepted = Accepted { single: ListQuery::PARAMETERS, list: &[], bracketed: &[] };

/// The values of a dimension, and what each costs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DimensionValuesAnswer {
    /// The values of this page, the largest of each currency first. Without `q`, all pages add up to `meta.totals`: lines on
    /// which the dimension is not set are the value null.
    data: Vec<ValueCosts>,
    /// What the answer says about itself; `totals` is what all pages come to.
    meta: Meta,
    /// The control figures of the period.
    control: Vec<ControlFigures>,
    /// Where to go from here; `next`, where there is another page.
    links: Links,
}

/// List the values of a dimension
///
/// Each value with its cost, page by page. `q` keeps values that contain a text, whatever its letter case, for completing what
/// is typed: a principal is also found by its ARN and its person, an account and a team by their names. A tag is the dimension
/// `tag:<key>`, percent-encoded as one segment of the path.
#[utoipa::path(get, path = "/v1/dimensions/{dimension}/values", tag = "dimensions",
    params(DimensionParameter, ValuesParameters, FormatParameter),
    responses((status = OK, description = "The values", content(
                  (DimensionValuesAnswer = "application/json"), (String = "text/csv"))),
              NotModified, DimensionProblems, FormatProblems))]
pub(crate) async fn list_dimension_values(
    State(state): State<SharedState>,
    reader: CostReader,
    dimension: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(dimension) = dimension?;
    let mut faults = Faults::default();
    let dimension = faults.keep(read_dimension(&dimension));
    let parameters = Parameters::read(query.as_deref(), &PARAMETERS, &mut faults);
    let asked = ListQuery::read(&parameters, &mut faults);
    let (dimension, asked) = faults.none_or((dimension, asked))?;
    // Without a fault there is a dimension.
    let Some(dimension) = dimension else { return Err(Problem::nothing_loaded()) };
    let format = Format::choose(asked.report.format, &headers, &Format::TABULAR)?;
    let reader = reader.revealing(asked.report.reveal)?;
    let mut snapshot = asked.snapshot(&reader).await?;
    let (period, cost) = (resolve_one(asked.report.period, &snapshot)?, asked.report.cost);
    let as_of = asked.report.as_of;

    let path = format!("/v1/dimensions/{}/values", segment(&dimension.to_string()));
    let query = asked.echo(period);
    let page = asked.page(&path, &query, &reader, &snapshot)?;
    let mut question =
        CostQuestion { group_by: vec![dimension.clone()], ..whole_bill(Scope::Periods(vec![period]), cost) };
    if let Some(text) = &asked.q {
        question.filters.push(snapshot.containing(&dimension, text).await?);
    }
    let (rows, links) = page.rows(&mut snapshot, &question).await?;
    let about = ValuesOf { dimension: &dimension, period, cost, as_of };
    let data: Vec<_> = rows.into_iter().map(|row| ValueCosts::new(row, &about)).collect();
    let totals = totals(&mut snapshot, &question).await?;
    let control = control(&mut snapshot, &[period], cost).await?;

    let links = links.and("dimensions", "/v1/dimensions").and("period", format!("/v1/periods/{period}"));
    let context = MetaContext { periods: &[period], cost, today: state.today(), query };
    let meta = Meta::new(&mut snapshot, context, totals, data.len()).await?;
    if format == Format::Csv {
        return Told::of(&meta, &control, &links).above(
            &VALUES,
            &format!("dimension-values-{period}"),
            &data,
            &snapshot,
        );
    }
    Ok(Versioned::of(&snapshot, DimensionValuesAnswer { data, meta, control, links }).into_response())
}

fn read_dimension(text: &str) -> Result<Dimension, Fault> {
    if text.contains('\0') {
        // The database cannot hold the character, so that no key of a tag has it.
        return Err(Fault::invalid_value(
            "dimension",
            "a NUL character (%00) cannot be part of a dimension; leave it out",
        ));
    }
    parse_dimension("dimension", text)
}
