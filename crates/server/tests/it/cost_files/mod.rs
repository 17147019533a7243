//! Files of costs: the same bytes as an answer, written once, of one data version, and nobody else's.

mod content;
mod files;
mod jobs;
mod limits;
mod sight;
