use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_athena::config::http::HttpResponse;
use aws_sdk_athena::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::S3Error;

/// Why Athena did not answer as it should. Each message says what is wrong, where, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AthenaError {
    /// A query failed or was cancelled; Athena says why.
    #[error("Athena ended the query {execution_id} as {outcome}: {reason}{hint}")]
    QueryFailed {
        /// The query's id.
        execution_id: String,
        /// `failed (…)` or `cancelled`.
        outcome: String,
        /// What Athena said.
        reason: String,
        /// What would mend it, where that is known.
        hint: &'static str,
    },
    /// The credentials do not allow it.
    #[error("Athena refuses `{action}` ({said}); allow it in the policy of these credentials")]
    AccessDenied {
        /// The action of IAM that is needed.
        action: &'static str,
        /// What Athena said.
        said: String,
    },
    /// There are no credentials.
    #[error(
        "there are no AWS credentials for Athena ({said}); give the environment's, a profile's, those of SSO, of a web \
         identity or of the machine's role"
    )]
    NoCredentials {
        /// What the SDK said.
        said: String,
    },
    /// The credentials have expired, or are none of AWS's.
    #[error("Athena does not accept the AWS credentials for `{action}` ({said}); renew them")]
    BadCredentials {
        /// What was asked.
        action: &'static str,
        /// What Athena said.
        said: String,
    },
    /// Athena wanted fewer requests, and still did after the last attempt.
    #[error(
        "Athena wants fewer requests ({said}), after {attempts} attempts at `{action}` still; the next refresh tries again"
    )]
    Throttled {
        /// What was asked.
        action: &'static str,
        /// What Athena said.
        said: String,
        /// How often it was tried.
        attempts: usize,
    },
    /// Nobody answered, or not to the end.
    #[error(
        "Athena did not answer `{action}` ({said}), after {attempts} attempts; check the network and `endpoint_url`"
    )]
    Unreachable {
        /// What was asked.
        action: &'static str,
        /// What the SDK said.
        said: String,
        /// How often it was tried.
        attempts: usize,
    },
    /// Athena refused what was asked.
    #[error("Athena refuses `{action}`: {said}{hint}")]
    Refused {
        /// What was asked.
        action: &'static str,
        /// What Athena said.
        said: String,
        /// What would mend it, where that is known.
        hint: &'static str,
    },
    /// A parameter is longer than Athena takes.
    #[error(
        "parameter {position} has {length} characters with its quotes, and Athena takes 1,024; shorten it (the first \
         parameter of daily_cost.sql comes from `[[principals.fold]]`)"
    )]
    ParameterTooLong {
        /// Which parameter, from 1.
        position: usize,
        /// How long it is.
        length: usize,
    },
    /// Athena reads S3 only.
    #[error(
        "Athena reads exports in S3, and this one is at {0}; give the export's address in S3, or use the embedded engine"
    )]
    NotInS3(String),
    /// The folder holds files that are not of the delivery, and Athena would count their lines.
    #[error(
        "Athena would read more than the delivery: {} under {under} that the manifest does not name ({}); move them \
         elsewhere, or use the embedded engine, which reads only what the manifest names",
        counted(.strays), first_of(.strays)
    )]
    Strays {
        /// What is read.
        under: String,
        /// The files.
        strays: Vec<String>,
    },
    /// The table cannot be asked.
    #[error("{0}")]
    Table(String),
    /// The results cannot be read.
    #[error("the results of the query {execution_id} cannot be read: {reason}")]
    Results {
        /// The query's id.
        execution_id: String,
        /// Why.
        reason: String,
    },
    /// S3 failed where results are, or where the export is.
    #[error("{0}")]
    S3(#[from] S3Error),
}

fn counted(files: &[String]) -> String {
    if files.len() == 1 { "there is a file".to_owned() } else { format!("there are {} files", files.len()) }
}

fn first_of(files: &[String]) -> String {
    let mut shown = files.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    if files.len() > 3 {
        shown.push_str(", …");
    }
    shown
}

/// A request that failed.
#[derive(Debug)]
pub(super) struct FailedRequest {
    pub(super) error: AthenaError,
    /// Whether it is worth another attempt.
    pub(super) passing: bool,
    /// Athena's name for what went wrong.
    pub(super) code: String,
}

