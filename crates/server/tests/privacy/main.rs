//! Persons are hidden: their names are nowhere, their money is everywhere, and only who may sees who they are.

#[path = "../it/support/mod.rs"]
mod support;

mod answers;
mod failures;
mod logs;
mod persons;
mod questions;
mod reveal;
