//! Stories of the service, told through its router, its sockets and its binary.
//!
//! One executable for all: linking the service takes longer than most of its tests, and half a gigabyte.

mod alternatives;
mod arranged;
mod as_of;
mod asked;
mod athena;
mod bad_input;
mod callers;
mod conditional;
mod config;
mod cost_files;
mod demo;
mod drilldowns;
mod events;
mod formats;
mod from_s3;
mod held;
mod http_api;
mod interrupted;
mod limits;
mod listening;
mod memory;
mod ownership;
mod postgres_restarts;
#[expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#[path = "../../../openid/tests/provider_double/mod.rs"]
mod provider_double;
mod published_figures;
mod readme;
mod refreshes;
mod resources;
mod scope;
mod sign_in;
mod support;
mod tie_out;
mod tokens;
mod webhooks;
mod wrong_values;
