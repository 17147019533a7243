use regex::Regex;

use crate::team::shorten;

/// The texts that one condition accepts: whole texts, and globs in which `*` is any text and `?` any one character.
///
/// Letter case counts, as everywhere on the bill.
#[derive(Clone, Debug)]
pub(crate) struct Patterns {
    /// Sorted, for a quick look-up in long lists of accounts.
    exact: Vec<String>,
    globs: Vec<Glob>,
    /// As configured, for display.
    written: Vec<String>,
}

impl Patterns {
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, PatternError> {
        let (mut exact, mut globs, mut written) = (Vec::new(), Vec::new(), Vec::new());
        for text in texts {
            written.push(text.to_owned());
            if is_glob(text) {
                globs.push(Glob::new(text)?);
            } else {
                check_characters(text)?;
                exact.push(text.to_owned());
            }
        }
        exact.sort_unstable();
        Ok(Self { exact, globs, written })
    }

    /// The pattern that accepts a text, as it was written.
    pub(crate) fn accepting(&self, text: &str) -> Option<&str> {
        if let Ok(index) = self.exact.binary_search_by(|exact| exact.as_str().cmp(text)) {
            return Some(&self.exact[index]);
        }
        self.globs.iter().find(|glob| glob.matches(text)).map(|glob| glob.written.as_str())
    }

    /// All patterns as written: `a or b-*`.
    pub(crate) fn text(&self) -> String {
        self.written.join(" or ")
    }
}

/// Why a text cannot be a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Shell syntax beyond `*` and `?`. No ARN, account or model of AWS holds these characters, so that the rule would
    /// silently claim nothing; `?` stands for one in a tag value.
    #[error(
        "the pattern `{pattern}` holds `{character}`; only `*` (any text) and `?` (any one character) are special, \
             and several patterns are written as a list: [\"a-*\", \"b-*\"]"
    )]
    UnknownSyntax {
        /// The pattern as written.
        pattern: String,
        /// The character.
        character: char,
    },
    /// More than the matcher can hold.
    #[error("the pattern `{0}` is too long; use fewer `?`, or `*`")]
    TooLong(String),
}

fn check_characters(pattern: &str) -> Result<(), PatternError> {
    match pattern.chars().find(|character| "[]{}\\".contains(*character)) {
        Some(character) => Err(PatternError::UnknownSyntax { pattern: shorten(pattern), character }),
        None => Ok(()),
    }
}

/// Whether a text holds `*` or `?`.
pub(crate) fn is_glob(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// A glob, taken apart so that most texts are refused by comparing a few bytes.
#[derive(Clone, Debug)]
struct Glob {
    written: String,
    prefix: String,
    middle: Middle,
    suffix: String,
}

/// What stands between the first and the last wildcard.
#[derive(Clone, Debug)]
enum Middle {
    /// Texts that follow one another at any distance: the pattern holds no `?`.
    Texts(Vec<String>),
    /// The whole pattern, for those that hold `?`.
    Regex(Regex),
}

impl Glob {
    fn new(written: &str) -> Result<Self, PatternError> {
        check_characters(written)?;
        let first = written.find(['*', '?']).unwrap_or(written.len());
        let last = written.rfind(['*', '?']).map_or(first, |last| last + 1);
        let texts = || written[first..last].split('*').filter(|text| !text.is_empty()).map(str::to_owned).collect();
        Ok(Self {
            written: written.to_owned(),
            prefix: written[..first].to_owned(),
            middle: if written.contains('?') { Middle::Regex(regex_of(written)?) } else { Middle::Texts(texts()) },
            suffix: written[last..].to_owned(),
        })
    }

    fn matches(&self, text: &str) -> bool {
        let between = text.strip_prefix(&*self.prefix).and_then(|rest| rest.strip_suffix(&*self.suffix));
        match (&self.middle, between) {
            (_, None) => false,
            (Middle::Texts(texts), Some(between)) => follow_one_another(texts, between),
            (Middle::Regex(whole), Some(_)) => whole.is_match(text),
        }
    }
}

/// Whether a text holds these texts in this order. Taking each as early as possible leaves the most for the next.
fn follow_one_another(texts: &[String], mut rest: &str) -> bool {
    for text in texts {
        match rest.find(text) {
            Some(start) => rest = &rest[start + text.len()..],
            None => return false,
        }
    }
    true
}

fn regex_of(glob: &str) -> Result<Regex, PatternError> {
    let mut pattern = String::from(r"(?s)\A");
    for character in glob.chars() {
        match character {
            '*' => pattern.push_str(".*"),
            '?' => pattern.push('.'),
            other => pattern.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    pattern.push_str(r"\z");
    Regex::new(&pattern).map_err(|_| PatternError::TooLong(shorten(glob)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn accepts(pattern: &str, text: &str) -> bool {
        Patterns::new([pattern]).expect(pattern).accepting(text).is_some()
    }

    /// The obvious way to match, to judge the quick one by.
    fn obviously_matches(glob: &[char], text: &[char]) -> bool {
        match (glob, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|skipped| obviously_matches(rest, &text[skipped..])),
            (['?', glob @ ..], [_, text @ ..]) => obviously_matches(glob, text),
            ([expected, glob @ ..], [found, text @ ..]) => expected == found && obviously_matches(glob, text),
            _ => false,
        }
    }

    #[test]
    fn a_text_without_wildcards_means_itself() {
        assert!(accepts("gateway", "gateway"));
        for other in ["gateway-1", "a gateway", "Gateway", ""] {
            assert!(!accepts("gateway", other), "{other}");
        }
    }

    #[test]
    fn a_dot_or_a_plus_is_no_wildcard() {
        assert!(accepts("a.b+c|?", "a.b+c|d"));
        assert!(!accepts("a.b+c|?", "axbbc|d"));
    }

    #[test]
    fn prefix_and_suffix_may_not_share_characters() {
        assert!(accepts("ab*ba", "abba"));
        assert!(!accepts("ab*ba", "aba"));
    }

    #[test]
    fn the_pattern_that_accepts_is_given_as_written() {
        let patterns = Patterns::new(["z", "b-*", "a", "*-c"]).expect("patterns");
        assert_eq!(patterns.accepting("a"), Some("a"));
        assert_eq!(patterns.accepting("b-c"), Some("b-*"), "the first glob that accepts");
        assert_eq!(patterns.accepting("x-c"), Some("*-c"));
        assert_eq!(patterns.accepting("x"), None);
        assert_eq!(patterns.text(), "z or b-* or a or *-c");
    }

    #[test]
    fn shell_syntax_is_refused_rather_than_never_matched() {
        assert_eq!(
            Patterns::new(["{dev,prod}-*"]).expect_err("braces").to_string(),
            "the pattern `{dev,prod}-*` holds `{`; only `*` (any text) and `?` (any one character) are special, and \
             several patterns are written as a list: [\"a-*\", \"b-*\"]"
        );
        assert!(Patterns::new(["a[0-9]"]).is_err());
        assert!(matches!(Patterns::new([&*format!("{}a", "?".repeat(100_000))]), Err(PatternError::TooLong(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn a_glob_matches_what_it_obviously_matches(glob in "[ab.é*?]{0,6}", text in "[ab.é\n]{0,8}") {
            let (letters, of_text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
            prop_assert_eq!(accepts(&glob, &text), obviously_matches(&letters, &of_text));
        }
    }
}
