//! Reads each format with somebody else's reader, into rows that can be compared.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use bill::Amount;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use tower::ServiceExt;

/// A row: what each column holds, in order; `None` where it is not set.
pub(super) type Row = Vec<(String, Option<String>)>;

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("plain text"))
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

pub(super) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
    Answer { status: head.status, headers: head.headers, body }
}

pub(super) async fn get(router: &Router, path: &str) -> Answer {
    send(router, Request::get(path).body(Body::empty()).expect("a request")).await
}

pub(super) async fn get_well(router: &Router, path: &str) -> Answer {
    let answer = get(router, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer
}

/// A row of JSON, with what is in `tokens` beside the rest.
pub(super) fn flat(row: &Value) -> BTreeMap<String, Option<String>> {
    let mut cells = BTreeMap::new();
    for (key, value) in row.as_object().expect("an object") {
        match value {
            Value::Object(inner) => {
                cells.extend(inner.iter().map(|(within, value)| (format!("{key}_{within}"), cell(value))));
            }
            value => {
                cells.insert(key.clone(), cell(value));
            }
        }
    }
    cells
}

fn cell(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The rows of a CSV. An apostrophe that keeps a text from being a formula is not part of it.
pub(super) fn csv_rows(text: &str) -> Vec<Row> {
    let mut reader = ::csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let records = reader.records().map(|record| record.expect("a record"));
    records.map(|record| names.iter().cloned().zip(record.iter().map(plain)).collect()).collect()
}

fn plain(text: &str) -> Option<String> {
    let is_guarded = |rest: &&str| rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let text = text.strip_prefix('\'').filter(is_guarded).unwrap_or(text);
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn ndjson_rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// The rows of a Parquet file, what its columns hold, and what it says about itself.
pub(super) fn parquet_rows(bytes: Bytes) -> (Vec<Row>, BTreeMap<String, DataType>, BTreeMap<String, String>) {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).expect("a Parquet file");
    let kinds =
        builder.schema().fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect();
    let told = builder.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let told = told.into_iter().map(|pair| (pair.key, pair.value.unwrap_or_default())).collect();
    let mut rows = Vec::new();
    for batch in builder.build().expect("a reader") {
        let batch = batch.expect("rows");
        rows.extend((0..batch.num_rows()).map(|row| parquet_row(&batch, row)));
    }
    (rows, kinds, told)
}

fn parquet_row(batch: &RecordBatch, row: usize) -> Row {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    columns.map(|(field, column)| (field.name().clone(), parquet_cell(column.as_ref(), row))).collect()
}

fn parquet_cell(column: &dyn Array, row: usize) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    Some(match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Decimal128(38, 12) => {
            Amount::from_raw(column.as_primitive::<Decimal128Type>().value(row)).to_string()
        }
        DataType::Date32 => {
            Date32Type::to_naive_date_opt(column.as_primitive::<Date32Type>().value(row)).expect("a day").to_string()
        }
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        other => panic!("no column is {other}"),
    })
}
