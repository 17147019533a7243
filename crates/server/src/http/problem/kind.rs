//! Every kind of problem that the API reports. Their types are promises: clients branch on them.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// A parameter that the route does not have.
    UnknownParameter,
    /// A parameter given twice that may be given once.
    RepeatedParameter,
    /// A name that is no dimension.
    UnknownDimension,
    /// A value that cannot be read.
    InvalidValue,
    /// Parameters that do not go together.
    ConflictingParameters,
    /// More than is answered at once.
    LimitExceeded,
    /// A query string beyond the length that is read.
    QueryTooLong,
    /// No such path.
    UnknownPath,
    /// A method that the path does not have.
    MethodNotAllowed,
    /// A period, or days, without data.
    PeriodNotLoaded,
    /// A team that owns nothing.
    UnknownTeam,
    /// Nothing has been published yet.
    NothingLoaded,
    /// The database does not answer.
    StoreUnreachable,
    /// The answer took too long.
    Timeout,
    /// A mistake of ours.
    InternalError,
}

impl ProblemKind {
    /// All kinds, in the order in which they are documented.
    pub(crate) const ALL: [Self; 15] = [
        Self::UnknownParameter,
        Self::RepeatedParameter,
        Self::UnknownDimension,
        Self::InvalidValue,
        Self::ConflictingParameters,
        Self::LimitExceeded,
        Self::QueryTooLong,
        Self::UnknownPath,
        Self::MethodNotAllowed,
        Self::PeriodNotLoaded,
        Self::UnknownTeam,
        Self::NothingLoaded,
        Self::StoreUnreachable,
        Self::Timeout,
        Self::InternalError,
    ];

    /// The stable `type`: a reference relative to the service, which serves a page about it there.
    pub(crate) fn type_uri(self) -> &'static str {
        match self {
            Self::UnknownParameter => "/problems/unknown-parameter",
            Self::RepeatedParameter => "/problems/repeated-parameter",
            Self::UnknownDimension => "/problems/unknown-dimension",
            Self::InvalidValue => "/problems/invalid-value",
            Self::ConflictingParameters => "/problems/conflicting-parameters",
            Self::LimitExceeded => "/problems/limit-exceeded",
            Self::QueryTooLong => "/problems/query-too-long",
            Self::UnknownPath => "/problems/unknown-path",
            Self::MethodNotAllowed => "/problems/method-not-allowed",
            Self::PeriodNotLoaded => "/problems/period-not-loaded",
            Self::UnknownTeam => "/problems/unknown-team",
            Self::NothingLoaded => "/problems/nothing-loaded",
            Self::StoreUnreachable => "/problems/store-unreachable",
            Self::Timeout => "/problems/timeout",
            Self::InternalError => "/problems/internal-error",
        }
    }

    /// The same words for every occurrence.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::UnknownParameter => "Unknown parameter",
            Self::RepeatedParameter => "Parameter given more than once",
            Self::UnknownDimension => "Unknown dimension",
            Self::InvalidValue => "Invalid value",
            Self::ConflictingParameters => "Parameters that do not go together",
            Self::LimitExceeded => "More than is answered at once",
            Self::QueryTooLong => "Query string too long",
            Self::UnknownPath => "Unknown path",
            Self::MethodNotAllowed => "Method not allowed",
            Self::PeriodNotLoaded => "Period not loaded",
            Self::UnknownTeam => "Unknown team",
            Self::NothingLoaded => "Nothing loaded yet",
            Self::StoreUnreachable => "Database unreachable",
            Self::Timeout => "The answer took too long",
            Self::InternalError => "Internal error",
        }
    }

    /// The status, chosen by what the caller can do next.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::UnknownParameter
            | Self::RepeatedParameter
            | Self::UnknownDimension
            | Self::InvalidValue
            | Self::ConflictingParameters
            | Self::LimitExceeded => StatusCode::BAD_REQUEST,
            Self::QueryTooLong => StatusCode::URI_TOO_LONG,
            Self::UnknownPath | Self::PeriodNotLoaded | Self::UnknownTeam => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NothingLoaded | Self::StoreUnreachable | Self::Timeout => StatusCode::SERVICE_UNAVAILABLE,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What happened and what to do about it, for the page about the kind.
    pub(crate) fn explanation(self) -> &'static str {
        match self {
            Self::UnknownParameter => {
                "Parameters are never ignored, so that a typing mistake cannot change a bill. `errors` names the nearest parameter that is known."
            }
            Self::RepeatedParameter => "This parameter has one value. Give it once.",
            Self::UnknownDimension => {
                "Costs are not kept by this name. `errors` lists the dimensions; a tag is written `tag:<key>`."
            }
            Self::InvalidValue => "A value could not be read. `errors` says what would be right.",
            Self::ConflictingParameters => "Give either `period`, or `start` together with `end`.",
            Self::LimitExceeded => "Ask for less at once: fewer dimensions, values or periods.",
            Self::QueryTooLong => "Ask for fewer values at once.",
            Self::UnknownPath => "There is nothing at this path. `/` lists what there is.",
            Self::MethodNotAllowed => "The path exists, the method does not. The `Allow` header lists those that do.",
            Self::PeriodNotLoaded => {
                "No data is published for this time. `loaded_periods` lists the billing periods that are."
            }
            Self::UnknownTeam => "No team of this id owns a cost. `/v1/teams` lists those that do.",
            Self::NothingLoaded => {
                "No billing period has been published yet. Try again after the first refresh; `/v1/status` shows how far it is."
            }
            Self::StoreUnreachable => "The database does not answer. Try again after the time in `Retry-After`.",
            Self::Timeout => "The answer was not ready in time and was given up. Ask for less at once, or try again.",
            Self::InternalError => {
                "This is a mistake in the service. Report the `request_id`: the log has the whole story."
            }
        }
    }

    /// After how many seconds trying again makes sense, where it does.
    pub(crate) fn retry_after_seconds(self) -> Option<u32> {
        match self {
            Self::StoreUnreachable => Some(5),
            Self::NothingLoaded | Self::Timeout => Some(30),
            _ => None,
        }
    }
}

impl Serialize for ProblemKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.type_uri())
    }
}
