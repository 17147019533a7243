//! Asks an AWS CUR 2.0 export what was spent.
//!
//! Three steps, one file each: [`ExportSource::discover`] finds what was delivered (the manifest is the commit point),
//! a [`Question`] is a text in `sql/` with its parameters and its answer's columns, and [`Engine::ask`] runs that text, in
//! Trino's dialect, over the files of one manifest and streams Arrow record batches: inside the process
//! ([`EmbeddedEngine`]) or in Amazon Athena ([`AthenaEngine`]).
//!
//! The crate knows nothing of teams or of the store: it asks for the finest grain that is kept (ARCHITECTURE.md).

mod address;
mod answer;
mod athena;
mod blocking;
pub mod catalogue;
mod columns;
mod damage;
mod digest;
mod embedded;
mod engine;
mod error;
mod export;
#[doc(hidden)]
pub mod fuzzing;
mod group_texts;
mod line_choice;
mod manifest;
mod parameters;
mod partition;
mod place;
mod probe;
mod query_log;
mod s3;
mod table;
mod told;
pub mod trino;

#[cfg(test)]
mod tests;

pub use address::FileAddress;
pub use answer::Answer;
pub use athena::{
    AthenaEngine, AthenaError, AthenaOptions, Fetch, PRICE_PER_TERABYTE, ResultEncryption, price_of_scan,
};
pub use catalogue::{Parameter, ParameterMeaning, Question};
pub use embedded::{EmbeddedEngine, EngineOptions};
pub use engine::Engine;
pub use error::EngineError;
pub use export::{Discovery, ExportLocation, ExportSource, ManifestProblem};
pub use line_choice::LineChoice;
pub use manifest::{DataFile, Manifest};
pub use probe::ExportColumns;
pub use query_log::{NoQueryLog, QueryAsked, QueryEnded, QueryLog, SharedQueryLog};
pub use s3::{S3AddressError, S3Error, S3Location, S3Options};
