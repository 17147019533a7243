//! The grammar of usage types: rules in order, the first that matches decides.
//!
//! Forms are those of AWS's user guide
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-understanding-cur-data.html>), of the public price
//! list, and of public bills. A string that no rule matches is not guessed at.

use super::reading::Reading;
use super::{families, marketplace, tokens};

/// Reads what follows the region prefix. `prefix` is that prefix, where there is one.
pub(super) fn read(prefix: Option<&str>, rest: &str) -> Option<Reading> {
    if let Some(dimension) = marketplace::dimension(prefix, rest) {
        return marketplace::read(dimension);
    }
    families::read(rest).or_else(|| tokens::read(rest))
}
