use bill::BillingPeriod;
use bill::tags::{TagKey, TagView};

use crate::pattern::Patterns;
use crate::subject::{Field, Subject, TagLookup};
use crate::team::{Team, TeamDirectory};

/// One rule of ownership: what it claims, for whom, and in which billing periods.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) recipient: Recipient,
    pub(crate) tag: Option<TagCondition>,
    pub(crate) fields: Vec<(Field, Patterns)>,
    pub(crate) from: Option<BillingPeriod>,
    pub(crate) until: Option<BillingPeriod>,
}

/// Who is given what a rule claims.
#[derive(Clone, Debug)]
pub(crate) enum Recipient {
    Team(Team),
    /// The team that the value of this tag names.
    TagValue(TagLookup),
}

/// A tag that must be set, and perhaps to one of some values.
#[derive(Clone, Debug)]
pub(crate) struct TagCondition {
    pub(crate) lookup: TagLookup,
    pub(crate) values: Option<Patterns>,
}

impl Rule {
    /// Its place in the file, from 1.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Its name, unique among the rules.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The team that it gives to; `None` where a tag names the team.
    pub fn team(&self) -> Option<&Team> {
        match &self.recipient {
            Recipient::Team(team) => Some(team),
            Recipient::TagValue(_) => None,
        }
    }

    /// The tag whose value names the team; `None` where the rule names it.
    pub fn team_from_tag(&self) -> Option<&TagKey> {
        match &self.recipient {
            Recipient::Team(_) => None,
            Recipient::TagValue(lookup) => Some(&lookup.key),
        }
    }

    /// The first billing period in which it holds; `None`: from the beginning.
    pub fn from(&self) -> Option<BillingPeriod> {
        self.from
    }

    /// The first billing period in which it no longer holds; `None`: it holds for ever.
    pub fn until(&self) -> Option<BillingPeriod> {
        self.until
    }

    /// Its conditions in words, all of which must hold: `tag team = ds or eng, role = gateway-*`.
    pub fn conditions(&self) -> String {
        let tag = self.tag.iter().map(|tag| match &tag.values {
            Some(values) => format!("tag {} = {}", tag.lookup.key, values.text()),
            None => format!("tag {} is set", tag.lookup.key),
        });
        let fields = self.fields.iter().map(|(field, patterns)| format!("{} = {}", field.as_str(), patterns.text()));
        let from_tag = self.team_from_tag().map(|key| format!("tag {key} is set"));
        in_words(tag.chain(fields).chain(from_tag))
    }

    /// What it looks at, without any value: `tag team, session`. All of it held where it claims something.
    pub fn fields(&self) -> String {
        let tags = self.tag.iter().map(|tag| &tag.lookup.key).chain(self.team_from_tag());
        let mut names: Vec<String> = tags.map(|key| format!("tag {key}")).collect();
        names.extend(self.fields.iter().map(|(field, _)| field.as_str().to_owned()));
        names.dedup();
        in_words(names.into_iter())
    }

    /// Whether it holds in a period.
    pub fn holds_in(&self, period: BillingPeriod) -> bool {
        self.from.is_none_or(|from| from <= period) && self.until.is_none_or(|until| period < until)
    }

    /// Whether all its conditions hold for a subject. The period is not looked at.
    pub(crate) fn claims(&self, subject: &Subject<'_>) -> bool {
        let value_is_set = |lookup: &TagLookup| lookup.of(subject.tags).is_some();
        self.tag.as_ref().is_none_or(|tag| tag.holds(subject))
            && self
                .fields
                .iter()
                .all(|(field, patterns)| field.of(subject).is_some_and(|value| patterns.accepting(value).is_some()))
            && match &self.recipient {
                Recipient::Team(_) => true,
                Recipient::TagValue(lookup) => value_is_set(lookup),
            }
    }

    /// Whether it claims everything, always.
    pub(crate) fn claims_everything(&self) -> bool {
        self.team().is_some()
            && self.tag.is_none()
            && self.fields.is_empty()
            && self.from.is_none()
            && self.until.is_none()
    }

    /// The team of a subject that it claims.
    pub(crate) fn team_of(&self, subject: &Subject<'_>, directory: &TeamDirectory) -> Option<Team> {
        match &self.recipient {
            Recipient::Team(team) => Some(team.clone()),
            Recipient::TagValue(lookup) => lookup.of(subject.tags).map(|value| directory.team(value)),
        }
    }

    /// Why it claims a subject: its conditions, each with the one pattern that held.
    pub(crate) fn because(&self, subject: &Subject<'_>) -> String {
        let tag = self.tag.iter().filter_map(|tag| tag.because(subject));
        let fields = self.fields.iter().filter_map(|(field, patterns)| {
            Some(format!("{} = {}", field.as_str(), patterns.accepting(field.of(subject)?)?))
        });
        let from_tag = match &self.recipient {
            Recipient::Team(_) => None,
            Recipient::TagValue(lookup) => lookup.of(subject.tags).map(|value| format!("tag {} = {value}", lookup.key)),
        };
        format!("rule {} `{}`: {}", self.number, self.name, in_words(tag.chain(fields).chain(from_tag)))
    }

    /// The views whose tags it reads.
    pub(crate) fn tag_views(&self) -> impl Iterator<Item = TagView> {
        let condition = self.tag.as_ref().map(|tag| tag.lookup.key.view);
        condition.into_iter().chain(self.team_from_tag().map(|key| key.view))
    }
}

impl TagCondition {
    fn holds(&self, subject: &Subject<'_>) -> bool {
        let value = self.lookup.of(subject.tags);
        value.is_some_and(|value| self.values.as_ref().is_none_or(|values| values.accepting(value).is_some()))
    }

    fn because(&self, subject: &Subject<'_>) -> Option<String> {
        let value = self.lookup.of(subject.tags)?;
        Some(match &self.values {
            Some(values) => format!("tag {} = {}", self.lookup.key, values.accepting(value)?),
            None => format!("tag {} is set", self.lookup.key),
        })
    }
}

fn in_words(conditions: impl Iterator<Item = String>) -> String {
    let conditions: Vec<String> = conditions.collect();
    if conditions.is_empty() { "everything".to_owned() } else { conditions.join(", ") }
}
