//! Writes small exports in the layout of Data Exports, and reads answers as text.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, MapBuilder, MapFieldNames, RecordBatch, StringArray, StringBuilder, TimestampSecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::parquet::arrow::ArrowWriter;
use futures::TryStreamExt;
use sample::SampleOptions;
use tempfile::TempDir;

use crate::columns::{COLUMNS, Kind};
use crate::{
    Answer, Discovery, EmbeddedEngine, EngineError, EngineOptions, ExportLocation, ExportSource, Manifest, Parameter,
    Question, catalogue,
};

pub(super) const PERIOD: &str = "2026-10";

/// One line of a bill: what is not set is NULL.
#[derive(Clone, Default)]
pub(super) struct Line {
    texts: BTreeMap<&'static str, String>,
    amounts: BTreeMap<&'static str, String>,
    maps: BTreeMap<&'static str, Vec<(String, String)>>,
    started: Option<i64>,
}

/// A line of Amazon's own models: one US dollar for 2026-10-05, without a principal.
pub(super) fn line() -> Line {
    Line::default()
        .text("bill_billing_entity", "AWS")
        .text("bill_payer_account_id", "111122223333")
        .text("line_item_usage_account_id", "444455556666")
        .text("line_item_line_item_type", "Usage")
        .text("line_item_product_code", "AmazonBedrock")
        .text("line_item_usage_type", "USE1-Nova2.0Lite-input-tokens")
        .text("line_item_currency_code", "USD")
        .text("pricing_unit", "1K tokens")
        .map("product", &[("product_name", "Amazon Bedrock")])
        .cost(1.0)
        .started("2026-10-05T13:00:00Z")
}

impl Line {
    pub(super) fn text(mut self, column: &'static str, value: &str) -> Self {
        self.texts.insert(column, value.to_owned());
        self
    }

    pub(super) fn amount(mut self, column: &'static str, value: f64) -> Self {
        self.amounts.insert(column, value.to_string());
        self
    }

    /// A cost with more digits than a double has; the column must be written as decimals.
    pub(super) fn exact_cost(mut self, value: &str) -> Self {
        self.amounts.insert("line_item_unblended_cost", value.to_owned());
        self
    }

    pub(super) fn map(mut self, column: &'static str, entries: &[(&str, &str)]) -> Self {
        self.maps.insert(column, entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect());
        self
    }

    pub(super) fn cost(self, value: f64) -> Self {
        self.amount("line_item_unblended_cost", value)
    }

    pub(super) fn principal(self, arn: &str) -> Self {
        self.text("line_item_iam_principal", arn)
    }

    pub(super) fn started(mut self, moment: &str) -> Self {
        self.started = Some(moment.parse::<chrono::DateTime<chrono::Utc>>().expect("a moment").timestamp());
        self
    }

    pub(super) fn without(mut self, column: &str) -> Self {
        self.texts.remove(column);
        self.amounts.remove(column);
        self.maps.remove(column);
        if column == "line_item_usage_start_date" {
            self.started = None;
        }
        self
    }
}

/// How a writer writes the columns.
#[derive(Clone)]
pub(super) struct Shape {
    pub(super) text: DataType,
    pub(super) amount: DataType,
    pub(super) time: DataType,
    /// Names of the entries, the key and the value of a map.
    pub(super) map: [&'static str; 3],
    pub(super) lacks: Vec<&'static str>,
    /// Columns with a type of their own.
    pub(super) odd: Vec<(&'static str, DataType)>,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            text: DataType::Utf8,
            amount: DataType::Float64,
            time: DataType::Timestamp(TimeUnit::Millisecond, None),
            map: ["key_value", "key", "value"],
            lacks: Vec::new(),
            odd: Vec::new(),
        }
    }
}

/// An export in a temporary folder: `bucket/prefix/bill` within it, so that it can be served as a bucket too.
pub(super) struct Export {
    folder: TempDir,
    path: PathBuf,
}

