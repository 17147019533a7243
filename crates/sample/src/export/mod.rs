//! An export on disk: data files, manifests, and the order in which they appear.

mod batch;
mod chunk;
mod double;
mod manifest;

use std::path::{Path, PathBuf};

use bill::BillingPeriod;
use chrono::TimeDelta;

pub(crate) use self::batch::Layout;
pub(crate) use self::chunk::ChunkWriter;
use self::manifest::Manifest;
use crate::random::{Random, digest};
use crate::{Delivery, LineItem, PeriodSummary, SampleError, Totals};

/// Where the export was before it was copied down: manifests carry full S3 addresses.
const BUCKET_AND_PREFIX: &str = "s3://example-billing-exports/finops/cur2";

/// Writes chosen lines as a CUR 2.0 export: for tests that need a small bill of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportWriter {
    /// The export's own folder: the one that will hold `data/` and `metadata/`.
    pub folder: PathBuf,
    /// Name of the Data Export.
    pub export_name: String,
    /// The account that owns the export, as the manifest says it.
    pub account: String,
    /// How a newer version is delivered.
    pub delivery: Delivery,
    /// Whether there is a column `line_item_iam_principal`.
    pub principal_column: bool,
    /// Whether there are the columns of net cost.
    pub net_columns: bool,
}

/// Writes one month of an export in a single chunk: all columns, first version, overwrite delivery.
///
/// No lines at all make an empty month: one Parquet file without rows.
///
/// # Errors
/// When a file cannot be written, or a cost is not kept exactly by a double ([`SampleError::InexactAmount`]).
pub fn write_lines(
    folder: impl Into<PathBuf>,
    export_name: impl Into<String>,
    period: BillingPeriod,
    lines: &[LineItem<'_>],
) -> Result<PeriodSummary, SampleError> {
    ExportWriter::new(folder, export_name).write_period(period, 1, &[lines])
}

impl ExportWriter {
    /// A writer of all columns, in overwrite delivery.
    pub fn new(folder: impl Into<PathBuf>, export_name: impl Into<String>) -> Self {
        Self {
            folder: folder.into(),
            export_name: export_name.into(),
            account: "123456789012".to_owned(),
            delivery: Delivery::Overwrite,
            principal_column: true,
            net_columns: true,
        }
    }

    /// Delivers one version of one month: its chunks, then its manifest.
    ///
    /// In overwrite delivery the chunks of an earlier version that are now too many become empty.
    ///
    /// # Errors
    /// When a file cannot be written, or a cost is not kept exactly by a double ([`SampleError::InexactAmount`]).
    pub fn write_period(
        &self,
        period: BillingPeriod,
        version: u32,
        chunks: &[&[LineItem<'_>]],
    ) -> Result<PeriodSummary, SampleError> {
        let shipment = self.shipment(period, version, digest(chunks))?;
        let mut totals = Totals::default();
        for (index, lines) in chunks.iter().enumerate() {
            let mut chunk = shipment.chunk(index)?;
            for line in *lines {
                chunk.push(line.clone())?;
            }
            totals.merge(&chunk.finish()?);
        }
        shipment.deliver(chunks.len(), totals)
    }

    /// Starts the delivery of a version whose content is told apart by a number.
    pub(crate) fn shipment(
        &self,
        period: BillingPeriod,
        version: u32,
        content: u64,
    ) -> Result<Shipment<'_>, SampleError> {
        let named = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if self.export_name.is_empty() || !self.export_name.bytes().all(named) {
            return Err(SampleError::ExportName { name: self.export_name.clone() });
        }
        let layout = Layout::new(self.principal_column, self.net_columns);
        let execution_id = Random::of((&self.export_name, period, version, content)).uuid();
        Ok(Shipment { export: self, period, version, layout, execution_id })
    }
}

/// One version of one month on its way to the disk.
pub(crate) struct Shipment<'a> {
    export: &'a ExportWriter,
    period: BillingPeriod,
    version: u32,
    layout: Layout,
    execution_id: String,
}

impl Shipment<'_> {
    /// Starts the data file with this index, counted from 0.
    pub(crate) fn chunk<'l>(&self, index: usize) -> Result<ChunkWriter<'l>, SampleError> {
        let ids = Random::of((&self.execution_id, index));
        let path = self.export.folder.join(self.data_folder()).join(self.chunk_name(index));
        ChunkWriter::create(path, &self.layout, self.period, ids)
    }

    /// Finishes the delivery, once its chunks are there: empties what an older version left over, then writes the manifest.
    pub(crate) fn deliver(&self, chunks: usize, totals: Totals) -> Result<PeriodSummary, SampleError> {
        let data_folder = self.data_folder();
        let path = |index| data_folder.join(self.chunk_name(index));
        let mut count = chunks;
        while self.export.folder.join(path(count)).exists() {
            self.chunk(count)?.finish()?;
            count += 1;
        }
        let files: Vec<PathBuf> = (0..count).map(path).collect();
        let manifest = self.write_manifests(&files)?;
        let data_files = files.iter().map(|file| self.export.folder.join(file)).collect();
        Ok(PeriodSummary { period: self.period, version: self.version, manifest, data_files, totals })
    }

    fn write_manifests(&self, files: &[PathBuf]) -> Result<PathBuf, SampleError> {
        let address = |file: &PathBuf| format!("{BUCKET_AND_PREFIX}/{}/{}", self.export.export_name, slashed(file));
        let manifest = Manifest {
            export_name: &self.export.export_name,
            account: &self.export.account,
            period: self.period,
            execution_id: &self.execution_id,
            layout: &self.layout,
            data_files: files.iter().map(address).collect(),
        };
        let name = format!("{}-Manifest.json", self.export.export_name);
        let folder = self.export.folder.join("metadata").join(self.partition());
        if let Some(execution) = self.execution_folder() {
            manifest.write(&folder.join(execution).join(&name))?;
        }
        let latest = folder.join(name);
        manifest.write(&latest)?;
        Ok(latest)
    }

    /// Relative to the export's folder.
    fn data_folder(&self) -> PathBuf {
        let partition = Path::new("data").join(self.partition());
        self.execution_folder().map_or_else(|| partition.clone(), |execution| partition.join(execution))
    }

    fn partition(&self) -> String {
        format!("BILLING_PERIOD={}", self.period)
    }

    /// `<timestamp>-<execution id>`, where each version has a folder of its own.
    fn execution_folder(&self) -> Option<String> {
        let delivered = self.period.end() + TimeDelta::days(i64::from(self.version));
        match self.export.delivery {
            Delivery::Overwrite => None,
            Delivery::CreateNew => Some(format!("{}T041007Z-{}", delivered.format("%Y%m%d"), self.execution_id)),
        }
    }

    fn chunk_name(&self, index: usize) -> String {
        format!("{}-{:05}.snappy.parquet", self.export.export_name, index + 1)
    }
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
