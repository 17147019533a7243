//! How fresh what is served is, and how refreshes ended on whichever instance did them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use store::refreshes::RefreshPart;

use crate::refresh::board::RefreshOutcome;

/// How long the newest manifest that was found waits to be served; nothing where it is served. `served` is when the manifest
/// was written that is.
pub(super) fn behind(part: &RefreshPart, served: Option<DateTime<Utc>>, now: DateTime<Utc>) -> TimeDelta {
    let waits =
        |found: &DateTime<Utc>| part.result.as_deref() == Some("failed") && served.is_none_or(|served| served < *found);
    part.manifest_written_at.filter(waits).map_or(TimeDelta::zero(), |found| (now - found).max(TimeDelta::zero()))
}

/// How the last refreshes ended: what the store has of every instance, and what this one knows that is later.
pub(super) fn outcomes(parts: &[RefreshPart], of_this_process: Vec<RefreshOutcome>) -> Vec<RefreshOutcome> {
    let mut latest: BTreeMap<(String, String), RefreshOutcome> =
        parts.iter().filter_map(outcome).map(|outcome| (key(&outcome), outcome)).collect();
    for outcome in of_this_process {
        let is_later = |kept: &RefreshOutcome| outcome.at > kept.at;
        // That an export as a whole could not be read is over when another instance has read it since.
        let is_over = outcome.period.is_empty()
            && latest.values().any(|kept| kept.export == outcome.export && kept.at > outcome.at);
        if latest.get(&key(&outcome)).map_or(!is_over, is_later) {
            latest.insert(key(&outcome), outcome);
        }
    }
    latest.into_values().collect()
}

fn key(outcome: &RefreshOutcome) -> (String, String) {
    (outcome.export.clone(), outcome.period.clone())
}

fn outcome(part: &RefreshPart) -> Option<RefreshOutcome> {
    let result = part.result.as_deref()?;
    Some(RefreshOutcome {
        export: part.export.clone(),
        period: part.period.map(|period| period.to_string()).unwrap_or_default(),
        result: ["published", "unchanged", "failed"].into_iter().find(|known| *known == result)?,
        message: part.message.clone().unwrap_or_default(),
        at: part.finished_at?,
    })
}
