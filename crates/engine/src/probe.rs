use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::datatypes::DataType;
use chrono::{DateTime, Utc};
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::columns::{COLUMNS, Kind};
use crate::{EngineError, Manifest};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadableFile {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) modified: DateTime<Utc>,
}

/// What the footers of a manifest's files say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) columns: ExportColumns,
    /// The files that hold rows, or could.
    pub(crate) files: Vec<ReadableFile>,
    /// Columns of costs and quantities that some file does not have as doubles.
    pub(crate) exact_amounts: BTreeSet<&'static str>,
}

/// Reads the footer of every file that the manifest names. A column counts as there when any file has it.
pub(crate) fn probe(manifest: &Manifest) -> Result<Probe, EngineError> {
    let mut probe = Probe::default();
    for path in &manifest.data_files {
        let (size, modified) = size_and_time(path, manifest)?;
        // A refresh with fewer chunks than the one before overwrites the surplus with empty files; it does not delete
        // them (https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html).
        if size == 0 {
            continue;
        }
        probe.check_columns(path)?;
        probe.files.push(ReadableFile { path: path.clone(), size, modified });
    }
    Ok(probe)
}

fn size_and_time(path: &Path, manifest: &Manifest) -> Result<(u64, DateTime<Utc>), EngineError> {
    match std::fs::metadata(path).and_then(|metadata| Ok((metadata.len(), metadata.modified()?))) {
        Ok((size, modified)) => Ok((size, modified.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(EngineError::DataFileMissing { manifest: manifest.path.clone(), file: path.to_owned() })
        }
        Err(source) => Err(EngineError::Unreadable { path: path.to_owned(), source }),
    }
}

impl Probe {
    fn check_columns(&mut self, path: &Path) -> Result<(), EngineError> {
        let footer = read_footer(path)?;
        let schema = footer.schema();
        for (name, kind) in COLUMNS {
            let Ok(field) = schema.field_with_name(name) else { continue };
            let found = field.data_type();
            if !kind.accepts(found) {
                return Err(column_type(path, name, kind, found.to_string()));
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

fn read_footer(path: &Path) -> Result<ArrowReaderMetadata, EngineError> {
    let file = File::open(path).map_err(|source| EngineError::Unreadable { path: path.to_owned(), source })?;
    ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|error| {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let reason = if name.ends_with(".csv.gz") || name.ends_with(".csv") || name.ends_with(".gz") {
            "the export is delivered as CSV; create it with the format Parquet".to_owned()
        } else {
            format!("it is truncated or damaged ({error}); copy it again")
        };
        EngineError::DataFileDamaged { file: path.to_owned(), reason }
    })
}

fn column_type(path: &Path, column: &str, kind: Kind, found: String) -> EngineError {
    EngineError::ColumnType { file: path.to_owned(), column: column.to_owned(), found, expected: kind.expected() }
}
