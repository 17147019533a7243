//! Writes a CUR 2.0 export whose truth is known: for the demo, the tests and the benchmarks.
//!
//! [`write()`] makes up whole months of an organisation from a seed, and adds up while writing what a reader of the export
//! has to arrive at ([`Summary`]). [`write_lines`] writes chosen [`LineItem`]s, for a test that needs a bill of its own.
//!
//! Invariant: every cost is a decimal first. It becomes a double in one place, and only if a cast to decimal(38,12)
//! gives the same decimal back, so that whoever reads the export wrongly cannot blame rounding.

mod catalogue;
mod error;
mod export;
mod labels;
mod line_item;
mod month;
mod options;
mod organisation;
mod published;
mod random;
mod schema;
mod summary;
mod write;

pub use error::SampleError;
pub use export::{ExportWriter, write_lines};
pub use labels::{Labels, Pair};
pub use line_item::LineItem;
pub use options::{Delivery, SampleOptions};
pub use published::{published_lines, published_period};
pub use summary::{Costs, PeriodSummary, Progress, Summary, Totals};
pub use write::{restate, write};
