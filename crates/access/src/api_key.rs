//! API keys: how machines are known.
//!
//! A key is `cbk_`, 256 random bits in base32, and a checksum: `cbk_` lets secret scanners find it, the checksum tells a
//! mistyped key from one that is not known without asking anyone, and 256 random bits need no slow hash: what is stored is
//! their SHA-256 (as [GitHub explains](https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/)
//! for its tokens).

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// What every key begins with.
pub const PREFIX: &str = "cbk_";
const SECRET_BYTES: usize = 32;
const SECRET_LETTERS: usize = 52;
const CHECKSUM_LETTERS: usize = 7;

/// A key as it is shown, once, to whoever made it. Debug output hides it.
#[derive(Clone, Debug)]
pub struct NewKey {
    secret: SecretString,
}

impl NewKey {
    /// A key that nobody can guess, from the operating system's randomness.
    pub fn random() -> Self {
        Self::from_bytes(rand::random())
    }

    fn from_bytes(bytes: [u8; SECRET_BYTES]) -> Self {
        let secret = letters(&bytes);
        let checksum = checksum(&secret);
        Self { secret: format!("{PREFIX}{secret}{checksum}").into() }
    }

    /// The text to show.
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }

    /// What is stored of it.
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(self.expose())
    }
}

/// What is stored of a key: it proves the key and does not give it away.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The hash of a text that was presented as a key; `None` where no key was ever written so.
    pub fn of_presented(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        if rest.len() != SECRET_LETTERS + CHECKSUM_LETTERS || !rest.is_ascii() {
            return None;
        }
        let (secret, given) = rest.split_at(SECRET_LETTERS);
        (checksum(secret) == given).then(|| Self::of(text))
    }

    /// The bytes, for the database.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyHash({}…)", &HEXLOWER.encode(&self.0[..4]))
    }
}

/// Whether a text claims to be one of our keys, right or wrong.
pub fn looks_like_a_key(text: &str) -> bool {
    text.starts_with(PREFIX)
}

fn letters(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

fn checksum(secret: &str) -> String {
    letters(&crc32fast::hash(secret.as_bytes()).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_again_and_a_mistyped_one_is_not_a_key() {
        let key = NewKey::random();
        assert!(key.expose().starts_with("cbk_"));
        assert_eq!(KeyHash::of_presented(key.expose()), Some(key.hash()));
        let mut mistyped = key.expose().to_owned();
        let last = if mistyped.ends_with('a') { 'b' } else { 'a' };
        mistyped.replace_range(10..11, &last.to_string());
        if mistyped != key.expose() {
            assert_eq!(KeyHash::of_presented(&mistyped), None);
        }
        for wrong in ["", "cbk_", "cbk_é", &"a".repeat(63), &key.expose()[..62]] {
            assert_eq!(KeyHash::of_presented(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_form_of_a_key_never_changes() {
        let key = NewKey::from_bytes([7; SECRET_BYTES]);
        assert_eq!(key.expose(), "cbk_a4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqma7siza");
    }

    #[test]
    fn debug_output_does_not_give_a_key_away() {
        let key = NewKey::random();
        let secret = &key.expose()[4..];
        assert!(!format!("{key:?} {:?}", key.hash()).contains(secret));
    }
}
