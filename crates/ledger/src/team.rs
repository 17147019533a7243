use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The id of the team of what no rule claims.
const UNATTRIBUTED: &str = "unattributed";

/// The id of a team: 1 to 64 lower-case ASCII letters, digits and single dashes between them, such as `data-science`.
///
/// `unattributed` is the id of what no rule claims; no name of a team ever becomes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TeamSlug(String);

impl TeamSlug {
    /// The longest slug, in characters.
    pub const LONGEST: usize = 64;

    /// The slug of a name: lower case, and each run of other characters a dash.
    ///
    /// A name without any ASCII letter or digit (`日本`) becomes `team-` and eight hexadecimal digits of its SHA-256. So
    /// does a name that would become `unattributed`: its cost is never mixed with what no rule claims, and
    /// [`TeamDirectory::insert`] refuses it by name. Different names may have one slug; the directory finds that out.
    pub fn of_name(name: &str) -> Self {
        let slug = letters_and_dashes(name);
        if slug.is_empty() || slug == UNATTRIBUTED { Self(format!("team-{}", short_hash(name))) } else { Self(slug) }
    }

    /// The id of what no rule claims.
    pub fn unattributed() -> Self {
        Self(UNATTRIBUTED.to_owned())
    }

    /// Whether this is the id of what no rule claims.
    pub fn is_unattributed(&self) -> bool {
        self.0 == UNATTRIBUTED
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn letters_and_dashes(name: &str) -> String {
    let mut slug = String::with_capacity(name.len().min(TeamSlug::LONGEST));
    for character in name.chars() {
        if slug.len() == TeamSlug::LONGEST {
            break;
        }
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

fn short_hash(name: &str) -> String {
    Sha256::digest(name.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for TeamSlug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text that is not the id of a team.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a team id; use at most 64 lower-case letters a to z, digits, and single dashes between them, such as {1}"
)]
pub struct ParseTeamSlugError(String, TeamSlug);

impl FromStr for TeamSlug {
    type Err = ParseTeamSlugError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.is_empty() && letters_and_dashes(text) == text {
            return Ok(Self(text.to_owned()));
        }
        Err(ParseTeamSlugError(
            shorten(text),
            if text.is_empty() { Self::of_name("data-science") } else { Self::of_name(text) },
        ))
    }
}

impl TryFrom<String> for TeamSlug {
    type Error = ParseTeamSlugError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TeamSlug> for String {
    fn from(slug: TeamSlug) -> Self {
        slug.0
    }
}

/// A team: its id, and the name that people know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Team {
    /// The id.
    pub slug: TeamSlug,
    /// The name to show: as declared in a `[[team]]`, or as first written in a rule or a tag.
    pub name: String,
}

/// Two names that would be one team though nobody said that they are, or a name that would be `unattributed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamCollision {
    /// The id that both would have.
    pub slug: TeamSlug,
    /// The name that has it; `unattributed` where the id is the reserved one.
    pub first: String,
    /// The name that asked for it.
    pub second: String,
}

impl std::error::Error for TeamCollision {}

impl fmt::Display for TeamCollision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (slug, first, second) = (&self.slug, shorten(&self.first), shorten(&self.second));
        if slug.is_unattributed() {
            return write!(
                formatter,
                "a team may not be called `{second}`: the id `{slug}` is kept for what no rule claims; list the name \
                 under `values` of a [[team]] with another slug"
            );
        }
        write!(
            formatter,
            "`{first}` and `{second}` would both be team `{slug}`; if they are one team, list both in a [[team]] (one \
             as `name`, the other under `values`), else give one of them a [[team]] with another slug"
        )
    }
}

/// All teams met so far, and the proof that no two names share an id unless a `[[team]]` says so.
///
/// [`crate::Ownership::team_directory`] begins with the teams of the rules. Whoever applies rules to a bill inserts
/// the name of every owner met; a collision is an error to show, not to mend.
#[derive(Clone, Debug, Default)]
pub struct TeamDirectory {
    slugs: HashMap<String, TeamSlug>,
    names: BTreeMap<TeamSlug, String>,
}

