use std::net::IpAddr;
use std::sync::Arc;

use access::audit::{AuditAction, AuditEvent};
use access::{Caller, Permission, Persons, Sight};
use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use serde_json::json;
use store::snapshot::{AsOf, Snapshot};

use super::admitted::{client_ip, forbidden, known_caller};
use crate::http::SharedState;
use crate::http::as_of::{not_served, require_past, require_something};
use crate::http::problem::{Problem, ProblemKind, chain};

/// A caller who may read costs. It is the only way from a handler to a snapshot, and the snapshot keeps within its sight.
#[derive(Clone, Debug)]
pub(crate) struct CostReader {
    /// Who.
    pub(crate) caller: Arc<Caller>,
    /// What they may see.
    pub(crate) sight: Sight,
    state: SharedState,
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
        self.written_down(self.state.store.snapshot(self.sight.clone()).await?).await
    }

    /// The same, of the data version that was served then; of the newest, where nothing is said.
    ///
    /// # Errors
    /// As [`Self::snapshot`], and where there is no such version, or it is not kept any more.
    pub(crate) async fn snapshot_as_of(&self, as_of: Option<AsOf>) -> Result<Snapshot, Problem> {
        let Some(as_of) = as_of else { return self.snapshot().await };
        require_past(as_of, self.state.today())?;
        let opened = self.state.store.snapshot_as_of(self.sight.clone(), as_of).await?;
        let snapshot = opened.map_err(|reason| not_served(reason, self.question().as_deref()))?;
        require_something(&snapshot)?;
        self.written_down(snapshot).await
    }

    /// The same, of the data version that a cursor is of, of a question that asks for this one. If it cannot be read it is of
    /// the newest: whoever reads the page must compare.
    ///
    /// # Errors
    /// As [`Self::snapshot`].
    pub(crate) async fn snapshot_of_page(&self, data_version: i64, asked: Option<AsOf>) -> Result<Snapshot, Problem> {
        let as_of = match asked {
            // A day that is over has its version for ever, and periods had come as far as they had come on that day.
            Some(AsOf::EndOf(day)) if day < self.state.today() => AsOf::EndOf(day),
            _ => AsOf::Version(data_version),
        };
        match self.state.store.snapshot_as_of(self.sight.clone(), as_of).await? {
            Ok(snapshot) => self.written_down(snapshot).await,
            Err(_) => self.snapshot().await,
        }
    }

    /// The path and the query that ask the question again; none where a body asks it.
    fn question(&self) -> Option<String> {
        self.asked.is_none().then(|| self.uri.path_and_query().map(ToString::to_string)).flatten()
    }

    /// Whether the caller may see by now what could be seen with this sight.
    ///
    /// # Errors
    /// Where they may see less.
    pub(crate) fn require_sight_of(&self, sight: &Sight) -> Result<(), Problem> {
        let reveals = self.state.gate.is_pseudonymous() && sight.persons == Persons::Named;
        let by_now = if reveals { self.clone().revealing(true)?.sight } else { self.sight.clone() };
        if by_now.extent.contains(&sight.extent) {
            return Ok(());
        }
        let detail = "this holds more of the bill than you may see by now; ask for it anew";
        Err(Problem::new(ProblemKind::Forbidden, detail))
    }

    /// Where something of this sight and data version shows persons who are hidden from others, the audit log has it.
    ///
    /// # Errors
    /// Where the audit log cannot be written.
    pub(crate) async fn note_what_is_shown(&self, sight: &Sight, data_version: i64) -> Result<(), Problem> {
        if self.state.gate.is_pseudonymous() && sight.persons == Persons::Named {
            self.write_down(data_version).await?;
        }
        Ok(())
    }

    async fn written_down(&self, snapshot: Snapshot) -> Result<Snapshot, Problem> {
        self.note_what_is_shown(&self.sight, snapshot.data_version()).await?;
        Ok(snapshot)
    }

    async fn write_down(&self, data_version: i64) -> Result<(), Problem> {
        let event = AuditEvent {
            address: Some(self.address),
            object: Some(self.uri.path().to_owned()),
            extent: self.sight.extent.clone(),
            details: json!({ "query": self.asked.as_deref().or(self.uri.query()), "data_version": data_version }),
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

impl FromRequestParts<SharedState> for CostReader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &SharedState) -> Result<Self, Problem> {
        let caller = known_caller(&parts.extensions)?;
        let sight = state.gate.sight_of(&caller).ok_or_else(|| forbidden(Permission::CostsRead))?;
        let address = client_ip(&parts.extensions);
        Ok(Self { caller, sight, state: state.clone(), address, uri: parts.uri.clone(), asked: None })
    }
}
