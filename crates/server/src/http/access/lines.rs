use access::{Permission, Persons, Sight};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use store::snapshot::Snapshot;

use super::admitted::Admitted;
use crate::http::SharedState;
use crate::http::problem::Problem;

/// A caller who may ask for single lines: of what they have `drilldown:run` for, with persons as everybody sees them. Its
/// snapshots keep within that, as those of whoever reads costs do.
#[derive(Clone, Debug)]
pub(crate) struct LineReader {
    /// Who, from where, and of what.
    pub(crate) admitted: Admitted,
    state: SharedState,
}

impl LineReader {
    /// Everything that is served, as far as the caller may ask for its lines.
    ///
    /// # Errors
    /// Where the database fails.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, Problem> {
        let persons = if self.state.gate.is_pseudonymous() { Persons::Pseudonymous } else { Persons::Named };
        Ok(self.state.store.snapshot(Sight { extent: self.admitted.extent.clone(), persons }).await?)
    }
}

impl FromRequestParts<SharedState> for LineReader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &SharedState) -> Result<Self, Problem> {
        let admitted = Admitted::with(parts, Permission::DrilldownRun)?;
        Ok(Self { admitted, state: state.clone() })
    }
}
