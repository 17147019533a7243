//! Costs as rows alone: CSV, NDJSON and Parquet, sent as the database finds them, in bounded memory and however many there are.
//!
//! What an answer says about itself stands in headers ([`Told`]), so that it is not mixed into the rows. Where something
//! fails on the way, the connection is cut: a part must not look like the whole.

mod body;
mod columns;
mod csv;
mod ndjson;
mod parquet;

use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use store::snapshot::{ArrangedRow, Arrangement, CostQuestion, Scope, Snapshot};

pub(crate) use self::body::Written;
use super::answer::{ControlFigures, Meta, Told};
use super::conditional::Versioned;
use super::format::{Format, attachment};
use super::problem::{Problem, ProblemKind};
use crate::limits::Limits;

/// How long the first rows are waited for: what fails until then is told as a problem. After that the answer begins.
const PATIENCE: Duration = Duration::from_secs(10);
/// The rows of a day or a month that are held in memory to be added up: 30 MB.
const HELD_ROWS: usize = 200_000;

/// Writes rows in one format.
trait Encoder: Send {
    /// The next rows, and at the beginning what stands before them.
    fn rows(&mut self, rows: Vec<ArrangedRow>) -> Result<Vec<u8>, BoxError>;

    /// What stands after the last row.
    fn end(&mut self) -> Result<Vec<u8>, BoxError>;
}

/// What is to be sent, or kept.
pub(crate) struct Export {
    /// What everything is read from.
    pub(crate) snapshot: Snapshot,
    /// Which rows.
    pub(crate) question: CostQuestion,
    /// How they are arranged.
    pub(crate) arrangement: Arrangement,
    /// In which format.
    pub(crate) format: Format,
    /// What is said about it.
    pub(crate) meta: Meta,
    /// The figures that it belongs to.
    pub(crate) control: Vec<ControlFigures>,
    /// Where all that is said as JSON, where that can be asked for by GET.
    pub(crate) described_by: Option<String>,
}

impl Export {
    /// The answer to a request by this method; nothing is read where the body is not asked for.
    ///
    /// # Errors
    /// Where the database fails before the first row, or as many exports are sent as may be.
    pub(crate) async fn answer(self, method: &Method, limits: &Limits) -> Result<Response, Problem> {
        let (headers, name, format) = (self.told().headers(), self.name(), self.format);
        let version = Versioned::of(&self.snapshot, ());
        let body = if method == Method::HEAD {
            Body::from_stream(futures::stream::empty::<Result<Vec<u8>, BoxError>>())
        } else {
            let place = limits.begin_export().ok_or_else(|| {
                let detail = "as many exports are sent as the service can; try again when one of them has ended";
                Problem::new(ProblemKind::Overloaded, detail)
            })?;
            let mut rows = self.written().await?;
            // What fails now can still be said.
            tokio::time::timeout(PATIENCE, rows.begin()).await.unwrap_or(Ok(()))?;
            rows.into_body(place)
        };
        Ok(version.sent_as(|()| (attachment(&name, format), headers, body).into_response()))
    }

    /// What is said about it.
    pub(crate) fn told(&self) -> Told<'_> {
        Told { meta: &self.meta, control: &self.control, described_by: self.described_by.as_deref(), next: None }
    }

    /// `costs-2026-10`, without the end that says the format.
    pub(crate) fn name(&self) -> String {
        match &self.question.scope {
            Scope::Periods(periods) => match (periods.iter().min(), periods.iter().max()) {
                (Some(first), Some(last)) if first != last => format!("costs-{first}-to-{last}"),
                (Some(only), _) => format!("costs-{only}"),
                (None, _) => "costs".to_owned(),
            },
            Scope::UsageDates { start, end } => format!("costs-{start}-to-before-{end}"),
        }
    }

    /// Its bytes, as they are written.
    ///
    /// # Errors
    /// Where the database fails.
    pub(crate) async fn written(self) -> Result<Written, Problem> {
        let encoder: Box<dyn Encoder> = match self.format {
            Format::Csv => Box::new(csv::CsvEncoder::new(&self.question, &self.arrangement)),
            Format::Parquet => Box::new(
                parquet::ParquetEncoder::new(&self.question, &self.arrangement, self.told().in_file())
                    .map_err(broken)?,
            ),
            // JSON that is sent as it is read is this.
            Format::Ndjson | Format::Json => Box::new(ndjson::NdjsonEncoder::new(&self.question)),
        };
        Ok(Written::new(self.snapshot.into_cost_stream(self.question, self.arrangement, HELD_ROWS).await?, encoder))
    }
}

fn broken(error: BoxError) -> Problem {
    Problem::new(ProblemKind::InternalError, "the answer could not be begun").with_cause(error.to_string())
}
