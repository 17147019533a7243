//! `GET /v1/cost-files/{id}/content`: the file itself, whole or a part of it.

use std::ops::Range;

use axum::BoxError;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use futures::stream::try_unfold;
use store::Store;
use store::cost_files::{CostFileRecord, FileContent, FileState, PART_BYTES};
use uuid::Uuid;

use super::range::Asked;
use super::{cost_file_id, find};
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::conditional::names;
use crate::http::documentation::{CostFileContentProblems, NotModified};
use crate::http::format::{Format, attachment};
use crate::http::grammar::ReportQuery;
use crate::http::problem::{Problem, ProblemKind};

/// Fetch a cost file
///
/// The file, or the part that `Range` asks for: a transfer that was broken off can go on. Its tag is the SHA-256 of all of it, its
/// headers are those of `GET /v1/costs` in the same format.
#[utoipa::path(get, path = "/v1/cost-files/{id}/content", tag = "costs",
    params(("id" = String, Path, description = "The id of the file", format = "uuid"),
           ("range" = Option<String>, Header, description = "The bytes that are asked for", example = "bytes=1048576-"),
           ("if-range" = Option<String>, Header, description = "The tag of the file that these bytes are to be of")),
    responses((status = OK, description = "The file", content(
                  (String = "text/csv"), (String = "application/x-ndjson"), (String = "application/vnd.apache.parquet"))),
              (status = PARTIAL_CONTENT, description = "The part of the file that was asked for", content(
                  (String = "text/csv"), (String = "application/x-ndjson"), (String = "application/vnd.apache.parquet"))),
              NotModified, CostFileContentProblems))]
pub(crate) async fn get_cost_file_content(
    State(state): State<SharedState>,
    reader: CostReader,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let record = find(&state, &reader, cost_file_id(path)?).await?;
    reader.require_sight_of(&record.sight)?;
    let content = complete(&record)?;
    // Digits and letters: never refused.
    let tag = HeaderValue::from_str(&format!("\"{}\"", HEXLOWER.encode(&content.digest)))
        .unwrap_or(HeaderValue::from_static("\"unknown\""));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|condition| names(condition, &tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let length = u64::try_from(content.bytes).unwrap_or_default();
    let (status, range) = match Asked::read(&method, &headers, &tag, length) {
        Asked::Whole => (StatusCode::OK, 0..length),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Beyond => {
            let detail = format!("the file has {length} bytes, counted from 0; `Range` asks for none of them");
            let problem = Problem::about("range", ProblemKind::RangeNotSatisfiable, detail).into_response();
            return Ok(([(header::CONTENT_RANGE, format!("bytes */{length}"))], problem).into_response());
        }
    };
    if method == Method::GET {
        reader.note_what_is_shown(&record.sight, record.data_version).await?;
    }
    let mut response = match method {
        Method::HEAD => Response::new(Body::empty()),
        _ => Response::new(body(state.store.clone(), record.cost_file_id, range.clone())),
    };
    *response.status_mut() = status;
    *response.headers_mut() = what_is_told(&record, content);
    let of_this = [
        (header::ETAG, tag),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start)),
    ];
    response.headers_mut().extend(of_this);
    if status == StatusCode::PARTIAL_CONTENT {
        let part = format!("bytes {}-{}/{length}", range.start, range.end - 1);
        response.headers_mut().extend(HeaderValue::from_str(&part).ok().map(|part| (header::CONTENT_RANGE, part)));
    }
    Ok(response)
}

/// The content of a file that can be fetched.
///
/// # Errors
/// Where it cannot, with the reason.
fn complete(record: &CostFileRecord) -> Result<&FileContent, Problem> {
    record.content.as_ref().ok_or_else(|| match record.state {
        FileState::Failed => Problem::new(ProblemKind::CostFileFailed, record.failure.clone().unwrap_or_default()),
        FileState::Queued | FileState::Running | FileState::Complete => {
            let detail = "the file is being written; the cost file tells when it is complete";
            Problem::new(ProblemKind::CostFileNotComplete, detail)
        }
    })
}

/// What `/v1/costs` says above the same rows.
fn what_is_told(record: &CostFileRecord, content: &FileContent) -> HeaderMap {
    let format = Format::ALL.into_iter().find(|format| format.word() == record.format).unwrap_or(Format::Csv);
    let told = content.told.as_object().into_iter().flatten().filter_map(|(name, value)| {
        Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value.as_str()?).ok()?))
    });
    told.chain(attachment(&content.name, format)).collect()
}

/// These bytes of a file, a piece at a time. Where a piece is missing the connection is cut: a part must not look like the whole.
fn body(store: Store, id: Uuid, range: Range<u64>) -> Body {
    Body::from_stream(try_unfold((store, range), move |(store, range)| async move {
        if range.is_empty() {
            return Ok::<_, BoxError>(None);
        }
        let piece_bytes = PART_BYTES as u64;
        let place = i32::try_from(range.start / piece_bytes)?;
        let piece = store.cost_file_part(id, place).await?.ok_or("the file was deleted while it was being sent")?;
        let begin = usize::try_from(range.start % piece_bytes)?;
        let end = piece.len().min(begin + usize::try_from((range.end - range.start).min(piece_bytes))?);
        let bytes =
            piece.get(begin..end).filter(|bytes| !bytes.is_empty()).ok_or("a piece of the file is too short")?;
        let next = range.start + bytes.len() as u64..range.end;
        Ok(Some((bytes.to_vec(), (store, next))))
    }))
}
