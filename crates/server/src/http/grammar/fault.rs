//! What can be wrong with the parameters of a request. All faults of a request are collected and reported at once.

use serde::Serialize;
use utoipa::ToSchema;

use super::nearest::nearest;
use crate::http::problem::ProblemKind;

/// How much of what was given is repeated in a sentence about it.
const LONGEST_TEXT_SHOWN: usize = 80;

/// How many faults are told of at once: a small request must not make a large answer.
const MOST_FAULTS: usize = 100;

/// One thing that is wrong with one parameter, or with one field of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// What kind of mistake this is: one of the problem types.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "/problems/unknown-dimension")]
    pub(crate) kind: ProblemKind,
    /// The parameter at fault, as it was given; of a body, the field and what leads to it: `grants[0].role`.
    #[schema(example = "group_by")]
    pub(crate) parameter: String,
    /// What is wrong with it, and what would be right.
    #[schema(example = "`modle` is not a dimension")]
    pub(crate) detail: String,
    /// The nearest name that is known, where one is near.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "model")]
    pub(crate) did_you_mean: Option<String>,
    /// All that would be accepted, where the list is closed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed: Vec<String>,
}

impl Fault {
    /// A fault without a suggestion.
    pub(crate) fn new(kind: ProblemKind, parameter: &str, detail: impl Into<String>) -> Self {
        Self { kind, parameter: shown(parameter), detail: detail.into(), did_you_mean: None, allowed: Vec::new() }
    }

    /// A value that cannot be read.
    pub(crate) fn invalid_value(parameter: &str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::InvalidValue, parameter, detail)
    }

    /// A word outside a closed vocabulary.
    pub(crate) fn unknown_word<'a>(parameter: &str, given: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.collect();
        let detail = format!("`{}` is not one of {}", shown(given), known.join(", "));
        Self::invalid_value(parameter, detail).near(given, &known).allowing(&known)
    }

    /// Adds the nearest of the known names.
    pub(crate) fn near(mut self, given: &str, known: &[&str]) -> Self {
        self.did_you_mean = nearest(given, known.iter().copied());
        self
    }

    /// Adds all that would be accepted.
    pub(crate) fn allowing<T: AsRef<str>>(mut self, allowed: &[T]) -> Self {
        self.allowed = allowed.iter().map(|name| name.as_ref().to_owned()).collect();
        self
    }
}

/// Text from a request, cut to a length that fits into a sentence.
pub(crate) fn shown(text: &str) -> String {
    if text.chars().count() <= LONGEST_TEXT_SHOWN {
        return text.to_owned();
    }
    text.chars().take(LONGEST_TEXT_SHOWN).chain(['…']).collect()
}

/// The faults of one request, in the order in which its parameters stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Keeps a fault. Those of a request that has more than anybody reads are not all told.
    pub(crate) fn push(&mut self, fault: Fault) {
        if self.0.len() < MOST_FAULTS {
            self.0.push(fault);
        }
    }

    /// Keeps those of another part of the request.
    pub(crate) fn append(&mut self, others: Self) {
        others.0.into_iter().for_each(|fault| self.push(fault));
    }

    /// The value, or `None` after keeping the fault.
    pub(crate) fn keep<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.push(fault)).ok()
    }

    /// The value if nothing was wrong, else all faults.
    pub(crate) fn none_or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// All of them.
    pub(crate) fn into_vec(self) -> Vec<Fault> {
        self.0
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<T: IntoIterator<Item = Fault>>(faults: T) -> Self {
        Self(faults.into_iter().collect())
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}
