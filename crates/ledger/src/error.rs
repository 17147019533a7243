use bill::tags::ParseTagKeyError;
use bill::{BillingPeriod, ParseBillingPeriodError};

use crate::pattern::PatternError;
use crate::team::{ParseTeamSlugError, TeamCollision};

/// Why an `ownership.toml` cannot be used: where, what, and what would be right.
///
/// Written ``line 7, rule 2 `gateway`: unknown key `teem`; did you mean `team`?``. The name of the file is for the
/// caller to add.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{place}: {problem}")]
pub struct OwnershipError {
    /// The line in the file, from 1.
    pub line: usize,
    /// The rule or team, such as ``, rule 2 `gateway` ``; empty outside of any.
    pub place: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong in an `ownership.toml`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The text is not TOML.
    #[error("not valid TOML: {0}")]
    Syntax(String),
    /// A file without rules would leave every cost without an owner; more likely it was cut short.
    #[error(
        "there is no [[rule]]; write at least one, or remove the file to let the tag `team` of the caller name the team"
    )]
    NoRules,
    /// A key that nothing reads.
    #[error("unknown key `{key}`; {}", suggestion(*nearest, known))]
    UnknownKey {
        /// The key as written.
        key: String,
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
        /// All known keys there.
        known: &'static [&'static str],
    },
    /// A condition that was written beside `match`.
    #[error("`{0}` is a condition; write it inside `match`, as in match = {{ {0} = … }}")]
    ConditionOutsideMatch(String),
    /// A value of another type.
    #[error("`{field}` must be {expected}, not {found}")]
    WrongType {
        /// The field.
        field: String,
        /// What it takes.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A text or list with nothing in it.
    #[error("`{field}` is empty; {hint}")]
    Empty {
        /// The field.
        field: String,
        /// What to write.
        hint: &'static str,
    },
    /// A field that must be there.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Two rules of one name.
    #[error("the name `{name}` is taken by rule {number}; give each rule a name of its own")]
    DuplicateName {
        /// The name.
        name: String,
        /// The rule that has it.
        number: usize,
    },
    /// A rule that gives to nobody.
    #[error("says neither `team` nor `team_from_tag`; write exactly one of them")]
    NoTeam,
    /// A rule that gives to two.
    #[error("says both `team` and `team_from_tag`; write exactly one of them")]
    TwoTeams,
    /// A pattern for an identity that no identity fits.
    #[error("`{field}`: `{text}` is not an identity; {}", suggestion(*nearest, known))]
    UnknownIdentity {
        /// The field.
        field: String,
        /// As written.
        text: String,
        /// The identity that looks most like it.
        nearest: Option<&'static str>,
        /// All identities.
        known: &'static [&'static str],
    },
    /// An account that AWS cannot have.
    #[error("`{field}`: `{text}` is not an account; write its twelve digits, or a pattern such as `1234*`")]
    Account {
        /// The field.
        field: String,
        /// As written.
        text: String,
    },
    /// A pattern that cannot be matched.
    #[error("`{field}`: {source}")]
    Pattern {
        /// The field.
        field: String,
        /// What is wrong with it.
        source: PatternError,
    },
    /// A wildcard where only whole texts are compared.
    #[error("`{field}`: `{text}` holds a wildcard, which only `match` understands; write the whole text")]
    Wildcard {
        /// The field.
        field: String,
        /// As written.
        text: String,
    },
    /// A key that names no tag.
    #[error("`{field}`: {source}")]
    TagKey {
        /// The field.
        field: String,
        /// What is wrong with it.
        source: ParseTagKeyError,
    },
    /// A text that is no billing period.
    #[error("`{field}`: {source}")]
    Period {
        /// The field.
        field: String,
        /// What is wrong with it.
        source: ParseBillingPeriodError,
    },
    /// A rule that never holds.
    #[error(
        "`from` {from} is not before `until` {until}; `until` is the first period in which the rule no longer holds"
    )]
    NoPeriods {
        /// The first period.
        from: BillingPeriod,
        /// The exclusive end.
        until: BillingPeriod,
    },
    /// A rule behind one that claims everything.
    #[error(
        "is never reached: rule {number} `{name}` has no conditions and claims everything; \
         move that rule to the end, or give it a `match`"
    )]
    NeverReached {
        /// The rule that claims everything.
        number: usize,
        /// Its name.
        name: String,
    },
    /// A declared id of a team that is none.
    #[error("`slug`: {0}")]
    Slug(#[from] ParseTeamSlugError),
    /// A slug, name or value that two declared teams want.
    #[error("`{text}` already means team `{slug}`; a text can name one team only")]
    TwoMeanings {
        /// The text.
        text: String,
        /// The team that has it.
        slug: String,
    },
    /// Two names for one id, or a name that is kept.
    #[error("{0}")]
    Team(#[from] TeamCollision),
}

fn suggestion(nearest: Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("use one of {}", known.join(", ")),
    }
}

/// The known word that looks most like a text, where any looks much like it.
pub(crate) fn nearest(text: &str, known: &'static [&'static str]) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    let distance = |word: &str| strsim::damerau_levenshtein(&text, word);
    known
        .iter()
        .copied()
        .map(|word| (distance(word), word))
        .filter(|(distance, word)| distance * 2 < word.len().max(3))
        .min()
        .map(|(_, word)| word)
}
