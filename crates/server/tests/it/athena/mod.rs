//! A real export's way: S3 and Athena, spoken to in their own protocols. What answers is the stand-in, which shares no code with
//! the client but the SQL dialect.

mod conformance;
mod faults;
mod killed;
mod world;
