//! Cost files: tables of costs that are too large to wait for.
//!
//! A file is a resource: it is asked for as `/v1/costs:query` is, written by a job, and then fetched as often as one likes, in
//! pieces if one likes. It belongs to whoever asked, is of one data version, and holds what its caller might see when they
//! asked; whoever may see less by now is not given it.

mod content;
mod create;
mod desk;
mod document;
mod list;
mod one;
mod range;
mod runner;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use store::cost_files::CostFileRecord;
use uuid::Uuid;

use super::SharedState;
use super::access::CostReader;
use super::grammar::shown;
use super::problem::{Problem, ProblemKind};
pub(crate) use content::{__path_get_cost_file_content, get_cost_file_content};
pub(crate) use create::{__path_create_cost_file, create_cost_file};
pub use desk::CostFileDesk;
pub(crate) use list::{__path_list_cost_files, list_cost_files};
pub(crate) use one::{__path_delete_cost_file, __path_get_cost_file, delete_cost_file, get_cost_file};
pub use runner::CostFileRunner;

const PATH: &str = "/v1/cost-files";

fn path_of(id: Uuid) -> String {
    format!("{PATH}/{id}")
}

/// The id in a path. What is no id names no file.
fn cost_file_id(path: Result<Path<String>, PathRejection>) -> Result<Uuid, Problem> {
    let Path(text) = path?;
    let id = Uuid::try_parse(&text).ok().filter(|id| id.to_string() == text);
    id.ok_or_else(|| unknown(&text))
}

fn unknown(id: &str) -> Problem {
    let detail = format!("there is no cost file `{}` of yours; a `POST` to `{PATH}` makes one", shown(id));
    Problem::about("id", ProblemKind::UnknownCostFile, detail)
}

/// The file of this id, where it is the reader's.
async fn find(state: &SharedState, reader: &CostReader, id: Uuid) -> Result<CostFileRecord, Problem> {
    let record = state.store.cost_file(id, &reader.caller, state.clock.now()).await?;
    record.ok_or_else(|| unknown(&id.to_string()))
}
