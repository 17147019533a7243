//! Reads a Parquet file in S3: its footer, and the columns and row groups that are asked for.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{ParquetFileMetrics, ParquetFileReaderFactory};
use datafusion::object_store::coalesce_ranges;
use datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::parquet::errors::{ParquetError, Result};
use datafusion::parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::S3Location;
use crate::place::Stamp;

/// How much is read at first from the end of a file: the footer of a CUR 2.0 file, with its 125 columns, is shorter than
/// this for a few row groups; a longer one costs a second request.
const FOOTER_GUESS: usize = 64 * 1024;

/// Two ranges that lie closer together than this are read as one: the bytes between cost less than a request.
const WORTH_A_REQUEST: u64 = 32 * 1024;

/// One file, in the state in which it was listed: of one that is overwritten meanwhile nothing is read.
#[derive(Clone, Debug)]
pub(crate) struct S3Reader {
    location: S3Location,
    key: Arc<str>,
    listed: Stamp,
    metrics: Option<ParquetFileMetrics>,
}

impl S3Reader {
    pub(crate) fn new(location: S3Location, key: &str, listed: Stamp) -> Self {
        Self { location, key: key.into(), listed, metrics: None }
    }

    async fn get(&self, range: Range<u64>) -> Result<Bytes> {
        if let Some(metrics) = &self.metrics {
            metrics.bytes_scanned.add(usize::try_from(range.end - range.start).unwrap_or(usize::MAX));
        }
        let got = self.location.get(&self.key, &self.listed, Some(range)).await;
        got.map_err(|error| ParquetError::External(Box::new(error)))
    }
}

impl AsyncFileReader for S3Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        self.get(range).boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        let reader = self.clone();
        async move { coalesce_ranges(&ranges, |range| reader.get(range), WORTH_A_REQUEST).await }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        let size = self.listed.size;
        let reader =
            ParquetMetaDataReader::new().with_arrow_reader_options(options).with_prefetch_hint(Some(FOOTER_GUESS));
        async move { reader.load_and_finish(self, size).await.map(Arc::new) }.boxed()
    }
}

/// How many rows a Parquet file holds; nothing where it is none, or cannot be read.
pub(crate) async fn footer_rows(mut reader: S3Reader) -> Option<i64> {
    let footer = reader.get_metadata(None).await.ok()?;
    Some(footer.file_metadata().num_rows())
}

/// Gives DataFusion the reader of each file. A file carries its own as an extension.
#[derive(Debug)]
pub(crate) struct S3FileReaders;

impl ParquetFileReaderFactory for S3FileReaders {
    fn create_reader(
        &self,
        partition_index: usize,
        file: PartitionedFile,
        _: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> datafusion::error::Result<Box<dyn AsyncFileReader + Send>> {
        let Some(reader) = file.extensions.get::<S3Reader>() else {
            let name = file.object_meta.location;
            return Err(datafusion::error::DataFusionError::Internal(format!("{name} has no reader")));
        };
        let metrics = ParquetFileMetrics::new(partition_index, file.object_meta.location.as_ref(), metrics);
        Ok(Box::new(S3Reader { metrics: Some(metrics), ..reader.clone() }))
    }
}
