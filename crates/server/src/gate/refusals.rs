//! Refusals leave a trace, but whoever is refused a million times must not fill the audit log.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use access::audit::{AuditAction, AuditEvent};
use access::{Caller, CallerKind, Grants};
use chrono::{DateTime, Utc};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde_json::json;
use store::Store;

/// Entries that one instance writes in a minute; the next entry says how many were left out.
const ENTRIES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("not zero");

/// Writes down in the audit log that credentials were not accepted, or that somebody asked for what they may not do.
#[derive(Debug)]
pub struct RefusalTrace {
    limiter: DefaultDirectRateLimiter,
    left_out: AtomicU64,
}

impl RefusalTrace {
    pub(super) fn new() -> Self {
        Self { limiter: RateLimiter::direct(Quota::per_minute(ENTRIES_PER_MINUTE)), left_out: AtomicU64::new(0) }
    }

    /// Writes down that credentials were not accepted, or counts it where there are too many refusals. The credentials
    /// themselves are written nowhere.
    pub async fn record(&self, store: &Store, reason: &str, path: &str, address: IpAddr, now: DateTime<Utc>) {
        let nobody = Caller {
            kind: CallerKind::Anonymous,
            id: "unknown".to_owned(),
            name: "unknown".to_owned(),
            grants: Grants::default(),
        };
        self.write(store, AuditEvent::new(now, AuditAction::SignInRefused, &nobody), reason, path, address).await;
    }

    /// Writes down that a caller asked for something that they may not do, or counts it likewise.
    pub async fn record_forbidden(
        &self,
        store: &Store,
        caller: &Caller,
        reason: &str,
        path: &str,
        address: IpAddr,
        now: DateTime<Utc>,
    ) {
        self.write(store, AuditEvent::new(now, AuditAction::AccessRefused, caller), reason, path, address).await;
    }

    async fn write(&self, store: &Store, event: AuditEvent, reason: &str, path: &str, address: IpAddr) {
        if self.limiter.check().is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        let event = AuditEvent {
            address: Some(address),
            object: Some(path.to_owned()),
            details: json!({ "reason": reason, "left_out_before": left_out }),
            ..event
        };
        if let Err(error) = store.record(&event).await {
            tracing::error!(%error, reason, "a refusal could not be written to the audit log");
        }
    }
}
