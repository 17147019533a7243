//! Refreshes: asked for, done by one instance of many, watched, made up after a kill, kept to a schedule and to a ceiling.

mod binary;
mod instances;
mod ledger;
mod measures;
mod schedule;
pub(crate) mod shared;
mod watching;
