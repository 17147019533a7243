//! HTTP and wiring: what the `chargeback` binary is made of.
//!
//! [`commands`] is the command line, [`config`] the file and the environment, [`refresh`] brings bills in, [`http`] shows
//! them. The invariant kept here: no read waits for AWS. Handlers read Postgres or memory; exports are asked by a
//! refresh or a drill-down.

pub mod background;
pub mod clock;
pub mod commands;
pub mod config;
pub mod drilldowns;
#[doc(hidden)]
pub mod fuzzing;
pub mod gate;
pub mod http;
mod keys;
pub mod limits;
pub mod listen;
pub mod metrics;
pub mod privacy;
pub mod refresh;
pub mod webhooks;
