//! `/v1/costs`: costs by any dimensions, filtered by any dimensions.

mod answer;
mod paging;
mod query;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};

use self::answer::CostsAnswer;
pub(crate) use self::query::{__path_query_costs, query_costs};
use super::ApiState;
use super::access::CostReader;
use super::documentation::{CostsParameters, CostsProblems, NotModified};
use super::grammar::CostsQuery;
use super::problem::Problem;

/// Where costs are asked for.
const PATH: &str = "/v1/costs";

/// List costs
///
/// Rows of exact cost, grouped and filtered by any dimensions, from one data version. Rows add up to `meta.totals`; without
/// filters, and asked by `period`, the totals are the `bedrock_total` of `control`. With `limit` they are read page by page:
/// `links.next`, and the header `Link`, lead to the next page of the same data version.
#[utoipa::path(get, path = "/v1/costs", tag = "costs", params(CostsParameters),
    responses((status = OK, description = "The costs", body = CostsAnswer), NotModified, CostsProblems))]
pub(crate) async fn list_costs(
    State(state): State<ApiState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = CostsQuery::parse(query.as_deref())?;
    let answer = answer::answer(&state, reader, asked).await?;
    let next = answer.body().next_page();
    Ok((next, answer).into_response())
}
