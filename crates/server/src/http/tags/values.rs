//! `GET /v1/tags/{key}`: the values of a tag, and what each costs.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::snapshot::{CostQuestion, Dimension, Scope};
use utoipa::ToSchema;

use super::{key_in_path, require_known};
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, Links, Meta, MetaContext, Told, control, totals};
use crate::http::conditional::Versioned;
use crate::http::documentation::{FormatParameter, FormatProblems, NotModified, TagProblems, ValuesParameters};
use crate::http::format::Format;
use crate::http::grammar::{Accepted, Faults, Parameters};
use crate::http::listing::ListQuery;
use crate::http::path::segment;
use crate::http::problem::Problem;
use crate::http::resolve::resolve_one;
use crate::http::showback::whole_bill;
use crate::http::values::{VALUES, ValueCosts, ValuesOf};

const PARAMETERS: Accepted = Accepted { single: ListQuery::PARAMETERS, list: &[], bracketed: &[] };

/// The values of a tag, and what each costs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagValuesAnswer {
    /// The values of this page, the largest of each currency first. Without `q`, all pages add up to `meta.totals`: lines
    /// without a value are the value null.
    data: Vec<ValueCosts>,
    /// What the answer says about itself; `totals` is what all pages come to.
    meta: Meta,
    /// The control figures of the period.
    control: Vec<ControlFigures>,
    /// Where to go from here; `next`, where there is another page.
    links: Links,
}

/// List the values of a tag
///
/// Each value with its cost, page by page; lines that do not carry the tag are the value null. `q` keeps values that contain a
/// text. The key is written as in `tag:<key>` and percent-encoded as one segment of the path: `resourceTags%2Fteam`.
#[utoipa::path(get, path = "/v1/tags/{key}", tag = "tags",
    params(("key" = String, Path, description = "The key as in `tag:<key>`, percent-encoded: a slash is `%2F`",
                example = "cost-center"),
           ValuesParameters, FormatParameter),
    responses((status = OK, description = "The values", content(
                  (TagValuesAnswer = "application/json"), (String = "text/csv"))),
              NotModified, TagProblems, FormatProblems))]
pub(crate) async fn list_tag_values(
    State(state): State<SharedState>,
    reader: CostReader,
    key: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let parameters = Parameters::read(query.as_deref(), &PARAMETERS, &mut faults);
    let asked = ListQuery::read(&parameters, &mut faults);
    let asked = faults.none_or(asked)?;
    let Path(key) = key?;
    let key = key_in_path(&key)?;
    let format = Format::choose(asked.report.format, &headers, &Format::TABULAR)?;
    let reader = reader.revealing(asked.report.reveal)?;
    let mut snapshot = asked.snapshot(&reader).await?;
    let (period, cost) = (resolve_one(asked.report.period, &snapshot)?, asked.report.cost);
    let as_of = asked.report.as_of;
    require_known(&mut snapshot, &key, period).await?;

    let path = format!("/v1/tags/{}", segment(&key.to_string()));
    let query = asked.echo(period);
    let page = asked.page(&path, &query, &reader, &snapshot)?;
    let dimension = Dimension::Tag(key);
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

    let links = links.and_as_of("tags", format!("/v1/tags?period={period}"), as_of);
    let context = MetaContext { periods: &[period], cost, today: state.today(), query };
    let meta = Meta::new(&mut snapshot, context, totals, data.len()).await?;
    if format == Format::Csv {
        return Told::of(&meta, &control, &links).above(&VALUES, &format!("tag-values-{period}"), &data, &snapshot);
    }
    Ok(Versioned::of(&snapshot, TagValuesAnswer { data, meta, control, links }).into_response())
}
