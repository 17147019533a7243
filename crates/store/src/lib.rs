//! Remembers the answers: versions of billing periods in Postgres, and what is asked of them.
//!
//! The invariant kept here: a load is a version. It is written beside the current one, checked against the control
//! totals to the last decimal, and made current in one transaction. Nothing is updated in place; a reader sees the whole
//! old month or the whole new one.
//!
//! [`loads`] writes, [`snapshot`] reads, and the rules of ownership are applied between the two.

pub mod audit;
mod copy;
pub mod cost_files;
mod data_versions;
pub mod drilldowns;
mod error;
pub mod events;
mod held;
mod identifier;
pub mod keys;
pub mod loads;
mod numeric;
mod ownership;
mod pseudonyms;
pub mod queries;
pub mod refreshes;
pub mod sessions;
pub mod snapshot;
mod store;
mod summaries;
mod transaction;
mod url;
mod versions;
pub mod webhooks;

pub use error::StoreError;
pub use ownership::OwnershipApplied;
pub use store::{MIGRATOR, Store};
pub use summaries::Summaries;
pub use url::{ParseStoreUrlError, ServerUrl, StoreUrl};
pub use versions::VersionWatch;
