//! Small exports, written to a temporary folder and asked for real.

pub(crate) mod bucket;
mod daily_cost;
mod delivery;
mod failures;
mod line_items;
mod running;
mod s3_delivery;
mod s3_failures;
mod s3_reading;
mod shapes;
mod support;
mod traps;
