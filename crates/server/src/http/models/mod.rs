//! Models: what each cost, at which effective prices, and what its caches were worth.

mod figures;
mod get;
mod id;
mod list;
mod tally;

pub(crate) use figures::ModelFigures;
pub(crate) use get::{__path_get_model, get_model};
pub(crate) use id::model_id;
pub(crate) use list::{__path_list_models, list_models};
