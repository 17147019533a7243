use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use serde::{Deserialize, Serialize};

/// Why a query failed, as Athena tells it (<https://docs.aws.amazon.com/athena/latest/APIReference/API_AthenaError.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// 1 is Athena's fault, 2 the user's, 3 somebody else's.
    pub category: u8,
    /// The number of the error in Athena's reference (<https://docs.aws.amazon.com/athena/latest/ug/error-reference.html>).
    pub error_type: u32,
    /// Whether the same query may succeed when it is put again.
    pub retryable: bool,
    /// The sentence, which is the state change reason as well.
    pub message: String,
}

/// The number for a statement that cannot be understood. Athena has one for each kind of it; the public reference does not
/// say which, so this one is used for all.
const NOT_UNDERSTOOD: u32 = 1006;
const RESOURCES_EXHAUSTED: u32 = 2;
const WRITING_FAILED: u32 = 401;
const NO_PERMISSION: u32 = 1500;
const INTERNAL: u32 = 9999;

impl Failure {
    /// The user's fault: a code such as `TABLE_NOT_FOUND` and a sentence.
    pub(crate) fn user(code: &str, sentence: impl std::fmt::Display) -> Self {
        let message = format!("{code}: {sentence}");
        Self { category: 2, error_type: NOT_UNDERSTOOD, retryable: false, message }
    }

    /// A permission is lacking.
    pub(crate) fn permission(message: impl Into<String>) -> Self {
        Self { category: 2, error_type: NO_PERMISSION, retryable: false, message: message.into() }
    }

    /// A result could not be written.
    pub(crate) fn writing(message: impl Into<String>) -> Self {
        Self { category: 2, error_type: WRITING_FAILED, retryable: false, message: message.into() }
    }

    /// Something is wrong with the stand-in or its machine.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        let message = format!("GENERIC_INTERNAL_ERROR: {error}");
        Self { category: 1, error_type: INTERNAL, retryable: true, message }
    }

    pub(crate) fn column_not_found(name: &str) -> Self {
        let sentence = format!(
            "line 1:1: Column '{name}' cannot be resolved or requester is not authorized to access requested resources"
        );
        Self::user("COLUMN_NOT_FOUND", sentence)
    }
}

impl From<DataFusionError> for Failure {
    /// Gives an error of the engine the name that Athena has for it.
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
                SchemaError::FieldNotFound { field, .. } => Self::column_not_found(field.name()),
                other => Self::user("AMBIGUOUS_NAME", other),
            },
            DataFusionError::Plan(message) if is_missing_table(message) => Self::user(
                "TABLE_NOT_FOUND",
                format!(
                    "line 1:1: {} does not exist",
                    message.trim_end_matches(" not found").replacen("table", "Table", 1)
                ),
            ),
            DataFusionError::Plan(message) if message.starts_with("Invalid function") => {
                Self::user("FUNCTION_NOT_FOUND", format!("line 1:1: {message}"))
            }
            DataFusionError::Plan(message) => Self::user("SYNTAX_ERROR", format!("line 1:1: {message}")),
            DataFusionError::Execution(message) if message.starts_with("INVALID_FUNCTION_ARGUMENT: ") => {
                Self { category: 2, error_type: NOT_UNDERSTOOD, retryable: false, message: message.clone() }
            }
            DataFusionError::Execution(message) => Self::user("GENERIC_USER_ERROR", message),
            DataFusionError::ArrowError(error, _) => Self::user("INVALID_CAST_ARGUMENT", error),
            DataFusionError::ParquetError(error) => Self::user("HIVE_BAD_DATA", error),
            DataFusionError::ObjectStore(error) => Self::user("HIVE_CANNOT_OPEN_SPLIT", error),
            DataFusionError::ResourcesExhausted(message) => Self {
                category: 2,
                error_type: RESOURCES_EXHAUSTED,
                retryable: false,
                message: format!("EXCEEDED_LOCAL_MEMORY_LIMIT: {message}"),
            },
            DataFusionError::NotImplemented(message) => Self::user("NOT_SUPPORTED", message),
            other => Self::internal(other),
        }
    }
}

fn is_missing_table(message: &str) -> bool {
    message.starts_with("table '") && message.ends_with("not found")
}
