//! The same answers in other formats.

mod away;
mod coded;

mod large;
mod lists;
mod negotiation;
mod read;
mod same_numbers;
mod showbacks;
mod streams;
