use bill::tags::TagKey;
use figment::value::magic::RelativePathBuf;
use secrecy::SecretString;
use serde::Deserialize;

/// `[privacy]`: how persons appear.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrivacyConfig {
    /// Show sessions, user names and e-mail addresses as keyed pseudonyms that stay the same over time.
    pub pseudonymous: bool,
    /// The secret key of the pseudonyms, at least 32 bytes. Better given as `CHARGEBACK_PRIVACY__KEY` or in a file.
    pub key: Option<SecretString>,
    /// A file that holds the key.
    pub key_file: Option<RelativePathBuf>,
    /// Tags whose values name persons. In any other tag, values that hold an e-mail address are hidden.
    pub person_tags: Vec<TagKey>,
}
