//! Trino's `regexp_replace`: every match is replaced, and a group in the replacement is `$1` or `${name}`.
//!
//! DataFusion's own replaces the first match only unless it is told otherwise, and reads `$1a` as a group called `1a`.

use datafusion::error::{DataFusionError, Result};
use regex::{Captures, Regex};

/// A pattern with what its matches become.
pub(super) struct Replacement {
    pattern: Regex,
    parts: Vec<Part>,
}

enum Part {
    Literal(String),
    Group(usize),
}

impl Replacement {
    /// Compiles both; an error names what is wrong with the pattern or the replacement.
    pub(super) fn new(pattern: &str, replacement: &str) -> Result<Self> {
        let pattern = Regex::new(pattern).map_err(|error| invalid(format!("the pattern `{pattern}`: {error}")))?;
        let parts = parts(&pattern, replacement)?;
        Ok(Self { pattern, parts })
    }

    /// The text with every match replaced, or nothing when there is none.
    pub(super) fn apply(&self, text: &str) -> Option<String> {
        if !self.pattern.is_match(text) {
            return None;
        }
        let replaced = self.pattern.replace_all(text, |captures: &Captures<'_>| self.expand(captures));
        Some(replaced.into_owned())
    }

    fn expand(&self, captures: &Captures<'_>) -> String {
        let text = |part: &'_ Part| match part {
            Part::Literal(literal) => literal.clone(),
            // A group that took no part in the match is empty.
            Part::Group(group) => captures.get(*group).map_or_else(String::new, |group| group.as_str().to_owned()),
        };
        self.parts.iter().map(text).collect()
    }
}

fn parts(pattern: &Regex, replacement: &str) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = replacement.chars();
    while let Some(character) = rest.next() {
        match character {
            // A backslash takes the meaning from the next character.
            '\\' => literal.push(rest.next().ok_or_else(|| dangling(replacement))?),
            '$' => {
                let (group, after) = group(pattern, rest.as_str()).ok_or_else(|| dangling(replacement))?;
                parts.push(Part::Literal(std::mem::take(&mut literal)));
                parts.push(Part::Group(group));
                rest = after.chars();
            }
            other => literal.push(other),
        }
    }
    parts.push(Part::Literal(literal));
    Ok(parts)
}

/// The group that a text after `$` begins with, and what comes after it. As many digits count as still name a group:
/// with one group, `$10` is the first group and a zero.
fn group<'text>(pattern: &Regex, text: &'text str) -> Option<(usize, &'text str)> {
    if let Some(named) = text.strip_prefix('{') {
        let (name, after) = named.split_once('}')?;
        let group = pattern.capture_names().position(|known| known == Some(name))?;
        return Some((group, after));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (1..=digits).rev().find_map(|length| {
        let group = text[..length].parse::<usize>().ok()?;
        (group < pattern.captures_len()).then(|| (group, &text[length..]))
    })
}

fn dangling(replacement: &str) -> DataFusionError {
    invalid(format!("the replacement `{replacement}` names a group that the pattern does not have"))
}

fn invalid(what: String) -> DataFusionError {
    DataFusionError::Execution(format!("regexp_replace cannot use {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(pattern: &str, replacement: &str, text: &str) -> String {
        let replacement = Replacement::new(pattern, replacement).expect("a replacement");
        replacement.apply(text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn every_match_is_replaced() {
        assert_eq!(replace("[0-9]+", "*", "run-17-of-20"), "run-*-of-*");
        assert_eq!(replace("^$", "", "arn:aws:iam::1:user/a"), "arn:aws:iam::1:user/a");
    }

    #[test]
    fn a_group_is_read_as_java_reads_it() {
        assert_eq!(replace("(role/ci)/.*", "$1/*", "role/ci/7f3a"), "role/ci/*");
        assert_eq!(replace("(a)", "$1a", "a"), "aa", "not a group called 1a");
        assert_eq!(replace("(a)", "$10", "a"), "a0", "there is no tenth group");
        assert_eq!(replace("(?P<role>ci)/.*", "${role}!", "ci/1"), "ci!");
        assert_eq!(replace("a", "\\$1", "a"), "$1");
        assert_eq!(replace("(a)|(b)", "[$2]", "ab"), "[][b]");
    }

    #[test]
    fn a_group_that_is_not_there_is_an_error() {
        for replacement in ["$1", "$", "${name}", "${name", "\\"] {
            assert!(Replacement::new("a", replacement).is_err(), "{replacement}");
        }
        assert!(Replacement::new("(", "").is_err());
    }
}
