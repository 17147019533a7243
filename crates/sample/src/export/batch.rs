use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::builder::{Float64Builder, MapBuilder, MapFieldNames, StringBuilder};
use arrow::array::{ArrayRef, Float64Array, RecordBatch, TimestampMillisecondArray, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use bill::BillingPeriod;
use chrono::{DateTime, NaiveTime, SecondsFormat, Utc};

use super::double;
use crate::random::Random;
use crate::schema::{COLUMNS, Column, Source};
use crate::{Labels, LineItem};

/// The columns of one export, as Parquet sees them.
#[derive(Clone)]
pub(crate) struct Layout {
    pub(crate) columns: Vec<&'static Column>,
    pub(crate) schema: SchemaRef,
}

impl Layout {
    pub(crate) fn new(principal_column: bool, net_columns: bool) -> Self {
        let kept = |column: &&Column| (principal_column || !column.is_principal()) && (net_columns || !column.is_net());
        let columns: Vec<_> = COLUMNS.iter().filter(kept).collect();
        let fields: Vec<_> = columns.iter().map(|column| Field::new(column.name, data_type(column), true)).collect();
        Self { columns, schema: Arc::new(Schema::new(fields)) }
    }
}

fn data_type(column: &Column) -> DataType {
    match column.source {
        Source::Text(_) | Source::LineItemId | Source::TimeInterval | Source::NoText => DataType::Utf8,
        Source::Number(_) | Source::NoNumber => DataType::Float64,
        // AWS does not document the unit; its FOCUS export is documented in milliseconds.
        Source::Time(_) | Source::PeriodStart | Source::PeriodEnd => DataType::Timestamp(TimeUnit::Millisecond, None),
        Source::Labels(_) => map_type(DataType::Utf8),
        Source::Discount => map_type(DataType::Float64),
    }
}

/// A map with the field names of the Parquet specification.
fn map_type(value: DataType) -> DataType {
    let entry = vec![Field::new("key", DataType::Utf8, false), Field::new("value", value, true)];
    DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(entry.into()), false)), false)
}

fn map_names() -> MapFieldNames {
    MapFieldNames { entry: "key_value".into(), key: "key".into(), value: "value".into() }
}

/// Turns lines of one chunk into record batches, column by column.
pub(super) struct Batches {
    layout: Layout,
    period: BillingPeriod,
    ids: Random,
    intervals: HashMap<(DateTime<Utc>, DateTime<Utc>), String>,
}

impl Batches {
    pub(super) fn new(layout: Layout, period: BillingPeriod, ids: Random) -> Self {
        Self { layout, period, ids, intervals: HashMap::new() }
    }

    pub(super) fn batch(&mut self, lines: &[LineItem<'_>]) -> Result<RecordBatch, ArrowError> {
        let columns = self.layout.columns.clone();
        let arrays = columns.iter().map(|column| self.array(column, lines)).collect::<Result<_, _>>()?;
        RecordBatch::try_new(Arc::clone(&self.layout.schema), arrays)
    }

    fn array(&mut self, column: &Column, lines: &[LineItem<'_>]) -> Result<ArrayRef, ArrowError> {
        Ok(match column.source {
            Source::Text(read) => texts(lines, read),
            Source::Number(read) => {
                let numbers = lines.iter().map(|line| read(line).map(double::nearest));
                Arc::new(numbers.collect::<Float64Array>())
            }
            Source::Time(read) => {
                let times = lines.iter().map(|line| read(line).map(|time| time.timestamp_millis()));
                Arc::new(times.collect::<TimestampMillisecondArray>())
            }
            Source::Labels(read) => labels(lines, read)?,
            Source::Discount => discounts(lines)?,
            Source::PeriodStart => midnights(self.period, lines.len()),
            Source::PeriodEnd => midnights(self.period.next(), lines.len()),
            Source::LineItemId => self.line_item_ids(lines.len()),
            Source::TimeInterval => self.time_intervals(lines),
            Source::NoText | Source::NoNumber => new_null_array(&data_type(column), lines.len()),
        })
    }

    fn line_item_ids(&mut self, count: usize) -> ArrayRef {
        let mut ids = StringBuilder::with_capacity(count, count * 26);
        for _ in 0..count {
            ids.append_value(self.ids.base32(26));
        }
        Arc::new(ids.finish())
    }

    fn time_intervals(&mut self, lines: &[LineItem<'_>]) -> ArrayRef {
        let mut intervals = StringBuilder::with_capacity(lines.len(), lines.len() * 41);
        for line in lines {
            match line.usage_start.zip(line.usage_end) {
                Some((start, end)) => {
                    let interval = self.intervals.entry((start, end));
                    intervals.append_value(interval.or_insert_with(|| format!("{}/{}", iso(start), iso(end))));
                }
                None => intervals.append_null(),
            }
        }
        Arc::new(intervals.finish())
    }
}

fn iso(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn texts(lines: &[LineItem<'_>], read: for<'l> fn(&'l LineItem<'_>) -> Option<&'l str>) -> ArrayRef {
    let mut texts = StringBuilder::with_capacity(lines.len(), lines.len() * 16);
    for line in lines {
        texts.append_option(read(line));
    }
    Arc::new(texts.finish())
}

fn midnights(period: BillingPeriod, count: usize) -> ArrayRef {
    let midnight = period.first_day().and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    Arc::new(TimestampMillisecondArray::from_value(midnight, count))
}

fn labels(
    lines: &[LineItem<'_>],
    read: for<'l, 'a> fn(&'l LineItem<'a>) -> &'l Labels<'a>,
) -> Result<ArrayRef, ArrowError> {
    let mut map = MapBuilder::new(Some(map_names()), StringBuilder::new(), StringBuilder::new());
    for line in lines {
        let pairs = read(line).pairs();
        for (key, value) in pairs.unwrap_or_default() {
            map.keys().append_value(key);
            map.values().append_value(value);
        }
        map.append(pairs.is_some())?;
    }
    Ok(Arc::new(map.finish()))
}

fn discounts(lines: &[LineItem<'_>]) -> Result<ArrayRef, ArrowError> {
    let mut map = MapBuilder::new(Some(map_names()), StringBuilder::new(), Float64Builder::new());
    for line in lines {
        if let Some(discount) = line.total_discount {
            map.keys().append_value("EdpDiscount");
            map.values().append_value(double::nearest(discount));
        }
        map.append(line.total_discount.is_some())?;
    }
    Ok(Arc::new(map.finish()))
}
