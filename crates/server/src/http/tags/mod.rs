//! Cost allocation tags: how much of the bill carries which, and what a value costs.
//!
//! In a path a key is written as in `tag:<key>` (`cost-center`, `resourceTags/team`), percent-encoded as one segment: a slash
//! is `%2F`. A value likewise.

mod list;
mod showback;
mod values;

use bill::tags::TagKey;
use bill::{Amount, BillingPeriod};
use store::snapshot::Snapshot;

use super::as_of::in_version_of;
use super::grammar::{nearest, shown};
use super::problem::{Problem, ProblemKind};
pub(crate) use list::{__path_list_tags, TagKeyCosts, list_tags, tag_costs};
pub(crate) use showback::{__path_get_tag_showback, get_tag_showback};
pub(crate) use values::{__path_list_tag_values, list_tag_values};

/// The key of a tag, as a path names it.
///
/// # Errors
/// Where the text can be no key.
fn key_in_path(text: &str) -> Result<TagKey, Problem> {
    // The database cannot hold the character NUL, so that no key of the bill has it.
    let key = text.parse::<TagKey>().ok().filter(|_| !text.contains('\0'));
    key.ok_or_else(|| {
        let detail =
            format!("`{}` is no key of a tag; write one such as cost-center, or resourceTags/cost-center", shown(text));
        Problem::about("key", ProblemKind::UnknownTag, detail)
    })
}

/// Makes sure that a key is on any line in sight, of this period or of any other.
///
/// # Errors
/// Where it is on none, with the nearest key.
async fn require_known(snapshot: &mut Snapshot, key: &TagKey, period: BillingPeriod) -> Result<(), Problem> {
    if snapshot.tag_keys(&[period]).await?.contains(key) {
        return Ok(());
    }
    let periods = snapshot.periods().to_vec();
    let keys = snapshot.tag_keys(&periods).await?;
    if keys.contains(key) {
        return Ok(());
    }
    let (key, keys) = (key.to_string(), keys.iter().map(TagKey::to_string).collect::<Vec<_>>());
    let nearest = nearest(&key, keys.iter().map(String::as_str));
    let then = in_version_of(snapshot);
    let detail = format!("no line carries a tag `{}`{then}; `/v1/tags` lists the keys", shown(&key));
    Err(Problem::about("key", ProblemKind::UnknownTag, detail).with_suggestion(nearest))
}

/// A part in percent of a whole; null where that is nothing.
fn share(part: Amount, whole: Option<Amount>) -> Option<Amount> {
    part.percent_of(whole?)
}
