//! A real export's way: S3 and Athena, spoken to in their own protocols. What answers is the stand-in, which shares no code with
//! the client but the SQL dialect.

#[path = "../drilldowns/asking.rs"]
#[allow(dead_code, reason = "the tests of drill-downs use all of it")]
mod asking;
#[path = "../support/mod.rs"]
mod support;

mod conformance;
mod faults;
mod killed;
mod world;
