//! Small exports, written to a temporary folder and asked for real.

mod daily_cost;
mod delivery;
mod failures;
mod running;
mod shapes;
mod support;
mod traps;
