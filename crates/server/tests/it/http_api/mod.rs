//! The HTTP API as its callers see it: the real router over a real PostgreSQL, with a small bill in it.
//!
//! Each test has a database of its own; `DATABASE_URL` names the server (`make test` starts one).

mod arrangement;
mod bill_of_two_months;
mod client;
mod costs;
mod dimensions;
mod docs;
mod examples;
mod manners;
mod mistakes;
mod models;
mod nothing_loaded;
mod openapi;
mod periods;
mod principals;
mod question_as_body;
mod status;
mod summary;
mod tags;
mod teams;
