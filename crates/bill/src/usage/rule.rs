//! What a grammar is made of.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::reading::Reading;

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
