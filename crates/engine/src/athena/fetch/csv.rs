//! The result file that Athena writes for each query: CSV with a header, each value in quotes, and nothing for NULL.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow_csv::ReaderBuilder;
use arrow_csv::reader::Decoder;
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};

use super::super::{AthenaEngine, AthenaError};
use super::{typed, unreadable};
use crate::place::Stamp;
use crate::{EngineError, S3Location};

/// How much of the file is asked for at a time, and how many such pieces are on their way.
const PIECE: u64 = 4 << 20;
const PIECES_AT_A_TIME: usize = 3;

impl AthenaEngine {
    pub(super) async fn result_file(
        &self,
        execution_id: &str,
        address: &str,
        schema: &SchemaRef,
    ) -> Result<BoxStream<'static, Result<RecordBatch, EngineError>>, AthenaError> {
        let Some((location, key, stamp)) = self.find(address).await? else {
            return Err(unreadable(execution_id, format!("{address} is not there")));
        };
        let pieces = pieces(location, key, stamp);
        Ok(batches(pieces, execution_id.to_owned(), Arc::clone(schema)))
    }

    /// An object that Athena has named: its place, key and state.
    pub(super) async fn find(&self, address: &str) -> Result<Option<(S3Location, String, Stamp)>, AthenaError> {
        let location = self.location(address)?;
        let key = location.prefix().to_owned();
        let found = location.list(&key).await?.into_iter().find(|object| object.key == key);
        Ok(found.map(|object| (location, key, object.stamp)))
    }
}

/// The bytes of an object, in order.
fn pieces(location: S3Location, key: String, stamp: Stamp) -> BoxStream<'static, Result<Bytes, AthenaError>> {
    let size = stamp.size;
    let starts = (0..size.div_ceil(PIECE)).map(|piece| piece * PIECE);
    let ask = move |start: u64| {
        let (location, key, stamp) = (location.clone(), key.clone(), stamp.clone());
        let range = start..(start + PIECE).min(size);
        async move { location.get(&key, &stamp, Some(range)).await.map_err(AthenaError::from) }
    };
    stream::iter(starts).map(ask).buffered(PIECES_AT_A_TIME).boxed()
}

struct Reading {
    pieces: BoxStream<'static, Result<Bytes, AthenaError>>,
    decoder: Decoder,
    ready: VecDeque<RecordBatch>,
    is_first: bool,
    is_at_end: bool,
}

/// The rows in the bytes of a result file.
fn batches(
    pieces: BoxStream<'static, Result<Bytes, AthenaError>>,
    execution_id: String,
    declared: SchemaRef,
) -> BoxStream<'static, Result<RecordBatch, EngineError>> {
    // The header is read as a row, and compared.
    let decoder =
        ReaderBuilder::new(typed::as_text(&declared)).with_header(false).with_batch_size(8192).build_decoder();
    let reading = Reading { pieces, decoder, ready: VecDeque::new(), is_first: true, is_at_end: false };
    let failed =
        move |error: ArrowError| EngineError::AthenaResults { source: Box::new(unreadable(&execution_id, error)) };
    stream::try_unfold((reading, declared, failed), |(mut reading, declared, failed)| async move {
        loop {
            if let Some(batch) = reading.ready.pop_front() {
                let batch = typed::as_declared(&declared, &batch).map_err(&failed)?;
                return Ok(Some((batch, (reading, declared, failed))));
            }
            if reading.is_at_end {
                return Ok(None);
            }
            let piece = reading
                .pieces
                .try_next()
                .await
                .map_err(|source| EngineError::AthenaResults { source: Box::new(source) })?;
            reading.decode(piece, &declared).map_err(&failed)?;
        }
    })
    .boxed()
}

impl Reading {
    /// Decodes a piece; nothing stands for the end.
    fn decode(&mut self, piece: Option<Bytes>, declared: &SchemaRef) -> Result<(), ArrowError> {
        self.is_at_end = piece.is_none();
        let piece = piece.unwrap_or_default();
        let mut at = 0;
        loop {
            let read = self.decoder.decode(&piece[at..])?;
            at += read;
            // Full, or it wants more bytes than there are.
            if self.decoder.capacity() == 0 || (self.is_at_end && read == 0) {
                self.flush(declared)?;
            }
            if at == piece.len() && (!self.is_at_end || read == 0) {
                return Ok(());
            }
        }
    }