impl FailedRequest {
    /// What an answer that is none means.
    pub(super) fn new<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        if let SdkError::ServiceError(answer) = error {
            return Self::refused(action, answer.err(), answer.raw().status().as_u16());
        }
        let said = said_by_sdk(error);
        let other = |error, passing| Self { error, passing, code: String::new() };
        // The SDK wraps what its provider of credentials says into its own words.
        let mut cause: Option<&(dyn Error + 'static)> = error.source();
        while let Some(error) = cause {
            match error.downcast_ref::<CredentialsError>() {
                Some(CredentialsError::CredentialsNotLoaded(_)) => {
                    return other(AthenaError::NoCredentials { said }, false);
                }
                Some(_) => return other(AthenaError::BadCredentials { action, said }, false),
                None => cause = error.source(),
            }
        }
        match error {
            SdkError::ConstructionFailure(_) => other(AthenaError::Refused { action, said, hint: "" }, false),
            _ => other(AthenaError::Unreachable { action, said, attempts: 1 }, true),
        }
    }

    fn refused<E: ProvideErrorMetadata>(action: &'static str, error: &E, status: u16) -> Self {
        let code = error.code().unwrap_or_default().to_owned();
        let said = match (code.as_str(), error.message()) {
            ("", None) => format!("HTTP status {status}"),
            (code, None) => code.to_owned(),
            ("", Some(message)) => message.to_owned(),
            (code, Some(message)) => format!("{code}: {message}"),
        };
        let (error, passing) = match (code.as_str(), status) {
            (
                "TooManyRequestsException" | "ThrottlingException" | "Throttling" | "RequestLimitExceeded" | "SlowDown",
                _,
            )
            | (_, 429) => (AthenaError::Throttled { action, said, attempts: 1 }, true),
            (
                "ExpiredTokenException"
                | "ExpiredToken"
                | "UnrecognizedClientException"
                | "InvalidClientTokenId"
                | "InvalidSignatureException"
                | "SignatureDoesNotMatch"
                | "RequestExpired"
                | "IncompleteSignature",
                _,
            ) => (AthenaError::BadCredentials { action, said }, false),
            ("AccessDeniedException" | "AccessDenied" | "NotAuthorized", _) | (_, 401 | 403) => {
                (AthenaError::AccessDenied { action, said }, false)
            }
            ("InternalServerException" | "InternalFailure" | "ServiceUnavailable", _) | (_, 500..) => {
                (AthenaError::Unreachable { action, said, attempts: 1 }, true)
            }
            _ => {
                let hint = hint(&said);
                (AthenaError::Refused { action, said, hint }, false)
            }
        };
        Self { error, passing, code }
    }
}

/// What would mend what Athena says.
pub(super) fn hint(said: &str) -> &'static str {
    let said = said.to_ascii_lowercase();
    let holds = |word: &str| said.contains(word);
    if holds("no output location") {
        "; give `[athena] results`, or an output location in the workgroup"
    } else if holds("workgroup") && (holds("not found") || holds("not exist")) {
        "; correct `[athena] workgroup`"
    } else if holds("column_not_found") || (holds("column") && holds("cannot be resolved")) {
        "; the table `cur2` lacks a column: sql/cur2_table.sql has all of them"
    } else if holds("hive_partition_schema_mismatch") || holds("hive_bad_data") {
        "; the table's columns have other types than the files': make the table anew with sql/cur2_table.sql"
    } else if holds("table_not_found") || (holds("table") && holds("does not exist")) {
        "; make the table `cur2` with sql/cur2_table.sql"
    } else if holds("access denied") || holds("permission") || holds("not authorized") {
        "; Athena reads and writes S3 with these credentials: allow s3:GetObject and s3:ListBucket on the export, and \
         s3:PutObject too on where results are put"
    } else if holds("bytes scanned limit") || holds("cutoff") {
        "; the workgroup limits what a query may scan: raise its limit"
    } else {
        ""
    }
}

/// All that the SDK says, without the names of its types.
fn said_by_sdk<E: Error>(error: &E) -> String {
    let whole = DisplayErrorContext(error).to_string();
    // Behind the last sentence it prints the error as Rust sees it.
    let sentence = whole.split(" (").next().unwrap_or(&whole);
    sentence.chars().filter(|character| !character.is_control()).take(300).collect()
}
