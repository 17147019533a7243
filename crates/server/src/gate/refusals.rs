//! Refused credentials leave a trace, but whoever sends millions of them must not fill the audit log.

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

/// Writes refused credentials down in the audit log.
#[derive(Debug)]
pub struct RefusalTrace {
    limiter: DefaultDirectRateLimiter,
    left_out: AtomicU64,
}

impl RefusalTrace {
    pub(super) fn new() -> Self {
        Self { limiter: RateLimiter::direct(Quota::per_minute(ENTRIES_PER_MINUTE)), left_out: AtomicU64::new(0) }
    }

    /// Writes one down, or counts it where there are too many. The credentials themselves are written nowhere.
    pub async fn record(&self, store: &Store, reason: &str, path: &str, address: IpAddr, now: DateTime<Utc>) {
        if self.limiter.check().is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        let nobody = Caller {
            kind: CallerKind::Anonymous,
            id: "unknown".to_owned(),
            name: "unknown".to_owned(),
            grants: Grants::default(),
        };
        let event = AuditEvent {
            address: Some(address),
            object: Some(path.to_owned()),
            details: json!({ "reason": reason, "left_out_before": left_out }),
            ..AuditEvent::new(now, AuditAction::SignInRefused, &nobody)
        };
        if let Err(error) = store.record(&event).await {
            tracing::error!(%error, reason, "refused credentials could not be written to the audit log");
        }
    }
}
