use bill::BillingPeriod;
use engine::EngineError;
use store::StoreError;

use crate::refresh::RefreshError;

/// Why the lines of a drill-down could not be fetched. Each is a sentence for the person who must mend it.
#[derive(Debug, thiserror::Error)]
pub enum DrilldownError {
    /// The export cannot be asked.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
    /// A line cannot be read.
    #[error(transparent)]
    Line(RefreshError),
    /// A line is not among what was loaded.
    #[error(
        "the export gave a line that the version being served does not have ({0}): it was read under other rules for folding \
         sessions, or by another version of this program; read the month again with `chargeback refresh --force`"
    )]
    NotInLoad(StoreError),
    /// The export is not configured any more.
    #[error("the export `{export}` is not configured here")]
    UnknownExport {
        /// Its name.
        export: String,
    },
    /// The delivery that is served is not what the export holds now.
    #[error(
        "the export `{export}` holds another delivery of {period} than the one being served; ask again after the next refresh"
    )]
    DeliveredAnew {
        /// The export.
        export: String,
        /// The period.
        period: BillingPeriod,
    },
    /// More lines than the figures say there are.
    #[error(
        "the export gave more than {limit} lines, the most that are fetched (`[drilldown] max_rows`); ask for fewer"
    )]
    TooManyRows {
        /// The most there may be.
        limit: u32,
    },
    /// The lines take too much.
    #[error("the lines take more than {limit} bytes, the most that are kept (`[drilldown] max_bytes`); ask for fewer")]
    TooManyBytes {
        /// The most they may take.
        limit: u64,
    },
    /// A fault of the program's.
    #[error("the fetching ended in a fault of the program, which the log describes; please report it")]
    Panicked,
}

impl From<StoreError> for DrilldownError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotKept { .. } => Self::NotInLoad(error),
            error => Self::Store(error),
        }
    }
}

impl From<RefreshError> for DrilldownError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Store(error) => error.into(),
            RefreshError::Engine(error) => error.into(),
            error => Self::Line(error),
        }
    }
}
