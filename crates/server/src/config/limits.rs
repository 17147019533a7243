use std::num::{NonZeroU32, NonZeroUsize};

use serde::Deserialize;

/// `[limits]`: what one caller, and all of them, may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Answers that each caller may have worked out in a minute. 304s are not counted.
    pub answers_per_minute: NonZeroU32,
    /// Credentials that are not accepted, from each address in a minute.
    pub refusals_per_minute: NonZeroU32,
    /// Requests that are worked on at once; more are turned away with 503.
    pub concurrent_requests: NonZeroUsize,
    /// Bytes of answers that are kept in memory for others who ask the same; with 0, none are.
    pub answer_memory_bytes: u64,
    /// Bytes of summaries of loads that are held in memory, to answer from; with 0, none are, and each question is put to the
    /// database.
    pub summary_memory_bytes: u64,
    /// Streams of events that are open at once on this instance; more are turned away with 503.
    pub event_streams: NonZeroUsize,
    /// Streams of events that each caller may have open at once on this instance.
    pub event_streams_per_caller: NonZeroUsize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        const {
            Self {
                answers_per_minute: n(1200),
                refusals_per_minute: n(60),
                concurrent_requests: many(512),
                answer_memory_bytes: 64 << 20,
                summary_memory_bytes: 256 << 20,
                event_streams: many(256),
                event_streams_per_caller: many(20),
            }
        }
    }
}

/// Called with constants while this is compiled: a zero is an error of the compiler.
const fn n(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("not zero")
}

/// Likewise.
const fn many(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).expect("not zero")
}
