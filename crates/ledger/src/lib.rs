#![doc = include_str!("../README.md")]
//!
//! # The house
//!
//! Nothing here reads a file, waits, or asks what time it is. Suggested reading order:
//!
//! 1. [`Ownership`]: the rules, and the [`Owner`] that they give to a [`Subject`].
//! 2. [`Rule`]: one rule, for display.
//! 3. [`TeamSlug`], [`TeamDirectory`]: ids of teams, and the proof that no two names share one.
//! 4. [`Reason`]: why nobody owns a cost.
//! 5. [`OwnershipError`]: what can be wrong with the rules, and what would mend it.
//!
//! The invariant kept here: every subject has exactly one owner. What no rule claims is unattributed, with a reason, so
//! the sum over teams and unattributed is the sum of the bill.

mod error;
mod ownership;
mod pattern;
mod read;
mod reason;
mod rule;
mod subject;
mod team;

pub use error::{OwnershipError, Problem};
pub use ownership::{Owner, Ownership};
pub use pattern::PatternError;
pub use reason::{ParseReasonError, Reason};
pub use rule::Rule;
pub use subject::Subject;
pub use team::{ParseTeamSlugError, Team, TeamCollision, TeamDirectory, TeamSlug};
