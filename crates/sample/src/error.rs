use std::path::PathBuf;

use bill::{Amount, BillingPeriod};

/// Why a sample could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A file or a folder could not be written.
    #[error("cannot write `{}`", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The Parquet writer failed.
    #[error("cannot write Parquet to `{}`", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the Parquet writer said.
        source: parquet::errors::ParquetError,
    },
    /// A cost that a double cannot carry to the twelfth decimal, so that the bill would not say what was asked for.
    #[error(
        "{amount} in column `{column}` is not kept to the twelfth decimal by a double; use an amount below 2000, or one \
         with fewer digits"
    )]
    InexactAmount {
        /// The column that would hold it.
        column: &'static str,
        /// The amount asked for.
        amount: Amount,
    },
    /// A share of more than the whole.
    #[error("{percent} percent of the lines cannot be Amazon Bedrock's; write 0 to 100")]
    BedrockPercent {
        /// The share asked for.
        percent: u8,
    },
    /// An organisation without a team, or with more than there are names for.
    #[error("the sample cannot have {teams} teams; it has from 1 to {most}")]
    Teams {
        /// The number asked for.
        teams: usize,
        /// The most there can be.
        most: usize,
    },
    /// Only a generated month can be delivered a second time.
    #[error("{period} is not one of the generated months, so there is nothing to restate")]
    NothingToRestate {
        /// The month asked for.
        period: BillingPeriod,
    },
    /// An export's name becomes part of file names.
    #[error("`{name}` cannot name an export; use letters, digits, `-` and `_`")]
    ExportName {
        /// The name asked for.
        name: String,
    },
}
