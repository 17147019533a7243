//! `/v1/costs`: costs by any dimensions, filtered by any dimensions.

mod answer;
mod paging;
mod query;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use self::answer::{Asking, CostsAnswer};
pub(crate) use self::answer::{export, question, require_whole};
pub(crate) use self::query::{__path_query_costs, query_costs};
use super::SharedState;
use super::access::CostReader;
use super::documentation::{CostsParameters, CostsProblems, FormatProblems, NotModified};
use super::grammar::CostsQuery;
use super::problem::Problem;

/// Where costs are asked for.
const PATH: &str = "/v1/costs";

/// List costs
///
/// Rows of exact cost, grouped and filtered by any dimensions, from one data version. Rows add up to `meta.totals`; without
/// filters, and asked by `period`, the totals are the `bedrock_total` of `control`. With `limit` they are read page by page:
/// `links.next`, and the header `Link`, lead to the next page of the same data version.
///
/// As CSV, NDJSON or Parquet (`format`, or `Accept`) the answer has the rows alone, however many there are, sent as they are
/// found. An answer that is cut off is not whole. Its headers say what it belongs to, and `Link` with `describedby` leads to
/// the same as JSON.
#[utoipa::path(get, path = "/v1/costs", tag = "costs", params(CostsParameters),
    responses((status = OK, description = "The costs", content(
                  (CostsAnswer = "application/json"), (String = "text/csv"), (String = "application/x-ndjson"),
                  (String = "application/vnd.apache.parquet"))),
              NotModified, CostsProblems, FormatProblems))]
pub(crate) async fn list_costs(
    State(state): State<SharedState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = CostsQuery::parse(query.as_deref())?;
    answer::answer(&state, reader, asked, &Asking { method: &method, headers: &headers }).await
}