    fn flush(&mut self, declared: &SchemaRef) -> Result<(), ArrowError> {
        let Some(mut batch) = self.decoder.flush()? else { return Ok(()) };
        if std::mem::take(&mut self.is_first) {
            check_header(&batch, declared)?;
            batch = batch.slice(1, batch.num_rows() - 1);
        }
        if batch.num_rows() > 0 {
            self.ready.push_back(batch);
        }
        Ok(())
    }
}

fn check_header(batch: &RecordBatch, declared: &SchemaRef) -> Result<(), ArrowError> {
    let header: Vec<&str> = batch.columns().iter().map(|column| column.as_string::<i32>().value(0)).collect();
    if header.iter().zip(declared.fields()).all(|(found, field)| found == field.name()) {
        return Ok(());
    }
    Err(ArrowError::SchemaError(format!("it has the columns {header:?}")))
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    async fn read(text: &str, piece: usize) -> Result<Vec<Vec<Option<String>>>, EngineError> {
        let field = |name: &str, kind, nullable| Field::new(name, kind, nullable);
        let declared = Arc::new(Schema::new(vec![
            field("tags", DataType::Utf8View, true),
            field("cost", DataType::Decimal128(38, 12), false),
        ]));
        let bytes: Vec<Result<Bytes, AthenaError>> =
            text.as_bytes().chunks(piece).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let batches: Vec<RecordBatch> =
            batches(stream::iter(bytes).boxed(), "id".to_owned(), declared).try_collect().await?;
        let row = |batch: &RecordBatch, at: usize| {
            let column = |column: &arrow::array::ArrayRef| {
                let text = arrow::util::display::array_value_to_string(column, at).expect("a text");
                column.is_valid(at).then_some(text)
            };
            batch.columns().iter().map(column).collect::<Vec<_>>()
        };
        Ok(batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |at| row(batch, at))).collect())
    }

    #[tokio::test]
    async fn values_are_whole_however_the_bytes_come() {
        let text = "\"tags\",\"cost\"\n\"{\"\"a\"\":\"\"x, y\"\"}\",\"1.5\"\n,\"-0.000000000001\"\n\"\",\"2\"\n\"two\nlines é\",\"3\"\n";
        let some = |text: &str| Some(text.to_owned());
        let expected = vec![
            vec![some("{\"a\":\"x, y\"}"), some("1.500000000000")],
            vec![None, some("-0.000000000001")],
            vec![None, some("2.000000000000")],
            vec![some("two\nlines é"), some("3.000000000000")],
        ];
        for piece in [1, 2, 7, 64, 1000] {
            assert_eq!(read(text, piece).await.expect("rows"), expected, "in pieces of {piece}");
        }
    }

    #[tokio::test]
    async fn many_rows_come_in_many_batches_and_all_of_them() {
        let rows: String = (0..20_000).map(|row| format!("\"t{row}\",\"{row}\"\n")).collect();
        let read = read(&format!("\"tags\",\"cost\"\n{rows}"), 4096).await.expect("rows");
        assert_eq!(read.len(), 20_000);
        assert_eq!(read[19_999][0].as_deref(), Some("t19999"));
        assert!(read.iter().enumerate().all(|(at, row)| row[0].as_deref() == Some(&format!("t{at}"))));
    }

    #[tokio::test]
    async fn an_answer_without_rows_is_one_and_other_columns_are_not() {
        assert_eq!(read("\"tags\",\"cost\"\n", 64).await.expect("rows"), Vec::<Vec<Option<String>>>::new());
        let error = read("\"cost\",\"tags\"\n\"1\",\"x\"\n", 64).await.expect_err("other columns");
        assert!(error.to_string().contains("it has the columns [\"cost\", \"tags\"]"), "{error}");
        assert!(read("\"tags\",\"cost\"\n\"x\"\n", 64).await.is_err(), "a row that breaks off");
    }
}
