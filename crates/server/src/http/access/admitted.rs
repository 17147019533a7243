//! Callers who may do something, as extractors: a handler that takes one cannot be reached without it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use access::{Caller, Extent, Permission};
use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::request::Parts;

use crate::http::SharedState;
use crate::http::problem::{Problem, ProblemKind};
use crate::listen::client_address::ClientAddress;

/// A caller who has a permission.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    /// Who.
    pub(crate) caller: Arc<Caller>,
    /// Of what they have it.
    pub(crate) extent: Extent,
    /// From where they ask.
    pub(crate) address: IpAddr,
}

impl Admitted {
    /// The caller of a request, who must have this permission in some extent.
    ///
    /// # Errors
    /// Where the caller is not known, or does not have it.
    pub(crate) fn with(parts: &Parts, permission: Permission) -> Result<Self, Problem> {
        let caller = known_caller(&parts.extensions)?;
        let extent = caller.grants.extent(permission).cloned().ok_or_else(|| forbidden(permission))?;
        Ok(Self { caller, extent, address: client_ip(&parts.extensions) })
    }
}

/// Whoever asks, as long as they are known.
///
/// # Errors
/// Where nothing was presented.
pub(super) fn known_caller(extensions: &Extensions) -> Result<Arc<Caller>, Problem> {
    let caller = extensions.get::<Arc<Caller>>().cloned();
    caller.ok_or_else(|| {
        let detail = "send an API key or a token as `Authorization: Bearer …`";
        Problem::new(ProblemKind::Unauthenticated, detail)
    })
}

/// The caller is known and lacks a permission.
pub(crate) fn forbidden(permission: Permission) -> Problem {
    Problem::new(ProblemKind::Forbidden, format!("this takes the permission `{permission}`"))
}

/// From where a request came; this machine where it came over no network.
pub(crate) fn client_ip(extensions: &Extensions) -> IpAddr {
    extensions.get::<ClientAddress>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip)
}

macro_rules! admitted {
    ($($(#[$documentation:meta])* $name:ident: $permission:ident;)+) => {$(
        $(#[$documentation])*
        #[derive(Clone, Debug)]
        pub(crate) struct $name(pub(crate) Admitted);

        impl FromRequestParts<SharedState> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &SharedState) -> Result<Self, Problem> {
                Admitted::with(parts, Permission::$permission).map(Self)
            }
        }
    )+};
}

admitted! {
    /// May make, list and revoke API keys.
    KeysAdmin: KeysAdmin;
    /// May have exports read, which is always for everything.
    RefreshRunner: RefreshRun;
    /// May have webhooks, which are always sent what happens to everything.
    WebhooksAdmin: WebhooksAdmin;
    /// May read the audit log.
    AuditReader: AuditRead;
}
