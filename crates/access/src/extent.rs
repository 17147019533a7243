use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use bill::tags::TagKey;
use serde::{Deserialize, Serialize};

/// Of what something is allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// The whole bill.
    Everything,
    /// Lines of these teams, accounts or tag values, and nothing else: for whoever has it, nothing else exists.
    Part(Part),
}

/// Lines that belong to any of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Part {
    /// Team slugs.
    pub teams: BTreeSet<String>,
    /// Twelve-digit ids of the accounts that used.
    pub accounts: BTreeSet<String>,
    /// Values of cost allocation tags.
    pub tags: BTreeSet<TagValue>,
}

impl Part {
    /// Whether it names nothing: then nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.teams.is_empty() && self.accounts.is_empty() && self.tags.is_empty()
    }
}

/// One value of one tag, written `cost-center=12345`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TagValue {
    /// Which tag, in which view.
    pub key: TagKey,
    /// Its value, never empty: an empty tag counts as not set.
    pub value: String,
}

impl Extent {
    /// No line at all.
    pub fn nothing() -> Self {
        Self::Part(Part::default())
    }

    /// The lines of one team.
    pub fn of_team(slug: impl Into<String>) -> Self {
        Self::Part(Part { teams: [slug.into()].into(), ..Part::default() })
    }

    /// What is in either.
    #[must_use]
    pub fn union(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
            (Self::Part(mut part), Self::Part(more)) => {
                part.teams.extend(more.teams.iter().cloned());
                part.accounts.extend(more.accounts.iter().cloned());
                part.tags.extend(more.tags.iter().cloned());
                Self::Part(part)
            }
        }
    }

    /// Whether all that is in the other is certainly in this: what it names, this names too.
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (Self::Part(_), Self::Everything) => false,
            (Self::Part(part), Self::Part(less)) => {
                part.teams.is_superset(&less.teams)
                    && part.accounts.is_superset(&less.accounts)
                    && part.tags.is_superset(&less.tags)
            }
        }
    }

    /// The part, where it is not everything.
    pub fn part(&self) -> Option<&Part> {
        match self {
            Self::Everything => None,
            Self::Part(part) => Some(part),
        }
    }
}

impl fmt::Display for TagValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.key, self.value)
    }
}

/// A text that is no value of a tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a tag value; write a key, `=` and a value, such as cost-center=12345")]
pub struct ParseTagValueError(String);

impl FromStr for TagValue {
    type Err = ParseTagValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseTagValueError(text.chars().take(80).collect());
        let (key, value) = text.split_once('=').ok_or_else(error)?;
        if value.is_empty() || text.contains('\0') {
            return Err(error());
        }
        let key = key.parse().map_err(|_| error())?;
        Ok(Self { key, value: value.to_owned() })
    }
}

impl TryFrom<String> for TagValue {
    type Error = ParseTagValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TagValue> for String {
    fn from(value: TagValue) -> Self {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(teams: &[&str], accounts: &[&str], tags: &[&str]) -> Extent {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Extent::Part(Part {
            teams: texts(teams),
            accounts: texts(accounts),
            tags: tags.iter().map(|tag| tag.parse().expect("a tag value")).collect(),
        })
    }

    #[test]
    fn a_union_contains_both_and_no_part_contains_everything() {
        let one = part(&["data-science"], &[], &["cost-center=12345"]);
        let other = part(&["platform"], &["123456789012"], &[]);
        let both = one.clone().union(&other);
        assert!(both.contains(&one) && both.contains(&other));
        assert!(!one.contains(&both) && !both.contains(&Extent::Everything));
        assert!(Extent::Everything.contains(&both) && both.contains(&Extent::nothing()));
        assert_eq!(one.union(&Extent::Everything), Extent::Everything);
    }

    #[test]
    fn a_tag_value_is_read_back_as_itself() {
        for text in ["cost-center=12345", "resourceTags/a/b=x=y", "cost_category/team=Data Science"] {
            assert_eq!(text.parse::<TagValue>().expect("a tag value").to_string(), text);
        }
        for wrong in ["cost-center", "cost-center=", "=12345", ""] {
            assert!(wrong.parse::<TagValue>().is_err(), "{wrong}");
        }
    }
}
