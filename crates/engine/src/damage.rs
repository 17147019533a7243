//! Finds the file that is to blame when a question fails while its rows are read.
//!
//! The engine's own errors say what broke inside a file, not which file. Looking again costs a scan, and only a
//! delivery that cannot be served anyway pays for it.

use arrow::compute::{CastOptions, cast_with_options};
use arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use futures::TryStreamExt;

use crate::columns::COLUMNS;
use crate::probe::{ReadableFile, in_s3};
use crate::s3::{S3Error, cause_in_s3};
use crate::{EngineError, Manifest};

/// The first of the files that cannot be read to its end as the declared columns, and why.
pub(crate) async fn find(files: &[ReadableFile], manifest: &Manifest) -> Option<EngineError> {
    for file in files {
        match read_through(file).await {
            Ok(()) => {}
            Err(Damage::Unread(cause)) => return Some(in_s3(cause, manifest, &file.address)),
            Err(Damage::Inside(reason)) => {
                return Some(EngineError::DataFileDamaged { file: file.address.clone(), reason });
            }
        }
    }
    None
}

/// What is wrong with a file.
enum Damage {
    /// S3 does not give it.
    Unread(S3Error),
    /// It holds what cannot be read.
    Inside(String),
}

impl Damage {
    fn of<E: std::error::Error + 'static>(error: E, sentence: impl FnOnce(&E) -> String) -> Self {
        cause_in_s3(&error).map_or_else(|| Self::Inside(sentence(&error)), Self::Unread)
    }
}

async fn read_through(file: &ReadableFile) -> Result<(), Damage> {
    let reader = file.open().await.map_err(|error| Damage::Inside(error.to_string()))?;
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await;
    let builder = builder.map_err(|error| Damage::of(error, ToString::to_string))?;
    let declared = ProjectionMask::columns(builder.parquet_schema(), COLUMNS.map(|(name, _)| name));
    let batches = builder.with_projection(declared).build();
    let mut batches = batches.map_err(|error| Damage::of(error, ToString::to_string))?;
    let damaged = |error: &_| format!("it is damaged ({error}); copy it again");
    while let Some(batch) = batches.try_next().await.map_err(|error| Damage::of(error, damaged))? {
        check_values(&batch).map_err(Damage::Inside)?;
    }
    Ok(())
}

fn check_values(batch: &RecordBatch) -> Result<(), String> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    for (name, kind) in COLUMNS {
        let Some(column) = batch.column_by_name(name) else { continue };
        cast_with_options(column, &kind.data_type(), &strict).map_err(|error| format!("column `{name}`: {error}"))?;
    }
    Ok(())
}
