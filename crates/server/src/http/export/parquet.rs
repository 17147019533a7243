use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::types::Date32Type;
use arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use axum::BoxError;
use bill::Amount;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use store::snapshot::{ArrangedRow, Arrangement, CostQuestion};

use super::Encoder;
use super::columns::{Column, tokens};

/// What a group of rows may take of memory before it is written.
const LARGEST_GROUP_BYTES: usize = 16 << 20;
/// Digits of an exact decimal.
const PRECISION: u8 = 38;
/// Its places after the point.
const SCALE: i8 = 12;

/// Costs as Parquet: money as `decimal(38,12)`, dates as dates, counts as integers.
pub(super) struct ParquetEncoder {
    columns: Vec<Column>,
    schema: SchemaRef,
    writer: ArrowWriter<Buffer>,
    buffer: Buffer,
}

impl ParquetEncoder {
    /// With these words about it in the file.
    ///
    /// # Errors
    /// Where the format does not allow for it.
    pub(super) fn new(
        question: &CostQuestion,
        arrangement: &Arrangement,
        told: Vec<(String, String)>,
    ) -> Result<Self, BoxError> {
        let columns = Column::of(question, arrangement);
        let fields: Vec<Field> =
            columns.iter().map(|column| Field::new(column.name(), kind(column), is_nullable(column))).collect();
        let schema = Arc::new(Schema::new(fields));
        let told = told.into_iter().map(|(name, value)| KeyValue::new(name, value)).collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("chargeback {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(told))
            .build();
        let buffer = Buffer::default();
        let writer = ArrowWriter::try_new(buffer.clone(), Arc::clone(&schema), Some(properties))?;
        Ok(Self { columns, schema, writer, buffer })
    }
}

impl Encoder for ParquetEncoder {
    fn rows(&mut self, rows: Vec<ArrangedRow>) -> Result<Vec<u8>, BoxError> {
        let arrays = self.columns.iter().map(|column| array(column, &rows)).collect::<Result<Vec<_>, _>>()?;
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)?;
        if self.writer.memory_size() >= LARGEST_GROUP_BYTES {
            self.writer.flush()?;
            self.writer.sync()?;
        }
        Ok(self.buffer.take())
    }

    fn end(&mut self) -> Result<Vec<u8>, BoxError> {
        self.writer.finish()?;
        self.writer.sync()?;
        Ok(self.buffer.take())
    }
}

fn kind(column: &Column) -> DataType {
    match column {
        Column::Period | Column::Dimension(..) | Column::PrincipalArn | Column::AccountName | Column::Currency => {
            DataType::Utf8
        }
        Column::Date => DataType::Date32,
        Column::Others => DataType::Boolean,
        Column::Cost | Column::Compared(_) => DataType::Decimal128(PRECISION, SCALE),
        Column::Tokens(_) | Column::LineItems | Column::OthersCount => DataType::Int64,
    }
}

fn is_nullable(column: &Column) -> bool {
    matches!(column, Column::Dimension(..) | Column::PrincipalArn | Column::AccountName | Column::Compared(_))
}

fn array(column: &Column, arranged: &[ArrangedRow]) -> Result<ArrayRef, BoxError> {
    let rows = arranged.iter().map(|arranged| &arranged.row);
    Ok(match column {
        Column::Period => {
            let periods = rows.map(|row| row.period.map(|period| period.to_string()));
            Arc::new(periods.collect::<StringArray>())
        }
        Column::Date => {
            let dates = rows.map(|row| row.date.map(Date32Type::from_naive_date));
            Arc::new(dates.collect::<Date32Array>())
        }
        Column::Cost => {
            let costs = Decimal128Array::from_iter_values(rows.map(|row| raw(row.cost)));
            Arc::new(costs.with_precision_and_scale(PRECISION, SCALE)?)
        }
        Column::Tokens(class) => {
            let counts = rows.map(|row| i64::try_from(tokens(*class, row)));
            Arc::new(Int64Array::from(counts.collect::<Result<Vec<i64>, _>>()?))
        }
        Column::LineItems => Arc::new(rows.map(|row| Some(row.line_items)).collect::<Int64Array>()),
        Column::Others => {
            let others = arranged.iter().map(|row| Some(row.folded.unwrap_or(0) > 0));
            Arc::new(others.collect::<BooleanArray>())
        }
        Column::OthersCount => {
            let counts = arranged.iter().map(|row| Some(row.folded.unwrap_or(0)));
            Arc::new(counts.collect::<Int64Array>())
        }
        Column::Compared(figure) => {
            let figures = arranged.iter().map(|row| figure.of(row).map(raw));
            Arc::new(figures.collect::<Decimal128Array>().with_precision_and_scale(PRECISION, SCALE)?)
        }
        Column::Dimension(..) | Column::PrincipalArn | Column::AccountName | Column::Currency => {
            Arc::new(rows.map(|row| column.text(row)).collect::<StringArray>())
        }
    })
}

/// An amount is a count of units with as many places as the column has.
fn raw(amount: Amount) -> i128 {
    const { assert!(Amount::SCALE == SCALE.unsigned_abs() as u32) };
    amount.raw()
}

/// What was written and not sent yet.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        // Nothing panics while it is held, and bytes are bytes.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.bytes())
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
