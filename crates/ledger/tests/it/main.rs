//! Stories of ownership, told through the public interface.

mod errors;
mod owners;
mod properties;
mod reasons;
mod support;
