use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;

/// `[drilldown]`: the single lines that figures are made of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DrilldownConfig {
    /// Lines at most.
    pub max_rows: NonZeroU32,
    /// What the lines of one question may take in the database, in bytes, about.
    pub max_bytes: u64,
    /// Questions that are put at a time by this instance, and the most that one caller may have unfinished.
    pub at_once: NonZeroU32,
    /// Drill-downs that each caller may ask for in a day.
    pub per_day: NonZeroU32,
    /// How long lines are kept, such as `24h` or `7d`; never longer than the version of the month that they are about is served.
    #[serde(with = "humantime_serde")]
    pub keep: Duration,
}

impl Default for DrilldownConfig {
    fn default() -> Self {
        const {
            Self {
                max_rows: n(100_000),
                max_bytes: 64 * 1024 * 1024,
                at_once: n(2),
                per_day: n(100),
                keep: Duration::from_secs(24 * 60 * 60),
            }
        }
    }
}

/// Called with constants while this is compiled: a zero is an error of the compiler.
const fn n(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("not zero")
}
