//! The formats in which an answer can be had, and which of them a request asks for.
//!
//! `format=` says it, or the `Accept` header where `format=` is left out. What a route does not have is refused with what it
//! has: an answer in another format than the one asked for would be read wrongly.

mod accept;
pub(crate) mod csv;
pub(crate) mod table;

use axum::http::{HeaderMap, HeaderValue, header};

use super::problem::{Problem, ProblemKind};
pub(crate) use accept::{preferences, thousandths, weight_where_named};

/// A format of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// An object with rows, totals, control figures and links.
    Json,
    /// Rows alone, for spreadsheets.
    Csv,
    /// Rows alone, an object on each line.
    Ndjson,
    /// Rows alone, in columns with types.
    Parquet,
}

impl Format {
    /// All of them, in the order in which they are given to whoever takes any.
    pub(crate) const ALL: [Self; 4] = [Self::Json, Self::Csv, Self::Ndjson, Self::Parquet];
    /// Compressed by itself.
    pub(crate) const PARQUET: &'static str = "application/vnd.apache.parquet";
    /// Of lists that are read by people and spreadsheets.
    pub(crate) const TABULAR: [Self; 2] = [Self::Json, Self::Csv];

    /// The word in `format=`, and the end of the name of a file.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// The media type, without parameters.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => Self::PARQUET,
        }
    }

    /// The header `Content-Type`.
    pub(crate) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            other => other.media_type(),
        })
    }

    /// The format that is asked for: as `format=` says, or else as `Accept` does.
    ///
    /// # Errors
    /// Where the route has none that is accepted.
    pub(crate) fn choose(named: Option<Self>, headers: &HeaderMap, offered: &[Self]) -> Result<Self, Problem> {
        let accepted = || preferences(headers).into_iter().find(|format| offered.contains(format));
        named.or_else(accepted).ok_or_else(|| {
            let types: Vec<&str> = offered.iter().map(|format| format.media_type()).collect();
            let detail = format!("the `Accept` header takes none of what can be had here: {}", types.join(", "));
            Problem::new(ProblemKind::NotAcceptable, detail)
        })
    }
}

/// Says of an answer that is a file what it is called.
pub(crate) fn attachment(name: &str, format: Format) -> [(header::HeaderName, HeaderValue); 3] {
    let disposition = format!("attachment; filename=\"{name}.{}\"", format.word());
    // Names are made of routes, periods and ids: nothing in them is refused.
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    [
        (header::CONTENT_TYPE, format.content_type()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::VARY, HeaderValue::from_static("accept")),
    ]
}
