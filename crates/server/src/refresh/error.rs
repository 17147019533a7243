use bill::BillingPeriod;
use bill::tags::TagSetError;
use engine::EngineError;
use store::StoreError;
use store::snapshot::Difference;

/// Why a refresh came to nothing. Each is a sentence for the person who must mend it.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The export cannot be asked.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A manifest is missing or half-written.
    #[error("{0}")]
    Manifest(String),
    /// The period that was asked for is not there.
    #[error("the export holds no manifest for {period}")]
    NotInExport {
        /// The period.
        period: BillingPeriod,
    },
    /// The export was made without principals.
    #[error(
        "the export has no column `line_item_iam_principal` for {period}: create an export with \
         `INCLUDE_IAM_PRINCIPAL_DATA` set to TRUE and the column in its query (\"Include caller identity (IAM \
         principal) allocation data\" in the console)"
    )]
    NoPrincipalColumn {
        /// The period.
        period: BillingPeriod,
    },
    /// There is nothing in the export.
    #[error("the export holds no line items for {period}; the version before is kept")]
    EmptyPeriod {
        /// The period.
        period: BillingPeriod,
    },
    /// A new delivery arrived while the old one was read.
    #[error("the export of {period} was delivered anew while it was being read; the next refresh reads it")]
    ChangedMeanwhile {
        /// The period.
        period: BillingPeriod,
    },
    /// A fault of the program's.
    #[error("the refresh of {period} ended in a fault of the program, which the log describes; please report it")]
    Panicked {
        /// The period.
        period: BillingPeriod,
    },
    /// Rollup and control totals disagree.
    #[error("{period} does not tie out: {}", describe(.differences))]
    DoesNotTieOut {
        /// The period.
        period: BillingPeriod,
        /// Where.
        differences: Vec<Difference>,
    },
    /// A currency is not one.
    #[error("a line has `{found}` for its currency (line_item_currency_code); an ISO 4217 code such as USD is needed")]
    Currency {
        /// What stands there.
        found: String,
    },
    /// A line has no date.
    #[error("a line has neither line_item_usage_start_date nor bill_billing_period_start_date")]
    NoUsageDate,
    /// A text with a NUL.
    #[error("a value in `{column}` holds a NUL character, which no AWS name or tag may")]
    NullCharacter {
        /// The column.
        column: &'static str,
    },
    /// Tags that cannot be read.
    #[error("tags cannot be read: {0}")]
    Tags(#[source] TagSetError),
    /// A count that no bill has.
    #[error("a line counts more tokens than 26 digits can hold")]
    TooManyTokens,
    /// The answer is not what the question promises.
    #[error("the answer to the question lacks the column `{column}`")]
    AnswerLacks {
        /// The column.
        column: &'static str,
    },
    /// The answer is not what the question promises.
    #[error("the answer's column `{column}` is of type {found}")]
    AnswerType {
        /// The column.
        column: &'static str,
        /// Its type.
        found: String,
    },
}

impl RefreshError {
    /// What did not tie out, where that is the reason.
    pub fn differences(&self) -> &[Difference] {
        match self {
            Self::DoesNotTieOut { differences, .. } => differences,
            _ => &[],
        }
    }

    /// The reason in words that quote nothing of the bill, for whoever may see only a part of it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Engine(_) => "the export could not be asked",
            Self::Store(_) => "the database refused what was to be kept",
            Self::Manifest(_) => "a manifest is missing or cannot be read",
            Self::NotInExport { .. } => "the export holds no manifest for the period",
            Self::NoPrincipalColumn { .. } => "the export was made without principals",
            Self::EmptyPeriod { .. } => "the export holds no line items for the period",
            Self::ChangedMeanwhile { .. } => "the export was delivered anew while it was being read",
            Self::Panicked { .. } => "a fault of the program",
            Self::DoesNotTieOut { .. } => "what was read does not add up to the control totals of the bill",
            Self::Currency { .. }
            | Self::NoUsageDate
            | Self::NullCharacter { .. }
            | Self::Tags(_)
            | Self::TooManyTokens => "a line of the bill cannot be read",
            Self::AnswerLacks { .. } | Self::AnswerType { .. } => "the answer of the engine is not what was asked for",
        }
    }
}

fn describe(differences: &[Difference]) -> String {
    let mut parts: Vec<String> = differences
        .iter()
        .take(5)
        .map(|difference| {
            let currency = difference.currency.as_deref().unwrap_or("?");
            format!(
                "{} of {}: the control question counted {} {currency} in {} lines, the rollup {} {currency} in {}",
                difference.charge_type.as_deref().unwrap_or("lines without a charge type"),
                difference.billing_entity.as_deref().unwrap_or("no billing entity"),
                difference.expected,
                difference.expected_line_items,
                difference.found,
                difference.found_line_items,
            )
        })
        .collect();
    if differences.len() > 5 {
        parts.push(format!("and {} more", differences.len() - 5));
    }
    parts.join("; ")
}

/// An error with its causes, each once.
pub(crate) fn sentence(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let reason = error.to_string();
        if !sentence.contains(&reason) {
            sentence = format!("{sentence}: {reason}");
        }
        cause = error.source();
    }
    sentence
}
