//! All lines as CSV (RFC 4180), a page at a time: neither memory nor a connection is held while a client reads.

use axum::BoxError;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures::stream::try_unfold;

use super::Opened;
use super::line::{LineDocument, TagMap};
use crate::http::SharedState;
use crate::http::access::LineReader;
use crate::http::answer::DATA_VERSION;
use crate::http::format::csv::{harmless, writer, written};
use crate::http::format::{Format, attachment};
use crate::http::keys::NO_STORE;
use crate::http::problem::Problem;

/// Lines that are read at a time.
const PAGE: i64 = 1000;

const COLUMNS: [&str; 25] = [
    "date",
    "hour",
    "payer",
    "account",
    "account_name",
    "principal",
    "principal_arn",
    "usage_type",
    "operation",
    "charge_type",
    "billing_entity",
    "product",
    "model",
    "resource",
    "description",
    "invoice",
    "tags",
    "resource_tags",
    "cost_category",
    "quantity",
    "unit",
    "unblended_cost",
    "net_unblended_cost",
    "list_cost",
    "currency",
];

/// Where the stream is.
struct Stream {
    state: SharedState,
    reader: LineReader,
    opened: Option<Opened>,
    data_version: i64,
    after: Option<i32>,
}

/// The answer, which is sent as it is read.
pub(super) fn answer(state: SharedState, reader: LineReader, opened: Opened) -> Response {
    let name = format!("drilldown-{}", opened.record.drilldown_id);
    let data_version = opened.snapshot.data_version();
    let stream = Stream { state, reader, opened: Some(opened), data_version, after: None };
    let id = stream.opened.as_ref().map(|opened| opened.record.drilldown_id).unwrap_or_default();
    let pages = try_unfold((stream, false), move |(mut stream, ended)| async move {
        if ended {
            return Ok::<_, BoxError>(None);
        }
        let (bytes, last) = stream.page(id).await?;
        Ok(Some((bytes, (stream, last))))
    });
    let version = [(DATA_VERSION, format!("v{data_version}"))];
    (NO_STORE, attachment(&name, Format::Csv), version, Body::from_stream(pages)).into_response()
}

impl Stream {
    /// The next page, and whether it is the last. What is served must be what it was when the answer began: a client whose
    /// answer is cut off knows that it is not whole.
    async fn page(&mut self, id: uuid::Uuid) -> Result<(Bytes, bool), BoxError> {
        let mut opened = match self.opened.take() {
            Some(opened) => opened,
            None => Opened::new(&self.state, &self.reader, id).await.map_err(said)?,
        };
        opened.require_complete().map_err(said)?;
        if opened.snapshot.data_version() != self.data_version {
            return Err("a new data version was published while the answer was being sent".into());
        }
        let set_id = opened.set_id();
        let lines = opened.snapshot.lines(set_id, &opened.question, self.after.unwrap_or(0), PAGE).await?;
        let persons = opened.snapshot.sight().persons;
        let mut writer = writer();
        if self.after.is_none() {
            writer.write_record(COLUMNS)?;
        }
        let is_last = lines.len() < usize::try_from(PAGE)?;
        self.after = Some(lines.last().map_or(i32::MAX, |line| line.position));
        for line in lines {
            writer.write_record(cells(LineDocument::new(line, persons).map_err(said)?))?;
        }
        Ok((written(writer)?.into(), is_last))
    }
}

fn said(problem: Problem) -> BoxError {
    String::from_utf8_lossy(&problem.to_json()).into_owned().into()
}

fn cells(line: LineDocument) -> [String; 25] {
    let text = |text: Option<String>| text.map(|text| harmless(&text).into_owned()).unwrap_or_default();
    let map = |map: &TagMap| if map.is_empty() { String::new() } else { serde_json::json!(map).to_string() };
    [
        line.date.to_string(),
        line.hour.map(|hour| hour.to_string()).unwrap_or_default(),
        text(line.payer),
        text(line.account),
        text(line.account_name),
        text(line.principal),
        text(line.principal_arn),
        text(line.usage_type),
        text(line.operation),
        text(line.charge_type),
        text(line.billing_entity),
        text(line.product),
        text(line.model),
        text(line.resource),
        text(line.description),
        text(line.invoice),
        map(&line.tags),
        map(&line.resource_tags),
        map(&line.cost_category),
        line.quantity.to_string(),
        text(line.unit),
        line.unblended_cost.to_string(),
        line.net_unblended_cost.to_string(),
        line.list_cost.to_string(),
        line.currency,
    ]
}
