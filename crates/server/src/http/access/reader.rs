use std::net::IpAddr;
use std::sync::Arc;

use access::audit::{AuditAction, AuditEvent};
use access::{Caller, Permission, Persons, Sight};
use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use serde_json::json;
use store::snapshot::Snapshot;

use super::admitted::{client_ip, forbidden, known_caller};
use crate::http::ApiState;
use crate::http::problem::{Problem, ProblemKind, chain};

/// A caller who may read costs. It is the only way from a handler to a snapshot, and the snapshot keeps within its sight.
#[derive(Clone, Debug)]
pub(crate) struct CostReader {
    /// Who.
    pub(crate) caller: Arc<Caller>,
    /// What they may see.
    pub(crate) sight: Sight,
    state: ApiState,
    /// From where they ask.
    pub(crate) address: IpAddr,
    uri: Uri,
    /// What was asked, where the query string does not say it.
    asked: Option<String>,
}

impl CostReader {
    /// The same reader, who asks by a body what this query string asks.
    pub(crate) fn asking(self, query: String) -> Self {
        Self { asked: Some(query), ..self }
    }

    /// The same reader, who sees the persons behind pseudonyms if that is asked for. Where there are no pseudonyms it makes
    /// no difference.
    ///
    /// # Errors
    /// Where the caller may not reveal all that they see.
    pub(crate) fn revealing(mut self, reveal: bool) -> Result<Self, Problem> {
        if reveal && self.state.gate.is_pseudonymous() {
            let sight = self.state.gate.revealing_sight_of(&self.caller);
            self.sight = sight.ok_or_else(|| forbidden(Permission::IdentityReveal))?;
        }
        Ok(self)
    }

    /// Everything that is served, as far as the caller may see it. Where that shows persons who are hidden from others, the
    /// audit log has it before anything is read.
    ///
    /// # Errors
    /// Where the database fails, or the audit log cannot be written.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, Problem> {
        let snapshot = self.state.store.snapshot(self.sight.clone()).await?;
        if self.state.gate.is_pseudonymous() && self.sight.persons == Persons::Named {
            self.write_down(&snapshot).await?;
        }
        Ok(snapshot)
    }

    async fn write_down(&self, snapshot: &Snapshot) -> Result<(), Problem> {
        let event = AuditEvent {
            address: Some(self.address),
            object: Some(self.uri.path().to_owned()),
            extent: self.sight.extent.clone(),
            details: json!({ "query": self.asked.as_deref().or(self.uri.query()), "data_version": snapshot.data_version() }),
            ..AuditEvent::new(self.state.clock.now(), AuditAction::IdentityRevealed, &self.caller)
        };
        let written = self.state.store.record(&event).await;
        written.map(drop).map_err(|error| {
            let detail =
                "persons are shown only with an entry in the audit log, which cannot be written for the moment";
            Problem::new(ProblemKind::StoreUnreachable, detail).with_cause(chain(&error))
        })
    }
}

impl FromRequestParts<ApiState> for CostReader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let caller = known_caller(&parts.extensions)?;
        let sight = state.gate.sight_of(&caller).ok_or_else(|| forbidden(Permission::CostsRead))?;
        let address = client_ip(&parts.extensions);
        Ok(Self { caller, sight, state: state.clone(), address, uri: parts.uri.clone(), asked: None })
    }
}