impl Export {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bucket/prefix/bill");
        fs::create_dir_all(&path).expect("a folder");
        Self { folder, path }
    }

    /// The sample of this many lines a month, one month of it.
    pub(super) fn sample(lines: u64) -> Self {
        let export = Self::new();
        let folder = export.path().to_owned();
        let export_name = "bill".to_owned();
        let options =
            SampleOptions { folder, export_name, lines, months: 1, published_month: false, ..SampleOptions::default() };
        sample::write(&options, |_| {}).expect("a sample");
        export
    }

    /// The folder that is served as the bucket's S3.
    pub(super) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// An export of one month in one file.
    pub(super) fn of(lines: &[Line]) -> Self {
        let export = Self::new();
        export.chunk("BILLING_PERIOD=2026-10/bill-00001.snappy.parquet", lines, &Shape::default());
        export.manifest(PERIOD, &["s3://bucket/prefix/bill/data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet"]);
        export
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn data(&self, path: &str) -> PathBuf {
        let path = self.path().join("data").join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        path
    }

    pub(super) fn chunk(&self, path: &str, lines: &[Line], shape: &Shape) {
        write_parquet(&self.data(path), lines, shape);
    }

    pub(super) fn metadata(&self, path: &str, text: &str) {
        let path = self.path().join("metadata").join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub(super) fn manifest(&self, period: &str, files: &[&str]) {
        self.metadata(&format!("BILLING_PERIOD={period}/bill-Manifest.json"), &manifest_text(files));
    }

    pub(super) fn source(&self) -> ExportSource {
        ExportSource { name: "bill".to_owned(), location: ExportLocation::Disk(self.path().to_owned()) }
    }

    pub(super) async fn discover(&self) -> Discovery {
        self.source().discover().await.expect("a discovery")
    }

    /// The one manifest of the export.
    pub(super) async fn only_manifest(&self) -> Manifest {
        let discovery = self.discover().await;
        assert_eq!(discovery.problems, []);
        let [manifest] = discovery.manifests.as_slice() else { panic!("{:?}", discovery.manifests) };
        manifest.clone()
    }

    pub(super) async fn daily_cost(&self, columns: &[&str]) -> Vec<String> {
        let answer = engine().ask(&catalogue::DAILY_COST, &unfolded(), &self.only_manifest().await).await;
        rows(answer.expect("an answer"), columns).await.expect("rows")
    }

    pub(super) async fn bill_total(&self, columns: &[&str]) -> Vec<String> {
        let answer = engine().ask(&catalogue::BILL_TOTAL, &[period()], &self.only_manifest().await).await;
        rows(answer.expect("an answer"), columns).await.expect("rows")
    }

    /// What asking says when it goes wrong, before or between the rows.
    pub(super) async fn failure(&self, question: &Question, parameters: &[Parameter]) -> EngineError {
        match engine().ask(question, parameters, &self.only_manifest().await).await {
            Ok(answer) => rows(answer, &[]).await.expect_err("a failure"),
            Err(error) => error,
        }
    }
}

pub(super) fn manifest_text(files: &[&str]) -> String {
    serde_json::json!({ "dataFiles": files }).to_string()
}

pub(super) fn engine() -> EmbeddedEngine {
    let options = EngineOptions { memory_limit_bytes: 256 << 20, threads: Some(2), ..EngineOptions::default() };
    EmbeddedEngine::new(options).expect("an engine")
}

pub(super) fn period() -> Parameter {
    Parameter::text(PERIOD)
}

/// The parameters of daily_cost.sql when no session is folded.
pub(super) fn unfolded() -> [Parameter; 3] {
    [Parameter::text("^$"), Parameter::text(""), period()]
}

/// Every row as text, the columns that are asked for joined by ` | `, sorted.
pub(super) async fn rows(answer: Answer, columns: &[&str]) -> Result<Vec<String>, EngineError> {
    let batches: Vec<RecordBatch> = answer.batches.try_collect().await?;
    let mut rows: Vec<String> = batches.iter().flat_map(|batch| rows_of(batch, columns)).collect();
    rows.sort();
    Ok(rows)
}

pub(super) fn rows_of(batch: &RecordBatch, columns: &[&str]) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let shown: Vec<_> = columns
        .iter()
        .map(|name| batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}")))
        .map(|column| ArrayFormatter::try_new(column, &options).expect("a formatter"))
        .collect();
    let row = |at| shown.iter().map(|column| column.value(at).to_string()).collect::<Vec<_>>().join(" | ");
    (0..batch.num_rows()).map(row).collect()
}

pub(super) fn write_parquet(path: &Path, lines: &[Line], shape: &Shape) {
    let columns: Vec<_> = COLUMNS
        .iter()
        .filter(|(name, _)| !shape.lacks.contains(name))
        .map(|(name, kind)| {
            let array = column(name, *kind, lines, shape);
            (Field::new(*name, array.data_type().clone(), true), array)
        })
        .collect();
    let (mut fields, mut arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    // One of the hundred columns that nobody asks for, and that is of a type that nobody could read.
    fields.push(Field::new("discount", DataType::Boolean, true));
    arrays.push(arrow::array::new_null_array(&DataType::Boolean, lines.len()));
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).expect("a batch");
    let mut writer = ArrowWriter::try_new(fs::File::create(path).expect("a file"), schema, None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

fn column(name: &str, kind: Kind, lines: &[Line], shape: &Shape) -> ArrayRef {
    let (array, usual): (ArrayRef, _) = match kind {
        Kind::Text => {
            let values = lines.iter().map(|line| line.texts.get(name).map(String::as_str));
            (Arc::new(StringArray::from_iter(values)), shape.text.clone())
        }
        Kind::Amount => {
            let values = lines.iter().map(|line| line.amounts.get(name).map(String::as_str));
            (Arc::new(StringArray::from_iter(values)), shape.amount.clone())
        }
        Kind::Time => {
            let values = lines.iter().map(|line| line.started.filter(|_| name == "line_item_usage_start_date"));
            let utc = TimestampSecondArray::from_iter(values).with_timezone("+00:00");
            let zoneless = TimestampSecondArray::from_iter(utc.iter());
            let zoned = matches!(shape.time, DataType::Timestamp(_, Some(_)));
            let array: ArrayRef = if zoned { Arc::new(utc) } else { Arc::new(zoneless) };
            (array, shape.time.clone())
        }
        Kind::TextMap => {
            let array = map_column(name, lines, shape);
            let usual = array.data_type().clone();
            (array, usual)
        }
    };
    let written = shape.odd.iter().find(|(odd, _)| *odd == name).map_or(usual, |(_, odd)| odd.clone());
    cast(&array, &written).expect("a column of that type")
}

fn map_column(name: &str, lines: &[Line], shape: &Shape) -> ArrayRef {
    let [entry, key, value] = shape.map.map(str::to_owned);
    let names = MapFieldNames { entry, key, value };
    let mut maps = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
    for line in lines {
        let entries = line.maps.get(name);
        for (key, value) in entries.into_iter().flatten() {
            maps.keys().append_value(key);
            maps.values().append_value(value);
        }
        maps.append(entries.is_some()).expect("a map");
    }
    Arc::new(maps.finish())
}