impl TeamDirectory {
    /// The id of a team by its name, which is added if it is new. Names that are equal are the same team.
    ///
    /// # Errors
    /// When another name has the id, or the name would be `unattributed`, and no `[[team]]` lists it.
    pub fn insert(&mut self, name: &str) -> Result<TeamSlug, TeamCollision> {
        if let Some(slug) = self.slugs.get(name) {
            return Ok(slug.clone());
        }
        let collision = |slug, first: &str| TeamCollision { slug, first: first.to_owned(), second: name.to_owned() };
        if letters_and_dashes(name) == UNATTRIBUTED {
            return Err(collision(TeamSlug::unattributed(), UNATTRIBUTED));
        }
        let slug = TeamSlug::of_name(name);
        if let Some(first) = self.names.get(&slug) {
            return Err(collision(slug, first));
        }
        self.names.insert(slug.clone(), name.to_owned());
        self.slugs.insert(name.to_owned(), slug.clone());
        Ok(slug)
    }

    /// Adds a team that was met before, perhaps under other rules, so that a new name does not take its id.
    ///
    /// What the directory already says about the id or the name stays. A name that does not make this id came from a
    /// `[[team]]` that is gone, and binds nobody any more.
    pub fn remember(&mut self, slug: &str, name: &str) {
        if !self.slugs.contains_key(name) && TeamSlug::of_name(name).as_str() == slug {
            // An id that is taken is a team of the rules in force, whose word comes first.
            let _ = self.insert(name);
        }
    }

    /// The team of a name: as known, or as it would be added.
    pub fn team(&self, name: &str) -> Team {
        match self.slugs.get(name) {
            Some(slug) => Team { slug: slug.clone(), name: self.name(slug).unwrap_or(name).to_owned() },
            None => Team { slug: TeamSlug::of_name(name), name: name.to_owned() },
        }
    }

    /// The name to show for an id.
    pub fn name(&self, slug: &TeamSlug) -> Option<&str> {
        self.names.get(slug).map(String::as_str)
    }

    /// All teams, by id.
    pub fn teams(&self) -> impl Iterator<Item = Team> {
        self.names.iter().map(|(slug, name)| Team { slug: slug.clone(), name: name.clone() })
    }

    /// Adds a team of a `[[team]]` table. `Err` is the text that already means another team.
    pub(crate) fn declare(&mut self, team: &Team, values: &[&str]) -> Result<(), String> {
        if self.names.contains_key(&team.slug) {
            return Err(team.slug.to_string());
        }
        for text in [team.slug.as_str(), &team.name].iter().chain(values) {
            match self.slugs.get(*text) {
                Some(slug) if *slug != team.slug => return Err((*text).to_owned()),
                _ => self.slugs.insert((*text).to_owned(), team.slug.clone()),
            };
        }
        self.names.insert(team.slug.clone(), team.name.clone());
        Ok(())
    }
}

