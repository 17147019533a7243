//! Billing periods: what is loaded, in which version, how fresh, and what the whole bill says.

mod get;
mod list;
mod versions;

pub(crate) use get::{__path_get_period, get_period};
pub(crate) use list::{__path_list_periods, list_periods};
