use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};

use super::answer::{Asking, CostsAnswer, answer};
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::body::JsonObject;
use crate::http::documentation::{CostsBodyProblems, CostsQuestion, FormatProblems};
use crate::http::grammar::{CostsQuery, ReportQuery};
use crate::http::keys::NO_STORE;
use crate::http::problem::Problem;

/// List costs, asked by a body
///
/// The same question as that of `GET /v1/costs`, with the same answer: for filters that are too long for a query string, and
/// for programs that would rather write JSON. `meta.query` is the question in the words of the query string. Nothing is
/// changed by it; an answer has no `ETag`, so that whoever polls had better ask by `GET`.
#[utoipa::path(post, path = "/v1/costs:query", tag = "costs", request_body = CostsQuestion,
    responses((status = OK, description = "The costs", content(
                  (CostsAnswer = "application/json"), (String = "text/csv"), (String = "application/x-ndjson"),
                  (String = "application/vnd.apache.parquet"))),
              CostsBodyProblems, FormatProblems))]
pub(crate) async fn query_costs(
    State(state): State<SharedState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    body: JsonObject,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let (asked, query_string) = CostsQuery::read_body(body)?;
    let asking = Asking { method: &method, headers: &headers };
    Ok((NO_STORE, answer(&state, reader.asking(query_string), asked, &asking).await?).into_response())
}
