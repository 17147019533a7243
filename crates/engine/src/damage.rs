//! Finds the file that is to blame when a question fails while its rows are read.
//!
//! The engine's own errors say what broke inside a file, not which file. Looking again costs a scan, and only a
//! delivery that cannot be served anyway pays for it.

use std::fs::File;
use std::path::Path;

use arrow::compute::{CastOptions, cast_with_options};
use arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::EngineError;
use crate::columns::COLUMNS;
use crate::probe::ReadableFile;

/// The first of the files that cannot be read to its end as the declared columns, and why.
pub(crate) fn find(files: &[ReadableFile]) -> Option<EngineError> {
    files.iter().find_map(|file| {
        let reason = read_through(&file.path).err()?;
        Some(EngineError::DataFileDamaged { file: file.path.clone(), reason })
    })
}

fn read_through(path: &Path) -> Result<(), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string())?;
    let declared = ProjectionMask::columns(builder.parquet_schema(), COLUMNS.map(|(name, _)| name));
    let reader = builder.with_projection(declared).build().map_err(|error| error.to_string())?;
    for batch in reader {
        check_values(&batch.map_err(|error| format!("it is damaged ({error}); copy it again"))?)?;
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
