//! What a supervisor asks: is the process alive, and can it answer.

use std::time::Duration;

use access::Sight;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::{Store, StoreError};
use utoipa::ToSchema;

use super::SharedState;
use super::documentation::ProbeProblems;
use super::problem::{Problem, ProblemKind, chain};

/// A probe that waits longer than this counts as failed with most supervisors.
const PATIENCE: Duration = Duration::from_secs(5);

/// The answer to a probe.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `alive` or `ready`.
    #[schema(value_type = String, example = "ready")]
    status: &'static str,
}

/// Is the process alive
///
/// Always yes, if it answers at all. Nothing else is looked at: a database that is away is no reason for a restart.
#[utoipa::path(get, path = "/livez", tag = "service", security(()), responses((status = OK, description = "Alive", body = Health)))]
pub(crate) async fn get_livez() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// Can the service answer
///
/// Yes, if the database answers and a billing period is published.
#[utoipa::path(get, path = "/readyz", tag = "service", security(()), responses((status = OK, description = "Ready", body = Health), ProbeProblems))]
pub(crate) async fn get_readyz(State(state): State<SharedState>) -> Result<Json<Health>, Problem> {
    tokio::time::timeout(PATIENCE, state.limits.ready(can_answer(&state.store)))
        .await
        .map_err(|_| Problem::new(ProblemKind::StoreUnreachable, "the database did not answer in time"))??;
    Ok(Json(Health { status: "ready" }))
}

async fn can_answer(store: &Store) -> Result<(), Problem> {
    // Whatever is wrong with the database, a probe hears that the service is not ready, not that it is broken.
    let silent = |error: StoreError| {
        Problem::new(ProblemKind::StoreUnreachable, "the database does not answer").with_cause(chain(&error))
    };
    // What is served may be known without asking the database, and most questions need it all the same.
    store.ping().await.map_err(silent)?;
    let snapshot = store.snapshot(Sight::of_everything()).await.map_err(silent)?;
    if snapshot.periods().is_empty() {
        return Err(Problem::nothing_loaded());
    }
    Ok(())
}
