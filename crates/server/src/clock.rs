//! The only place that reads the clock.

use chrono::{DateTime, Utc};

/// Where the current time comes from.
#[derive(Clone, Copy, Debug, Default)]
pub enum Clock {
    /// The machine's clock, in UTC.
    #[default]
    System,
    /// Always this instant: for tests and for documents that must not change from day to day.
    Fixed(DateTime<Utc>),
}

impl Clock {
    /// The current time.
    pub fn now(self) -> DateTime<Utc> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one source of the current time")]
            Self::System => Utc::now(),
            Self::Fixed(instant) => instant,
        }
    }
}
