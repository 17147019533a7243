//! What API keys may be called, how long they last, and what they allow in words: the same on the command line and over
//! HTTP.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use access::{Extent, Grants, Permission};
use chrono::{DateTime, TimeDelta, Utc};

/// How long a key that was replaced is accepted, where nothing else is said.
pub(crate) const USUAL_OVERLAP: TimeDelta = TimeDelta::hours(24);
/// A key that is replaced because it leaked must not go on for a year.
pub(crate) const LONGEST_OVERLAP: TimeDelta = TimeDelta::days(30);

/// What people call a key: letters, digits and a few signs, so that it looks the same wherever it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyName(String);

impl KeyName {
    /// The longest, in letters.
    pub(crate) const LONGEST: usize = 100;
    /// The same as a regular expression, for the OpenAPI document.
    pub(crate) const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9 ._@:/+-]{0,99}$";
}

/// A text that no key may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a key is called by at most {longest} letters, digits, spaces and signs of `._@:/+-`, and begins with a letter or digit",
    longest = KeyName::LONGEST
)]
pub(crate) struct ParseKeyNameError;

impl FromStr for KeyName {
    type Err = ParseKeyNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let begins_well = text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" ._@:/+-".contains(&byte));
        if begins_well && is_plain && text.len() <= Self::LONGEST {
            return Ok(Self(text.to_owned()));
        }
        Err(ParseKeyNameError)
    }
}

impl From<KeyName> for String {
    fn from(name: KeyName) -> Self {
        name.0
    }
}

/// How long a key lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// So long.
    Of(TimeDelta),
    /// Until it is revoked.
    Unlimited,
}

impl Lifetime {
    /// Where nothing else is said: a year.
    pub(crate) const USUAL: Self = Self::Of(TimeDelta::days(365));
    /// How it is written, as a regular expression.
    pub(crate) const PATTERN: &'static str = "^(never|[1-9][0-9]{0,3}[mhd])$";
    const LONGEST: TimeDelta = TimeDelta::days(9_999);

    /// A lifetime of this length.
    ///
    /// # Errors
    /// Where it is nothing, or longer than anybody can answer for.
    pub(crate) fn lasting(duration: Duration) -> Result<Self, ParseLifetimeError> {
        let delta = TimeDelta::from_std(duration).map_err(|_| ParseLifetimeError)?;
        if delta <= TimeDelta::zero() || delta > Self::LONGEST {
            return Err(ParseLifetimeError);
        }
        Ok(Self::Of(delta))
    }

    /// When a key that is made now ends.
    pub(crate) fn end(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Of(delta) => Some(now + delta),
            Self::Unlimited => None,
        }
    }
}

/// A text that says no lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key lasts for minutes, hours or days, such as 30m, 12h or 90d, at most 9999d; or it expires `never`")]
pub(crate) struct ParseLifetimeError;

impl FromStr for Lifetime {
    type Err = ParseLifetimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(Self::Unlimited);
        }
        let digits = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
        let is_number =
            !digits.starts_with('0') && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number: i64 = digits.parse().ok().filter(|_| is_number).ok_or(ParseLifetimeError)?;
        match text.bytes().last() {
            Some(b'm') => Ok(Self::Of(TimeDelta::minutes(number))),
            Some(b'h') => Ok(Self::Of(TimeDelta::hours(number))),
            Some(b'd') => Ok(Self::Of(TimeDelta::days(number))),
            _ => Err(ParseLifetimeError),
        }
    }
}

/// What is allowed, for people: `costs:read of teams ds, ml; audit:read of everything`.
pub(crate) struct InWords<'g>(pub(crate) &'g Grants);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by_extent: Vec<(&Extent, Vec<Permission>)> = Vec::new();
        for (permission, extent) in self.0.iter() {
            match by_extent.iter_mut().find(|(known, _)| *known == extent) {
                Some((_, permissions)) => permissions.push(permission),
                None => by_extent.push((extent, vec![permission])),
            }
        }
        for (index, (extent, permissions)) in by_extent.into_iter().enumerate() {
            let permissions: Vec<&str> = permissions.into_iter().map(Permission::as_str).collect();
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{} of {}", permissions.join(", "), extent_in_words(extent))?;
        }
        Ok(())
    }
}

fn extent_in_words(extent: &Extent) -> String {
    let Some(part) = extent.part() else { return "everything".to_owned() };
    let list = |kind: &str, names: Vec<String>| (!names.is_empty()).then(|| format!("{kind} {}", names.join(", ")));
    let lists = [
        list("teams", part.teams.iter().cloned().collect()),
        list("accounts", part.accounts.iter().cloned().collect()),
        list("tags", part.tags.iter().map(|tag| printable(&tag.to_string())).collect()),
    ];
    let lists: Vec<String> = lists.into_iter().flatten().collect();
    if lists.is_empty() { "nothing".to_owned() } else { lists.join(" and ") }
}

/// Values of tags are anything; a terminal must not take them for commands.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use access::{Grant, GrantText, Role};

    use super::*;

    #[test]
    fn a_name_looks_the_same_wherever_it_is_shown() {
        for name in ["grafana", "7", "Data Science: nightly/export", "a".repeat(100).as_str()] {
            assert_eq!(name.parse(), Ok(KeyName(name.to_owned())));
        }
        for wrong in ["", " a", "-a", "a\u{1b}[2J", "a\u{202e}b", "a\n", "é", "a".repeat(101).as_str()] {
            assert_eq!(wrong.parse::<KeyName>(), Err(ParseKeyNameError), "{wrong:?}");
        }
    }

    #[test]
    fn a_lifetime_is_written_in_one_way() {
        let of = |delta| Ok(Lifetime::Of(delta));
        assert_eq!("90d".parse(), of(TimeDelta::days(90)));
        assert_eq!("1h".parse(), of(TimeDelta::hours(1)));
        assert_eq!("9999m".parse(), of(TimeDelta::minutes(9999)));
        assert_eq!("never".parse(), Ok(Lifetime::Unlimited));
        for wrong in ["", "d", "0d", "01d", "-1d", "+1d", "10000d", "90", "90s", "90 d", "1d1h", "９d", "é", "Never"]
        {
            assert_eq!(wrong.parse::<Lifetime>(), Err(ParseLifetimeError), "{wrong:?}");
        }
        assert_eq!(Lifetime::lasting(Duration::ZERO), Err(ParseLifetimeError));
        assert_eq!(Lifetime::lasting(Duration::MAX), Err(ParseLifetimeError));
    }

    #[test]
    fn what_is_allowed_is_said_in_words() {
        let grant = |text: GrantText| Grant::try_from(text).expect("a grant");
        let team = grant(GrantText {
            role: Some(Role::TeamLead),
            teams: vec!["ml".to_owned(), "ds".to_owned()],
            tags: vec!["cost-center=12345".parse().expect("a tag")],
            ..GrantText::default()
        });
        let all =
            grant(GrantText { permissions: vec![Permission::AuditRead], everything: true, ..GrantText::default() });
        let grants: Grants = [&team, &all].into_iter().collect();
        assert_eq!(
            InWords(&grants).to_string(),
            "costs:read, drilldown:run, statements:read of teams ds, ml and tags cost-center=12345; \
             audit:read of everything"
        );
    }
}
