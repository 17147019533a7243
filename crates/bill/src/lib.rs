//! The words of the bill: what an AWS CUR 2.0 export says about Amazon Bedrock, as types that prove themselves.
//!
//! Nothing here reads a file, waits, or asks what time it is: a FinOps reader can follow every rule, and its tests run
//! in milliseconds. Suggested reading order:
//!
//! 1. [`BillingPeriod`] and [`Amount`]: when, and how much.
//! 2. [`principal`]: who is behind a line.
//! 3. [`usage`]: what was used, read from the product map, the usage type, or the Marketplace product.
//! 4. [`tags`], [`charge_type`], [`bedrock`]: how it is labelled, why it was charged, and whether it counts as Bedrock.
//!
//! The invariant kept here: what no grammar knows stays whole. A principal of an unknown form is
//! `other`, a usage type of an unknown form is `unclassified`, and neither loses its text or its money.

mod amount;
mod period;
mod proportion;

pub mod principal;
pub mod usage;

pub mod bedrock;
pub mod charge_type;
pub mod tags;

pub mod classify;

pub use amount::{Amount, AmountText, ParseAmountError};
pub use period::{BillingPeriod, ParseBillingPeriodError};
pub use proportion::proportion;
