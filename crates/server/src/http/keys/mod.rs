//! API keys: made, listed, replaced and revoked by whoever has `keys:admin`, within what they have it for.
//!
//! The text of a key is in one answer, the one that makes it, and nowhere else. Nobody gives away more than they have, and
//! a key that allows something outside the caller's extent does not exist for them.

mod create;
mod document;
mod get;
mod grants;
mod list;
mod revoke;
mod rotate;
mod schema;

use access::{Caller, Extent, Grants};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use uuid::Uuid;

use super::grammar::shown;
use super::problem::{Problem, ProblemKind};
pub(crate) use create::{__path_create_key, create_key};
pub(crate) use document::{ApiKey, NO_STORE};
pub(crate) use get::{__path_get_key, get_key};
pub(crate) use list::{__path_list_keys, list_keys};
pub(crate) use revoke::{__path_revoke_key, revoke_key};
pub(crate) use rotate::{__path_rotate_key, rotate_key};

/// The id in a path. What is no id names no key.
fn key_id(path: Result<Path<String>, PathRejection>) -> Result<Uuid, Problem> {
    let Path(text) = path?;
    let id = Uuid::try_parse(&text).ok().filter(|id| id.to_string() == text);
    id.ok_or_else(|| unknown(&text))
}

fn unknown(id: &str) -> Problem {
    let detail = format!("there is no API key `{}`; `/v1/keys` lists those that there are", shown(id));
    Problem::about("id", ProblemKind::UnknownKey, detail)
}

/// Whether a caller may make a key with these grants: they must have them all, and be able to see and revoke the key.
fn may_give(caller: &Caller, extent: &Extent, grants: &Grants) -> Result<(), Problem> {
    let stays_in_sight = grants.iter().all(|(_, of)| extent.contains(of));
    if stays_in_sight && caller.grants.contain(grants) {
        return Ok(());
    }
    let detail = "a key cannot allow more than whoever makes it may do; `/v1/me` lists what you may do";
    Err(Problem::new(ProblemKind::Forbidden, detail))
}
