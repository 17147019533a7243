//! What answers are made of. Money and tokens are decimal strings, time is UTC, and keys keep their order.

mod comparison;
mod control;
mod figures;
mod links;
mod meta;
mod rows;
pub(crate) mod told;

pub(crate) use comparison::{ComparedWith, Comparison};
pub(crate) use control::{ControlFigures, control};
pub(crate) use figures::{Figures, TokenCounts, totals, ungrouped};
pub(crate) use links::Links;
pub(crate) use meta::{Meta, MetaContext, data_version};
pub(crate) use rows::{CostRows, Row};
pub(crate) use told::{DATA_VERSION, Told};
