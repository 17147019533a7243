//! What was said once is said again: answers as of an earlier data version, and pages that stay with theirs.

mod days;
mod every_version;
mod history;
mod kept;
mod teams;
