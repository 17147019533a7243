use std::fs::{self, File};
use std::path::{Path, PathBuf};

use bill::{Amount, BillingPeriod};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::batch::{Batches, Layout};
use super::double;
use crate::random::Random;
use crate::{LineItem, SampleError, Totals};

/// Lines turned into Arrow at a time.
const BATCH_LINES: usize = 8_192;
/// Lines in a row group: what a reader can skip, and what the writer holds in memory.
const ROW_GROUP_LINES: usize = 131_072;

/// Writes one data file. It appears under its name when it is whole.
pub(crate) struct ChunkWriter<'a> {
    path: PathBuf,
    parquet: ArrowWriter<File>,
    batches: Batches,
    waiting: Vec<LineItem<'a>>,
    totals: Totals,
}

impl<'a> ChunkWriter<'a> {
    pub(crate) fn create(
        path: PathBuf,
        layout: &Layout,
        period: BillingPeriod,
        ids: Random,
    ) -> Result<Self, SampleError> {
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder).map_err(|source| SampleError::File { path: folder.to_owned(), source })?;
        let unfinished = unfinished(&path);
        let file = File::create(&unfinished).map_err(|source| SampleError::File { path: unfinished, source })?;
        // AWS's files carry no Arrow schema: a reader has to go by the Parquet types alone.
        let options = ArrowWriterOptions::new().with_properties(properties()).with_skip_arrow_metadata(true);
        let parquet = ArrowWriter::try_new_with_options(file, layout.schema.clone(), options)
            .map_err(|source| SampleError::Parquet { path: path.clone(), source })?;
        let batches = Batches::new(layout.clone(), period, ids);
        Ok(Self { path, parquet, batches, waiting: Vec::with_capacity(BATCH_LINES), totals: Totals::default() })
    }

    pub(crate) fn push(&mut self, line: LineItem<'a>) -> Result<(), SampleError> {
        check(&line)?;
        self.totals.count(&line);
        self.waiting.push(line);
        if self.waiting.len() == BATCH_LINES { self.flush() } else { Ok(()) }
    }

    pub(crate) fn finish(mut self) -> Result<Totals, SampleError> {
        self.flush()?;
        let path = self.path;
        self.parquet.close().map_err(|source| SampleError::Parquet { path: path.clone(), source })?;
        fs::rename(unfinished(&path), &path).map_err(|source| SampleError::File { path, source })?;
        Ok(self.totals)
    }

    fn flush(&mut self) -> Result<(), SampleError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let written = self.batches.batch(&self.waiting).map_err(ParquetError::from);
        self.waiting.clear();
        written
            .and_then(|batch| self.parquet.write(&batch))
            .map_err(|source| SampleError::Parquet { path: self.path.clone(), source })
    }
}

fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_LINES))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        // Every id is another one: a dictionary of them would be built only to be thrown away.
        .set_column_dictionary_enabled(ColumnPath::from("identity_line_item_id"), false)
        .build()
}

fn check(line: &LineItem<'_>) -> Result<(), SampleError> {
    let costs: [(&'static str, Option<Amount>); 4] = [
        ("line_item_unblended_cost", Some(line.unblended_cost)),
        ("line_item_net_unblended_cost", line.net_unblended_cost),
        ("pricing_public_on_demand_cost", line.list_cost),
        ("discount_total_discount", line.total_discount),
    ];
    for (column, amount) in costs {
        if let Some(amount) = amount.filter(|amount| !double::is_exact(*amount)) {
            return Err(SampleError::InexactAmount { column, amount });
        }
    }
    Ok(())
}

/// The name under which a file is written before it is whole.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    path.with_file_name(name)
}
