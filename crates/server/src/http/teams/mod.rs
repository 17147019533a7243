//! Teams: who owns cost, how much, and why.

mod get;
mod list;
mod showback;

use store::StoreError;
use store::snapshot::{CostBasis, CostQuestion, Dimension, Scope, Snapshot, Team};

use super::as_of::in_version_of;
use super::grammar::{nearest, shown};
use super::problem::{Problem, ProblemKind};
use super::showback::lines_with;
pub(crate) use get::{__path_get_team, get_team};
pub(crate) use list::{__path_list_teams, list_teams};
pub(crate) use showback::{__path_get_team_showback, get_team_showback};

/// The team of what no rule claims. It exists even where it owns nothing: a dashboard may poll it in a good month.
const UNATTRIBUTED: &str = "unattributed";

/// The team of this id.
///
/// # Errors
/// Where none is known, with the nearest id.
async fn find_team(snapshot: &mut Snapshot, slug: &str) -> Result<Team, Problem> {
    if let Some(team) = snapshot.team(slug).await? {
        return Ok(team);
    }
    if slug == UNATTRIBUTED {
        return Ok(Team { slug: slug.to_owned(), name: "Unattributed".to_owned() });
    }
    if snapshot.periods().is_empty() {
        return Err(Problem::nothing_loaded());
    }
    let teams = snapshot.teams().await?;
    let nearest = nearest(slug, teams.iter().map(|team| team.slug.as_str()));
    let then = in_version_of(snapshot);
    let detail = format!("no team `{}` owns a cost{then}; `/v1/teams` lists those that do", shown(slug));
    Err(Problem::about("team", ProblemKind::UnknownTeam, detail).with_suggestion(nearest))
}

/// The question about everything that one team owns, in no division.
fn question_about(team: &Team, scope: Scope, cost: CostBasis) -> CostQuestion {
    lines_with(Dimension::Team, &team.slug, scope, cost)
}

type StoreResult<T> = Result<T, StoreError>;
