//! Keyed pseudonyms: a person keeps the same name over time, and nobody without the key can tell who it is, or try out
//! whether it is somebody they have in mind.
//!
//! Hidden are the names of users and sessions, whoever is behind them, and every e-mail address. What belongs to the
//! organisation stays readable: accounts, roles, permission sets, services. Two things that differ have two pseudonyms, so
//! that no two persons become one; e-mail addresses that differ only in letter case are one person.

mod email;
mod principal;
mod tags;

use std::collections::BTreeSet;

use bill::tags::TagKey;
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

pub use self::email::holds_email;
use self::email::without_case;

const SHORTEST_KEY_BYTES: usize = 32;
const LETTERS: usize = 16;
/// Counted up whenever the same key gives other pseudonyms than before, so that those kept are written anew.
const EDITION: &str = "1";

/// Gives pseudonyms under one secret key. Debug output hides it.
#[derive(Clone, Debug)]
pub struct Pseudonyms {
    key: SecretString,
    person_tags: BTreeSet<TagKey>,
}

/// A key that is too short to keep anything secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key of pseudonyms has {0} bytes; at least {SHORTEST_KEY_BYTES} random ones are needed")]
pub struct ShortKey(usize);

/// What a pseudonym stands for. The same text as two kinds of thing has two pseudonyms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A person, by e-mail address or name.
    Person,
    /// An IAM user or a federated one.
    User,
    /// A role session.
    Session,
    /// A role, or its path, that is named after an e-mail address.
    Role,
    /// A principal as a whole, of a form that nobody knows.
    Principal,
}

impl Named {
    fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::User => "user",
            Self::Session => "session",
            Self::Role => "role",
            Self::Principal => "principal",
        }
    }
}

impl Pseudonyms {
    /// Pseudonyms under this key.
    ///
    /// # Errors
    /// Where the key is shorter than 32 bytes.
    pub fn new(key: SecretString) -> Result<Self, ShortKey> {
        let length = key.expose_secret().len();
        if length < SHORTEST_KEY_BYTES { Err(ShortKey(length)) } else { Ok(Self { key, person_tags: BTreeSet::new() }) }
    }

    /// The same, with all values of these tags taken for persons.
    #[must_use]
    pub fn with_person_tags(mut self, tags: impl IntoIterator<Item = TagKey>) -> Self {
        self.person_tags.extend(tags);
        self
    }

    /// `person-x4k2…`: 80 bits of HMAC-SHA-256 over the kind and the text.
    pub fn of(&self, named: Named, text: &str) -> String {
        format!("{}-{}", named.as_str(), self.letters(named.as_str(), text))
    }

    /// A person, by e-mail address or name. Letter case makes no difference to an address.
    pub fn person(&self, text: &str) -> String {
        self.of(Named::Person, &without_case(text))
    }

    /// The name of an account, which somebody may have named after a person.
    pub fn account_name(&self, name: &str) -> String {
        if holds_email(name) { self.person(name) } else { name.to_owned() }
    }

    /// The same for the same key and the same tags of persons: what pseudonyms were made with.
    pub fn fingerprint(&self) -> String {
        let mut text = EDITION.to_owned();
        for tag in &self.person_tags {
            // No tag holds a NUL, so no two sets of tags run into one text.
            text.push('\0');
            text.push_str(&tag.to_string());
        }
        self.letters("fingerprint", &text)
    }

    fn letters(&self, kind: &str, text: &str) -> String {
        // It takes keys of any length: what fails is what it shares with other codes.
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.key.expose_secret().as_bytes()).expect("HMAC takes keys of any length");
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        let digest = mac.finalize().into_bytes();
        let mut letters = BASE32_NOPAD.encode(&digest).to_ascii_lowercase();
        letters.truncate(LETTERS);
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn pseudonyms(key: &str) -> Pseudonyms {
        Pseudonyms::new(key.to_owned().into()).expect("a key")
    }

    #[test]
    fn a_pseudonym_depends_on_the_key_the_kind_and_the_text_and_on_nothing_else() {
        let (one, other) = (pseudonyms(&"k".repeat(32)), pseudonyms(&"l".repeat(32)));
        let alice = one.of(Named::Person, "alice@example.com");
        assert_eq!(alice, one.of(Named::Person, "alice@example.com"));
        assert!(alice.starts_with("person-") && !alice.contains("alice"));
        assert_ne!(alice[7..], one.of(Named::User, "alice@example.com")[5..]);
        assert_ne!(alice, one.of(Named::Person, "bob@example.com"));
        assert_ne!(alice, other.of(Named::Person, "alice@example.com"));
        // printf 'person\0alice@example.com' | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk -binary | base32
        assert_eq!(alice, "person-y7w7dzzaadqs7rtw");
    }

    #[test]
    fn the_fingerprint_is_of_the_key_and_of_the_tags_of_persons() {
        let key = "k".repeat(32);
        let tags = |tags: &[&str]| tags.iter().map(|tag| tag.parse::<TagKey>().expect("a tag")).collect::<Vec<_>>();
        let made = [
            pseudonyms(&key),
            pseudonyms(&"l".repeat(32)),
            pseudonyms(&key).with_person_tags(tags(&["user"])),
            pseudonyms(&key).with_person_tags(tags(&["user", "owner"])),
        ];
        let fingerprints: BTreeSet<String> = made.iter().map(Pseudonyms::fingerprint).collect();
        assert_eq!(fingerprints.len(), made.len());
        let turned = pseudonyms(&key).with_person_tags(tags(&["owner", "user"]));
        assert!(fingerprints.contains(&turned.fingerprint()), "their order makes no difference");
    }

    #[test]
    fn an_address_is_the_same_person_in_any_letter_case_and_a_name_is_not() {
        let pseudonyms = pseudonyms(&"k".repeat(32));
        assert_eq!(pseudonyms.person("Alice@Example.COM"), pseudonyms.person("alice@example.com"));
        assert_ne!(pseudonyms.person("Alice"), pseudonyms.person("alice"));
    }

    #[test]
    fn an_account_named_after_an_address_is_hidden() {
        let pseudonyms = pseudonyms(&"k".repeat(32));
        assert_eq!(pseudonyms.account_name("Sandbox"), "Sandbox");
        assert_eq!(pseudonyms.account_name("alice@example.com"), pseudonyms.person("alice@example.com"));
        assert!(pseudonyms.account_name("sandbox of alice@example.com").starts_with("person-"));
    }

    #[test]
    fn a_short_key_is_refused_and_no_key_is_shown() {
        assert_eq!(Pseudonyms::new("short".to_owned().into()).err(), Some(ShortKey(5)));
        assert!(!format!("{:?}", pseudonyms(&"k".repeat(40))).contains("kkkk"));
    }
}
