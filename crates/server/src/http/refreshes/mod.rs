//! Refreshes: asked for by whoever has `refresh:run`, done by one instance, watched from every one.
//!
//! What a refresh came to and why one failed may quote any line of the bill, so that it is told to those only who see all of
//! it; that there was one, how far it is and what it cost to whoever may ask for one.

mod create;
mod document;
mod get;
mod list;

use access::Caller;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use uuid::Uuid;

use super::SharedState;
use super::grammar::shown;
use super::problem::{Problem, ProblemKind};
pub(crate) use create::{__path_create_refresh, create_refresh};
pub(crate) use get::{__path_get_refresh, get_refresh};
pub(crate) use list::{__path_list_refreshes, list_refreshes};

const PATH: &str = "/v1/refreshes";

fn path_of(refresh_id: Uuid) -> String {
    format!("{PATH}/{refresh_id}")
}

/// The id in a path. What is no id names no refresh.
fn refresh_id(path: Result<Path<String>, PathRejection>) -> Result<Uuid, Problem> {
    let Path(text) = path?;
    let id = Uuid::try_parse(&text).ok().filter(|id| id.to_string() == text);
    id.ok_or_else(|| unknown(&text))
}

fn unknown(id: &str) -> Problem {
    let detail = format!("there is no refresh `{}`; `/v1/refreshes` lists those that are kept", shown(id));
    Problem::about("id", ProblemKind::UnknownRefresh, detail)
}

/// Whether a caller may be told what is counted over, or quoted from, the whole bill.
pub(super) fn sees_the_whole_bill(state: &SharedState, caller: &Caller) -> bool {
    state.gate.sight_of(caller).is_some_and(|sight| sight.is_whole())
}
