use std::collections::BTreeSet;
use std::time::SystemTime;

use arrow::datatypes::DataType;
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use futures::{StreamExt, TryStreamExt, stream};

use crate::columns::{COLUMNS, Kind};
use crate::manifest::DataFile;
use crate::s3::{S3Error, S3Reader, cause_in_s3};
use crate::{EngineError, ExportLocation, FileAddress, Manifest};

/// How many footers are read at a time.
const FOOTERS_AT_A_TIME: usize = 8;

/// Which of the columns that an export may lack are there.
///
/// All are optional in a Data Export: principals need `INCLUDE_IAM_PRINCIPAL_DATA`, net costs exist only in accounts
/// with discounts, and a SELECT list may leave out `tags`
/// (<https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportColumns {
    /// `line_item_iam_principal`: without it no cost has a principal.
    pub principal: bool,
    /// `line_item_net_unblended_cost`: without it the net cost is the unblended cost.
    pub net_unblended: bool,
    /// `tags`: without it no cost has a principal's or an account's tag.
    pub tags: bool,
}

/// A data file that has been looked at: its footer is whole and its columns can be read.
#[derive(Clone, Debug)]
pub(crate) struct ReadableFile {
    pub(crate) address: FileAddress,
    pub(crate) size: u64,
    pub(crate) modified: SystemTime,
    /// What reads it, where that is S3.
    pub(crate) in_s3: Option<S3Reader>,
}

impl ReadableFile {
    /// Opens it, to read its footer or all of it.
    pub(crate) async fn open(&self) -> std::io::Result<Box<dyn AsyncFileReader>> {
        match (&self.in_s3, self.address.as_path()) {
            (Some(reader), _) => Ok(Box::new(reader.clone())),
            (None, Some(path)) => Ok(Box::new(tokio::fs::File::open(path).await?)),
            (None, None) => Err(std::io::ErrorKind::Unsupported.into()),
        }
    }
}

/// What the footers of a manifest's files say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probe {
    pub(crate) columns: ExportColumns,
    /// The files that hold rows, or could.
    pub(crate) files: Vec<ReadableFile>,
    /// Columns of costs and quantities that some file does not have as doubles.
    pub(crate) exact_amounts: BTreeSet<&'static str>,
}

/// Reads the footer of every file that the manifest names. A column counts as there when any file has it.
pub(crate) async fn probe(manifest: &Manifest) -> Result<Probe, EngineError> {
    let looks = manifest.data_files.iter().map(|file| async {
        let file = find(file, manifest).await?;
        // A refresh with fewer chunks than the one before overwrites the surplus with empty files; it does not delete
        // them (https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html).
        if file.size == 0 {
            return Ok(None);
        }
        let footer = read_footer(&file, manifest).await?;
        Ok::<_, EngineError>(Some((file, footer)))
    });
    let looks = looks.collect::<Vec<_>>();
    let mut looks = stream::iter(looks).buffered(FOOTERS_AT_A_TIME);
    let mut probe = Probe::default();
    while let Some(look) = looks.try_next().await? {
        let Some((file, footer)) = look else { continue };
        probe.check_columns(&file.address, &footer)?;
        probe.files.push(file);
    }
    Ok(probe)
}

async fn find(file: &DataFile, manifest: &Manifest) -> Result<ReadableFile, EngineError> {
    let missing = || {
        let (manifest, file) = (manifest.address.clone(), file.address.clone());
        EngineError::DataFileMissing { manifest, file }
    };
    let address = file.address.clone();
    match (&manifest.location, &file.address) {
        (ExportLocation::S3(location), FileAddress::S3 { key, .. }) => {
            let listed = file.stamp().ok_or_else(missing)?.clone();
            let (size, modified) = (listed.size, listed.modified);
            let in_s3 = Some(S3Reader::new(location.clone(), key, listed));
            Ok(ReadableFile { address, size, modified, in_s3 })
        }
        (_, FileAddress::Disk(path)) => {
            let found = tokio::fs::metadata(path).await;
            match found.and_then(|metadata| Ok((metadata.len(), metadata.modified()?))) {
                Ok((size, modified)) => Ok(ReadableFile { address, size, modified, in_s3: None }),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(missing()),
                Err(source) => Err(EngineError::Unreadable { address, source }),
            }
        }
        // A manifest names files of its own place only.
        (ExportLocation::Disk(_), FileAddress::S3 { .. }) => Err(missing()),
    }
}

impl Probe {
    fn check_columns(&mut self, file: &FileAddress, footer: &ArrowReaderMetadata) -> Result<(), EngineError> {
        let schema = footer.schema();
        for (name, kind) in COLUMNS {
            let Ok(field) = schema.field_with_name(name) else { continue };
            let found = field.data_type();
            if !kind.accepts(found) {
                return Err(column_type(file, name, kind, found.to_string()));
            }
            if kind == Kind::Amount && *found != DataType::Float64 {
                self.exact_amounts.insert(name);
            }
        }
        let has = |name: &str| schema.field_with_name(name).is_ok();
        self.columns.principal |= has("line_item_iam_principal");
        self.columns.net_unblended |= has("line_item_net_unblended_cost");
        self.columns.tags |= has("tags");
        Ok(())
    }
}

async fn read_footer(file: &ReadableFile, manifest: &Manifest) -> Result<ArrowReaderMetadata, EngineError> {
    let address = || file.address.clone();
    let opened = file.open().await;
    let mut reader = opened.map_err(|source| EngineError::Unreadable { address: address(), source })?;
    ArrowReaderMetadata::load_async(&mut reader, ArrowReaderOptions::new()).await.map_err(|error| {
        if let Some(cause) = cause_in_s3(&error) {
            return in_s3(cause, manifest, &file.address);
        }
        let name = address().to_string().to_lowercase();
        let reason = if name.ends_with(".csv.gz") || name.ends_with(".csv") || name.ends_with(".gz") {
            "the export is delivered as CSV; create it with the format Parquet".to_owned()
        } else {
            format!("it is truncated or damaged ({error}); copy it again")
        };
        EngineError::DataFileDamaged { file: address(), reason }
    })
}

/// What it means for a delivery that one of its files cannot be read.
pub(crate) fn in_s3(cause: S3Error, manifest: &Manifest, file: &FileAddress) -> EngineError {
    let export = manifest.export.clone();
    match cause {
        S3Error::Overwritten { .. } => EngineError::ExportChanged { export, period: manifest.period },
        S3Error::NoSuchObject { .. } => {
            EngineError::DataFileMissing { manifest: manifest.address.clone(), file: file.clone() }
        }
        source => EngineError::S3 { export, source },
    }
}

fn column_type(file: &FileAddress, column: &str, kind: Kind, found: String) -> EngineError {
    EngineError::ColumnType { file: file.clone(), column: column.to_owned(), found, expected: kind.expected() }
}
