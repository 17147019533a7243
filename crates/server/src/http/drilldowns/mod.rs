//! Drill-downs: the single lines that a figure is made of.
//!
//! A drill-down is a resource: it is asked for, its lines are fetched from the export by a job ([`crate::drilldowns`]), and then
//! they are read here as often as one likes. It belongs to whoever asked; its lines are those that they may see, and it is about
//! one version of one month: when that is not served any more, neither is it.

mod asked;
mod body;
mod create;
mod csv;
mod delete;
mod document;
mod get;
mod line;
mod rows;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use store::drilldowns::{DrilldownRecord, SetState};
use store::snapshot::{LineQuestion, LoadVersion, Snapshot};
use uuid::Uuid;

use self::asked::Asked;
use super::SharedState;
use super::access::LineReader;
use super::grammar::shown;
use super::problem::{Problem, ProblemKind};
pub(crate) use create::{__path_create_drilldown, create_drilldown};
pub(crate) use delete::{__path_delete_drilldown, delete_drilldown};
pub(crate) use get::{__path_get_drilldown, get_drilldown};
pub(crate) use rows::{__path_list_drilldown_rows, list_drilldown_rows};

/// The id in a path. What is no id names no drill-down.
fn drilldown_id(path: Result<Path<String>, PathRejection>) -> Result<Uuid, Problem> {
    let Path(text) = path?;
    let id = Uuid::try_parse(&text).ok().filter(|id| id.to_string() == text);
    id.ok_or_else(|| unknown(&text))
}

fn unknown(id: &str) -> Problem {
    let detail = format!("there is no drill-down `{}` of yours; a `POST` to `/v1/drilldowns` makes one", shown(id));
    Problem::about("id", ProblemKind::UnknownDrilldown, detail)
}

fn path_of(id: Uuid) -> String {
    format!("/v1/drilldowns/{id}")
}

/// A drill-down with what is served of its month.
struct Opened {
    record: DrilldownRecord,
    asked: Asked,
    question: LineQuestion,
    snapshot: Snapshot,
    /// The version that it is about, where that is still served.
    load: Option<LoadVersion>,
}

impl Opened {
    /// Opens a drill-down of the caller's.
    ///
    /// # Errors
    /// Where there is none of this id, or the database fails.
    async fn new(state: &SharedState, reader: &LineReader, id: Uuid) -> Result<Self, Problem> {
        let record = state.store.drilldown(id, &reader.admitted.caller).await?;
        let record = record.ok_or_else(|| unknown(&id.to_string()))?;
        let asked = Asked::read_back(&record.question)?;
        let question = asked.question();
        let mut snapshot = reader.snapshot().await?;
        let served = snapshot.keep_to(&asked.export, asked.period);
        let load = served.filter(|(load_id, _)| record.load_id == Some(*load_id)).map(|(_, load)| load);
        let mut opened = Self { record, asked, question, snapshot, load };
        if opened.is_about_other_rules().await? {
            opened.load = None;
        }
        Ok(opened)
    }

    /// Where only a part of the lines was fetched, other rules make it another part.
    async fn is_about_other_rules(&mut self) -> Result<bool, Problem> {
        if self.load.is_none() {
            return Ok(false);
        }
        if self.record.state == Some(SetState::Complete) && self.record.set_id.is_none() {
            return Ok(self.snapshot.line_items(&self.question).await? > 0);
        }
        Ok(self.record.ownership_id.is_some_and(|rules| rules != self.snapshot.ownership_version()))
    }

    /// How far it has come; `None` where what it is about is not served any more.
    fn state(&self) -> Option<SetState> {
        self.load.as_ref().and(self.record.state)
    }

    /// The set to be read. No set has the number 0: nothing is in it.
    fn set_id(&self) -> i64 {
        self.record.set_id.unwrap_or(0)
    }

    /// Why the lines could not be fetched. Whoever sees a part of the bill is not told what may be about the rest of it.
    fn failure(&self) -> Option<String> {
        let failure = self.record.failure.clone()?;
        if self.snapshot.sight().is_whole() {
            return Some(failure);
        }
        Some("the lines could not be fetched; the log of the service says why".to_owned())
    }

    /// Whether the lines can be read.
    ///
    /// # Errors
    /// Where they cannot, with the reason.
    fn require_complete(&self) -> Result<(), Problem> {
        match self.state() {
            Some(SetState::Complete) => Ok(()),
            Some(SetState::Queued | SetState::Running) => {
                let detail = "the lines are being fetched; the drill-down tells when they are there";
                Err(Problem::new(ProblemKind::DrilldownNotComplete, detail))
            }
            Some(SetState::Failed) => {
                let failure = self.failure().unwrap_or_default();
                Err(Problem::new(ProblemKind::DrilldownFailed, failure))
            }
            None => {
                let detail = format!(
                    "the version of {} that this was about is not served any more; ask again",
                    self.asked.period
                );
                Err(Problem::new(ProblemKind::DrilldownOutdated, detail))
            }
        }
    }
}
