//! When the provider may be asked. Pure: moments are arguments.

use std::time::Duration;

use tokio::time::Instant;

use crate::Pacing;

/// Why somebody wants to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing is known yet.
    Nothing,
    /// What is known has grown old.
    Age,
    /// A token is signed with a key that is not known. Anybody can make such tokens.
    UnknownKey,
}

/// What came of the requests so far.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    failures: u32,
    ended: Option<Instant>,
    for_unknown_key: Option<Instant>,
}

impl Attempts {
    pub(crate) fn allow(&self, need: Need, now: Instant, pacing: &Pacing) -> bool {
        let has_passed = |since: Option<Instant>, pause: Duration| since.is_none_or(|since| now >= since + pause);
        let is_quiet = need != Need::UnknownKey || has_passed(self.for_unknown_key, pacing.unknown_key);
        is_quiet && has_passed(self.ended, self.pause(pacing))
    }

    /// None after a success, then doubling.
    fn pause(&self, pacing: &Pacing) -> Duration {
        match self.failures {
            0 => Duration::ZERO,
            failures => pacing.first_retry.saturating_mul(1 << (failures - 1).min(20)).min(pacing.longest_retry),
        }
    }

    pub(crate) fn begin(&mut self, need: Need, now: Instant) {
        if need == Need::UnknownKey {
            self.for_unknown_key = Some(now);
        }
    }

    pub(crate) fn end(&mut self, is_success: bool, now: Instant) {
        self.failures = if is_success { 0 } else { self.failures.saturating_add(1) };
        self.ended = Some(now);
    }

    /// Whether the last request failed.
    pub(crate) fn are_failing(&self) -> bool {
        self.failures > 0
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn unknown_keys_ask_once_in_ten_seconds() {
        let (start, pacing) = (Instant::now(), Pacing::default());
        let mut attempts = Attempts::default();
        assert!(attempts.allow(Need::UnknownKey, start, &pacing));
        attempts.begin(Need::UnknownKey, start);
        attempts.end(true, start + SECOND);
        assert!(!attempts.allow(Need::UnknownKey, start + 9 * SECOND, &pacing));
        assert!(attempts.allow(Need::Age, start + SECOND, &pacing), "age has its own reason");
        assert!(attempts.allow(Need::UnknownKey, start + 10 * SECOND, &pacing));
    }

    #[test]
    fn the_first_reading_does_not_stand_in_the_way_of_a_rotated_key() {
        let (start, pacing) = (Instant::now(), Pacing::default());
        let mut attempts = Attempts::default();
        attempts.begin(Need::Nothing, start);
        attempts.end(true, start);
        assert!(attempts.allow(Need::UnknownKey, start, &pacing));
    }

    #[test]
    fn failures_make_the_pause_grow_up_to_a_minute() {
        let (mut now, pacing) = (Instant::now(), Pacing::default());
        let mut attempts = Attempts::default();
        for pause in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            attempts.begin(Need::Nothing, now);
            attempts.end(false, now);
            assert!(!attempts.allow(Need::Nothing, now + pause * SECOND - SECOND / 2, &pacing), "{pause}");
            now += pause * SECOND;
            assert!(attempts.allow(Need::Nothing, now, &pacing), "{pause}");
        }
        attempts.end(true, now);
        assert!(!attempts.are_failing() && attempts.allow(Need::Age, now, &pacing));
    }

    #[test]
    fn after_failures_unknown_keys_wait_for_both_pauses() {
        let (start, pacing) = (Instant::now(), Pacing::default());
        let mut attempts = Attempts::default();
        for _ in 0..5 {
            attempts.end(false, start);
        }
        attempts.begin(Need::UnknownKey, start);
        assert!(!attempts.allow(Need::UnknownKey, start + 12 * SECOND, &pacing), "16 s after the fifth failure");
        assert!(attempts.allow(Need::UnknownKey, start + 16 * SECOND, &pacing));
    }

    #[test]
    fn a_year_of_failures_does_not_overflow() {
        let (start, pacing) = (Instant::now(), Pacing::default());
        let attempts = Attempts { failures: u32::MAX, ended: Some(start), for_unknown_key: None };
        assert!(attempts.allow(Need::Age, start + pacing.longest_retry, &pacing));
    }
}
