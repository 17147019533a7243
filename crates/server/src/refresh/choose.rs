//! Which deliveries are read: what is served already costs nothing, and what failed is not asked again at every look.

use bill::BillingPeriod;
use chrono::{DateTime, TimeDelta, Utc};
use engine::Manifest;
use store::loads::KnownDelivery;

use super::RefreshRequest;

/// How long an older month that could not be read is left alone, unless AWS delivers it anew or somebody asks.
const SPARED: TimeDelta = TimeDelta::days(1);

/// What is to be done about a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Read it.
    Read,
    /// It is served already, as this version.
    Unchanged(i32),
    /// Nothing: it could not be read before, or this refresh has published it already.
    Leave,
}

pub(super) fn choose(
    manifest: &Manifest,
    request: &RefreshRequest,
    known: &[KnownDelivery],
    now: DateTime<Utc>,
) -> Choice {
    if request.published.contains(&(manifest.export.clone(), manifest.period)) {
        return Choice::Leave;
    }
    let of_period = || known.iter().filter(|known| known.period == manifest.period);
    // What an interrupted refresh has left is cleared away by reading the period.
    if request.force || of_period().any(|known| known.has_leftovers) {
        return Choice::Read;
    }
    let mut same = of_period().filter(|known| known.manifest_identity == manifest.identity);
    if let Some(served) = same.clone().find(|known| known.failed_at.is_none() && !known.has_leftovers) {
        return Choice::Unchanged(served.version);
    }
    let spared = |failed_at: DateTime<Utc>| now - failed_at < SPARED;
    let has_failed = same.any(|known| known.failed_at.is_some_and(spared));
    if request.automatic && has_failed && is_older(manifest.period, now) { Choice::Leave } else { Choice::Read }
}

/// Whether a period is neither the open month nor the last one.
fn is_older(period: BillingPeriod, now: DateTime<Utc>) -> bool {
    period < BillingPeriod::containing(now.date_naive()).previous()
}
