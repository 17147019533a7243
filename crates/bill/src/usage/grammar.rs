//! The grammar of usage types: rules in order, the first that matches decides.
//!
//! Forms are those of AWS's user guide
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-understanding-cur-data.html>), of the public price
//! list, and of public bills. A string that no rule matches is not guessed at.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::reading::Reading;
use super::{families, marketplace, tokens};

/// Reads what follows the region prefix. `prefix` is that prefix, where there is one.
pub(super) fn read(prefix: Option<&str>, rest: &str) -> Option<Reading> {
    if let Some(dimension) = marketplace::dimension(prefix, rest) {
        return marketplace::read(dimension);
    }
    families::read(rest).or_else(|| tokens::read(rest))
}

/// One rule: a pattern, and what a match of it says. `None` from `say` means that the match was none after all.
pub(super) struct Rule {
    pattern: Regex,
    say: fn(&Captures<'_>) -> Option<Reading>,
}

impl Rule {
    /// Compiles a rule; the pattern must match the whole text.
    pub(super) fn new(pattern: &str, say: fn(&Captures<'_>) -> Option<Reading>) -> Self {
        // Patterns are constants of this folder, and every test of it compiles them all.
        let pattern = Regex::new(&format!("^(?:{pattern})$")).expect("a constant pattern");
        Self { pattern, say }
    }
}

/// The answer of the first rule that has one.
pub(super) fn first(rules: &'static LazyLock<Vec<Rule>>, text: &str) -> Option<Reading> {
    rules.iter().find_map(|rule| rule.pattern.captures(text).and_then(|found| (rule.say)(&found)))
}

/// A capture that may have taken no part in the match.
pub(super) fn part<'a>(found: &'a Captures<'_>, name: &str) -> Option<&'a str> {
    found.name(name).map(|part| part.as_str()).filter(|part| !part.is_empty())
}
