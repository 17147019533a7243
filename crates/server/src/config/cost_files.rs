use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;

/// `[cost_files]`: tables of costs that are too large to wait for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CostFilesConfig {
    /// The longest file, in bytes.
    pub max_bytes: u64,
    /// Files that are written at a time by this instance, and the most that one caller may have unfinished.
    pub at_once: NonZeroU32,
    /// Files that each caller may ask for in a day.
    pub per_day: NonZeroU32,
    /// How long files are kept, such as `24h` or `7d`.
    #[serde(with = "humantime_serde")]
    pub keep: Duration,
}

impl Default for CostFilesConfig {
    fn default() -> Self {
        const { Self { max_bytes: 4 << 30, at_once: n(2), per_day: n(50), keep: Duration::from_secs(24 * 60 * 60) } }
    }
}

/// Called with constants while this is compiled: a zero is an error of the compiler.
const fn n(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("not zero")
}
