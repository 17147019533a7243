//! The words in which costs are asked for: query parameters read into a question, and a question written back.
//!
//! A parameter is known or it is refused; nothing is ignored. All faults of a request are found in one go ([`Faults`]),
//! each with the nearest name that is known. Reading order: [`Parameters`] takes the query string apart, [`CostsQuery`]
//! gives it a meaning, [`Echo`] writes a question so that it is read as itself.

mod arrangement;
pub(crate) mod as_of;
mod costs;
mod dimensions;
mod echo;
mod fault;
mod formats;
mod json;
mod lists;
mod nearest;
mod parameters;
mod report;
mod scope;
#[cfg(test)]
mod tests;
pub(crate) mod words;

pub(crate) use arrangement::{AskedComparison, AskedPage, PAGE_LENGTHS, TOPS, with_itself};
pub(crate) use costs::CostsQuery;
pub(crate) use dimensions::parse_dimension;
pub(crate) use echo::Echo;
pub(crate) use fault::{Fault, Faults, shown};
pub(crate) use formats::read_format;
pub(crate) use nearest::nearest;
pub(crate) use parameters::{Accepted, Parameters};
pub(crate) use report::ReportQuery;
pub(crate) use scope::{AskedScope, parse_day, parse_period};

/// The most dimensions in one `group_by`: all that have names, and as many tags.
pub(crate) const MOST_GROUPED_DIMENSIONS: usize = 42;
/// The most values in all filters of one request together.
pub(crate) const MOST_FILTER_VALUES: usize = 100;
/// The longest value of a filter, in bytes. IAM's longest ARNs are shorter.
pub(crate) const LONGEST_FILTER_VALUE_BYTES: usize = 2048;
/// The most billing periods in one request.
pub(crate) const MOST_PERIODS: usize = 36;
