//! `POST /v1/cost-files`: asks for a file of costs.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use store::cost_files::{FileRequested, NewCostFile};
use store::snapshot::AsOf;
use uuid::Uuid;

use super::document::CostFileAnswer;
use super::{find, path_of};
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::body::JsonObject;
use crate::http::costs::{question, require_whole};
use crate::http::documentation::{CostFileBodyProblems, CostFileQuestion};
use crate::http::format::Format;
use crate::http::grammar::{CostsQuery, Fault, ReportQuery};
use crate::http::keys::NO_STORE;
use crate::http::problem::{Problem, ProblemKind};

/// Ask for a file of costs
///
/// For tables that are too large to wait for. The question is that of `POST /v1/costs:query`, in a format that is a table (`csv`
/// where none is named), without pages. The file is of the data version that is the newest now, or of `as_of`, whatever is
/// published while it is written, and has byte for byte what `GET /v1/costs` sends of the same question. `links.content` leads to it
/// once it is `complete`; it is kept for a day.
///
/// Whoever asks the same again of the same data version is shown the file that there is, with 200.
#[utoipa::path(post, path = "/v1/cost-files", tag = "costs", request_body = CostFileQuestion,
    responses((status = ACCEPTED, description = "The file is to be written", body = CostFileAnswer,
                  headers(("location" = String, description = "The path of the file"))),
              (status = OK, description = "The same was asked for before", body = CostFileAnswer,
                  headers(("location" = String, description = "The path of the file"))),
              CostFileBodyProblems))]
pub(crate) async fn create_cost_file(
    State(state): State<SharedState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
    body: JsonObject,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let (asked, query_string) = CostsQuery::read_body(body)?;
    let reader = reader.asking(query_string).revealing(asked.reveal)?;
    let (id, status) = request(&state, &reader, asked).await?;
    state.cost_files.ring();
    let record = find(&state, &reader, id).await?;
    let location = HeaderMap::from_iter(path_of(id).parse().ok().map(|path| (header::LOCATION, path)));
    Ok((status, location, NO_STORE, Json(CostFileAnswer::from(&record))).into_response())
}

async fn request(
    state: &SharedState,
    reader: &CostReader,
    mut asked: CostsQuery,
) -> Result<(Uuid, StatusCode), Problem> {
    require_whole(asked.arrangement.page.as_ref())?;
    let format = asked.format.unwrap_or(Format::Csv);
    if format == Format::Json {
        let detail = "a file is a table: write `csv`, `ndjson` or `parquet`, or leave `format` out";
        return Err(Fault::invalid_value("format", detail).into());
    }
    let mut snapshot = reader.snapshot_as_of(asked.as_of).await?;
    let data_version = snapshot.data_version();
    asked.as_of = Some(AsOf::Version(data_version));
    let question = question(asked, &mut snapshot).await?.in_format(Some(format)).query_string();
    // Its connection goes back before another is asked for.
    drop(snapshot);
    let limits = &state.cost_files.limits;
    let new = NewCostFile {
        caller: &reader.caller,
        address: Some(reader.address),
        sight: &reader.sight,
        question,
        data_version,
        format: format.word(),
        per_day: limits.per_day.get(),
        at_once: limits.at_once.get(),
        now: state.clock.now(),
    };
    match state.store.request_cost_file(&new).await? {
        FileRequested::Accepted(id) => Ok((id, StatusCode::ACCEPTED)),
        FileRequested::Known(id) => Ok((id, StatusCode::OK)),
        FileRequested::TooManyToday(next) => {
            let detail = format!("{} cost files a day may be asked for by each caller", limits.per_day);
            let wait = (next - new.now).to_std().unwrap_or_default();
            Err(Problem::new(ProblemKind::TooManyRequests, detail).with_retry_after(wait))
        }
        FileRequested::TooManyAtOnce => {
            let detail =
                format!("{} cost files of yours are being written; wait until one is complete", limits.at_once);
            Err(Problem::new(ProblemKind::TooManyRequests, detail))
        }
    }
}
