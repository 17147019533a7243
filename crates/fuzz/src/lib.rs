//! What must hold for any bytes that reach the service: each target is a function of bytes that panics where it does not.
//!
//! Reading a text must never panic, but that alone would prove little. So a target also says what has to be true of the
//! answer, in words that do not repeat the code it looks at: a principal can be put together again to the text that was
//! billed, a question that was understood is read again as itself, a manifest names nothing outside its month's folder.
//!
//! The texts in `corpora/` are read by every target in `make test`; `scripts/fuzz` makes up new ones (CONTRIBUTING.md).

mod targets;

pub use targets::{TARGETS, Target};