/// A text of the user for an error sentence: tag values may be long.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn declared(slug: &str, name: &str, values: &[&str]) -> TeamDirectory {
        let mut directory = TeamDirectory::default();
        let team = Team { slug: slug.parse().expect(slug), name: name.into() };
        directory.declare(&team, values).expect("the first team");
        directory
    }

    #[test]
    fn a_name_becomes_lower_case_words_with_dashes() {
        for (name, slug) in [
            ("ds", "ds"),
            ("Data Science", "data-science"),
            ("  R&D -- Berlin! ", "r-d-berlin"),
            ("BedrockDataScience", "bedrockdatascience"),
            ("Zürich", "z-rich"),
            ("user-1@acme.org", "user-1-acme-org"),
        ] {
            assert_eq!(TeamSlug::of_name(name).as_str(), slug, "{name}");
        }
    }

    #[test]
    fn a_name_with_nothing_left_is_named_by_its_hash() {
        assert_eq!(TeamSlug::of_name("日本").as_str(), "team-cf2abf0c");
        assert_ne!(TeamSlug::of_name("日本"), TeamSlug::of_name("中国"));
    }

    #[test]
    fn a_long_name_is_cut_and_never_ends_with_a_dash() {
        assert_eq!(TeamSlug::of_name(&"x".repeat(300)).as_str(), "x".repeat(64));
        assert_eq!(TeamSlug::of_name(&format!("{} y", "x".repeat(63))).as_str(), "x".repeat(63));
    }

    #[test]
    fn a_text_that_is_no_slug_is_refused_with_one_that_is() {
        let error = "Data Science".parse::<TeamSlug>().expect_err("not a slug").to_string();
        assert_eq!(
            error,
            "`Data Science` is not a team id; use at most 64 lower-case letters a to z, digits, and single dashes \
             between them, such as data-science"
        );
        for text in ["", "-a", "a-", "a--b", "A", "é", &"x".repeat(65)] {
            assert!(text.parse::<TeamSlug>().is_err(), "{text}");
        }
    }

    #[test]
    fn equal_names_are_one_team() {
        let mut directory = TeamDirectory::default();
        assert_eq!(directory.insert("Data Science"), Ok(TeamSlug::of_name("data-science")));
        assert_eq!(directory.insert("Data Science"), Ok(TeamSlug::of_name("data-science")));
        assert_eq!(directory.teams().map(|team| team.name).collect::<Vec<_>>(), ["Data Science"]);
    }

    #[test]
    fn two_names_with_one_slug_are_an_error_naming_both() {
        let mut directory = TeamDirectory::default();
        directory.insert("Data Science").expect("the first");
        let error = directory.insert("data-science").expect_err("the second");
        assert_eq!((error.first.as_str(), error.second.as_str()), ("Data Science", "data-science"));
        assert_eq!(
            error.to_string(),
            "`Data Science` and `data-science` would both be team `data-science`; if they are one team, list both in a \
             [[team]] (one as `name`, the other under `values`), else give one of them a [[team]] with another slug"
        );
    }

    #[test]
    fn a_declared_team_gathers_its_slug_its_name_and_its_values() {
        let mut directory = declared("data-science", "Data Science", &["DS", "BedrockDataScience"]);
        for name in ["data-science", "Data Science", "DS", "BedrockDataScience"] {
            assert_eq!(directory.insert(name).as_ref().map(TeamSlug::as_str), Ok("data-science"), "{name}");
            assert_eq!(directory.team(name).name, "Data Science");
        }
        assert!(directory.insert("DATA SCIENCE").is_err(), "nobody declared this spelling");
        assert_eq!(directory.insert("ds").as_ref().map(TeamSlug::as_str), Ok("ds"), "another team: case counts");
    }

    #[test]
    fn a_team_called_unattributed_is_refused_and_never_shares_its_id() {
        for name in ["unattributed", "Unattributed", " UNATTRIBUTED! "] {
            assert!(!TeamDirectory::default().team(name).slug.is_unattributed(), "{name}");
            let error = TeamDirectory::default().insert(name).expect_err(name).to_string();
            assert_eq!(
                error,
                format!(
                    "a team may not be called `{name}`: the id `unattributed` is kept for what no rule claims; list \
                     the name under `values` of a [[team]] with another slug"
                )
            );
        }
        let mut directory = declared("nobody-s", "Nobody's", &["unattributed"]);
        assert_eq!(directory.insert("unattributed").as_ref().map(TeamSlug::as_str), Ok("nobody-s"));
    }

    #[test]
    fn a_remembered_team_keeps_its_id_unless_the_rules_name_it() {
        let mut directory = declared("ds", "Data Science", &[]);
        directory.remember("ds", "ds of old");
        directory.remember("eng", "Eng");
        directory.remember("gone", "Declared Once");
        assert!(directory.insert("eng").is_err(), "`Eng` has this id");
        assert_eq!(directory.insert("gone").as_ref().map(TeamSlug::as_str), Ok("gone"));
        assert_eq!(directory.name(&TeamSlug::of_name("ds")), Some("Data Science"));
    }

    proptest! {
        #[test]
        fn every_name_has_a_slug_that_reads_back(name in any::<String>()) {
            let slug = TeamSlug::of_name(&name);
            prop_assert!(!slug.is_unattributed());
            prop_assert_eq!(slug.as_str().parse::<TeamSlug>(), Ok(slug.clone()));
        }

        #[test]
        fn a_directory_agrees_with_itself(names in proptest::collection::vec("[aAbB -]{1,3}", 1..20)) {
            let mut directory = declared("a", "A", &["b"]);
            for name in names {
                let foretold = directory.team(&name);
                if let Ok(slug) = directory.insert(&name) {
                    prop_assert_eq!(&slug, &foretold.slug);
                    prop_assert_eq!(directory.team(&name), foretold);
                }
            }
        }
    }
}
