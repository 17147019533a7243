//! A local S3 and Athena that really answer: for tests, benchmarks and docker-compose.
//!
//! [`StandIn::start`] serves a folder of buckets. S3 is `s3s` over that folder. Athena speaks its JSON 1.1 protocol, and
//! its queries are really executed, over the same files, by DataFusion with the Trino dialect of `engine::trino`; nothing
//! else is shared with the service that is tested against it. [`Settings`] make it slow, make it throttle, fail, lose a
//! connection or let credentials expire; [`Counters`] and [`ExecutionRecord`] tell what it was asked.
//!
//! ARCHITECTURE.md says where it is used; its own README says what it does as Athena does, and what not.

mod athena;
mod clock;
mod connection;
mod control;
mod counters;
mod execution;
mod failure;
mod fault;
mod glue;
mod output;
mod place;
mod router;
mod s3;
mod settings;
mod sql;
mod stand_in;
mod sts;
mod tables;
mod world;

pub use counters::{Counters, ExecutionRecord};
pub use failure::Failure;
pub use settings::{Encryption, MissingMapKey, Settings, Workgroup};
pub use stand_in::{StandIn, TableError};
