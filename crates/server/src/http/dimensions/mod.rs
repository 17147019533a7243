//! Dimensions: what costs can be asked by, and which values each has.

mod list;
mod values;

pub(crate) use list::{__path_list_dimensions, list_dimensions};
pub(crate) use values::{__path_list_dimension_values, list_dimension_values};
