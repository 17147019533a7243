use std::path::PathBuf;

use bill::BillingPeriod;
use datafusion::error::DataFusionError;

use crate::{AthenaError, FileAddress, S3Error};

/// Why an export could not be found, read or asked. Each message says what is wrong, where, and what would mend it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The folder of an export is not there.
    #[error(
        "export `{export}`: no folder at {address}; `location` must name the folder that holds `data` and `metadata`"
    )]
    LocationMissing {
        /// The export's name in the configuration.
        export: String,
        /// The folder that was looked for.
        address: FileAddress,
    },
    /// A folder or file cannot be read.
    #[error("cannot read {address}")]
    Unreadable {
        /// The folder or file.
        address: FileAddress,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// S3 does not answer as it should.
    #[error("export `{export}`: {source}")]
    S3 {
        /// The export's name in the configuration.
        export: String,
        /// What S3 said.
        source: S3Error,
    },
    /// A manifest names a data file that is not there: a copy that has not finished, or a file that was removed.
    #[error(
        "manifest {manifest} names {file}, which is not there; copy the export again, data files first and manifests last"
    )]
    DataFileMissing {
        /// The manifest that names the file.
        manifest: FileAddress,
        /// Where the file should be.
        file: FileAddress,
    },
    /// A data file is truncated, damaged, not Parquet at all, or holds a value that no column of its kind can hold.
    #[error("{file} cannot be read: {reason}")]
    DataFileDamaged {
        /// The data file.
        file: FileAddress,
        /// What is wrong with it, and what would mend it.
        reason: String,
    },
    /// A column has a type that cannot stand for the one in AWS's table dictionary.
    #[error("{file}: column `{column}` has type {found}, expected {expected}")]
    ColumnType {
        /// The data file.
        file: FileAddress,
        /// The column.
        column: String,
        /// The type in the file, in Arrow's words.
        found: String,
        /// The types that can be read.
        expected: &'static str,
    },
    /// AWS delivered the period again between the discovery and now. The next discovery finds the new version.
    #[error(
        "export `{export}`, {period}: a new version was delivered while this one was being read; discover it again"
    )]
    ExportChanged {
        /// The export's name.
        export: String,
        /// The period that was delivered again.
        period: BillingPeriod,
    },
    /// A question was given more or fewer parameters than its text has `?`.
    #[error("question `{question}` takes {expected} parameters, {given} were given")]
    ParameterCount {
        /// The question's name.
        question: &'static str,
        /// How many its text takes.
        expected: usize,
        /// How many were given.
        given: usize,
    },
    /// A parameter has not the form of what it stands for.
    #[error("question `{question}`, parameter {position}: {reason}")]
    ParameterForm {
        /// The question's name.
        question: &'static str,
        /// Which of its parameters, from 1.
        position: usize,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// The billing period asked for is not the one that the manifest holds: the answer would be empty without a word.
    #[error("question `{question}` asks for billing period `{asked}`, but the manifest holds {held}")]
    PeriodMismatch {
        /// The question's name.
        question: &'static str,
        /// The period in the parameters.
        asked: String,
        /// The period of the manifest.
        held: BillingPeriod,
    },
    /// Athena failed a question.
    #[error("question `{question}` on export `{export}`, {period}: {source}")]
    Athena {
        /// The question's name.
        question: &'static str,
        /// The export's name.
        export: String,
        /// The billing period.
        period: BillingPeriod,
        /// What went wrong.
        source: Box<AthenaError>,
    },
    /// The table cannot be asked.
    #[error("export `{export}`: {source}")]
    AthenaTable {
        /// The export's name.
        export: String,
        /// What is wrong with it.
        source: Box<AthenaError>,
    },
    /// What Athena has answered cannot be read to its end.
    #[error("{source}")]
    AthenaResults {
        /// What went wrong.
        source: Box<AthenaError>,
    },
    /// As much has been scanned today as may be.
    #[error(
        "the queries of today have scanned {scanned_bytes} bytes and may scan {ceiling_bytes}: wait until midnight (UTC), \
         or raise `[athena] daily_scan_ceiling`"
    )]
    ScanCeiling {
        /// What was scanned since midnight (UTC).
        scanned_bytes: u64,
        /// What may be scanned in a day.
        ceiling_bytes: u64,
    },
    /// What has been scanned today cannot be told, so that nothing more may be.
    #[error("whether another query may be put cannot be told: {reason}")]
    QueryLog {
        /// Why not.
        reason: String,
    },
    /// The folder to which large questions spill cannot be used.
    #[error("the spill folder {} cannot be used", path.display())]
    SpillFolder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A question needed more memory, or more spill space, than it may have.
    #[error(
        "question `{question}` needs more than the {limit_bytes} bytes it may have; raise the engine's memory limit"
    )]
    OutOfMemory {
        /// The question's name.
        question: &'static str,
        /// The limit in bytes.
        limit_bytes: usize,
        /// What the engine said.
        source: Box<DataFusionError>,
    },
    /// The engine refused or failed to run a question.
    #[error("question `{question}` on export `{export}`, {period}, failed: {}", source.strip_backtrace())]
    Question {
        /// The question's name.
        question: &'static str,
        /// The export's name.
        export: String,
        /// The billing period.
        period: BillingPeriod,
        /// What the engine said.
        source: Box<DataFusionError>,
    },
    /// The engine could not be set up.
    #[error("the embedded engine cannot be set up: {}", source.strip_backtrace())]
    Setup {
        /// What the engine said.
        source: Box<DataFusionError>,
    },
}
