//! What UNLOAD and CREATE TABLE AS write.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

/// Writes one Parquet file beside its place, and puts it there when it is whole.
pub(crate) struct ParquetFile {
    unfinished: PathBuf,
    writer: ArrowWriter<File>,
    pub(crate) rows: u64,
}

impl ParquetFile {
    pub(crate) fn new(unfinished: PathBuf, schema: SchemaRef, compression: Compression) -> Result<Self, ParquetError> {
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_created_by("parquet-mr version 1.13.1 (stand-in)".to_owned())
            .build();
        // Athena knows nothing of Arrow, so that a reader must make do with Parquet's own types.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(File::create(&unfinished)?, schema, options)?;
        Ok(Self { unfinished, writer, rows: 0 })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch)
    }

    pub(crate) fn finish(self, path: &Path) -> Result<(), ParquetError> {
        self.writer.close()?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::rename(&self.unfinished, path)?)
    }
}
