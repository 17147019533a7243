//! Who may see and do what: the words of access, as types. Nothing here reads a file, waits, or asks what time it is.
//!
//! Reading order:
//!
//! 1. [`Permission`]: what can be allowed, such as `costs:read`; [`Role`] is a bundle of them.
//! 2. [`Extent`]: of what — everything, or the lines of named teams, accounts or tag values.
//! 3. [`Grant`] and [`Grants`]: permissions, each within its extent. A [`Caller`] has them.
//! 4. [`Sight`]: what a read may look at. The store puts it into every query, and nothing reads without one.
//! 5. [`api_key`], [`pseudonym`], [`audit`]: how machines are known, how persons are hidden, how traces are kept.

mod caller;
mod extent;
mod grant;
mod permission;
mod role;
mod sight;

pub mod api_key;
pub mod audit;
pub mod pseudonym;

pub use caller::{Caller, CallerKind};
pub use extent::{Extent, ParseTagValueError, Part, TagValue};
pub use grant::{Grant, GrantError, GrantText, Grants};
pub use permission::{ParsePermissionError, Permission};
pub use role::{ParseRoleError, Role};
pub use sight::{Persons, Sight};
