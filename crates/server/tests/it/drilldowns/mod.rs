//! The single lines that figures are made of: they add up, they are fetched once, and nobody sees another's.

pub(crate) mod asking;
mod csv;
pub(crate) mod hostile;
mod jobs;
mod limits;
pub(crate) mod persons;
mod sums;
