//! From `[privacy]` to the pseudonyms of persons.

use std::path::{Path, PathBuf};

use access::pseudonym::{Pseudonyms, ShortKey};
use secrecy::{ExposeSecret, SecretString};

use crate::config::PrivacyConfig;

/// Why persons cannot be hidden as configured: one sentence saying what would be right. None shows the key.
#[derive(Debug, thiserror::Error)]
pub enum PrivacyError {
    /// There is no key.
    #[error(
        "`[privacy] pseudonymous` needs a secret key of at least 32 random bytes: give it as `CHARGEBACK_PRIVACY__KEY`, or \
         write it into a file (`openssl rand -hex 32`) and name that as `[privacy] key_file`"
    )]
    NoKey,
    /// There are two keys.
    #[error("`[privacy]` has both `key` and `key_file`; give one of them")]
    TwoKeys,
    /// The key is too short.
    #[error("`[privacy] key`: {0}")]
    Short(ShortKey),
    /// The key in the file is too short.
    #[error("`[privacy] key_file` {}: {reason}", file.display())]
    ShortInFile {
        /// The file.
        file: PathBuf,
        /// How short.
        reason: ShortKey,
    },
    /// The file of the key cannot be read.
    #[error("`[privacy] key_file` {} cannot be read: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// The pseudonyms under which persons appear; `None` where they appear as billed.
///
/// # Errors
/// Where persons are to be hidden and there is no key to do it with.
pub fn pseudonyms(config: &PrivacyConfig) -> Result<Option<Pseudonyms>, PrivacyError> {
    if !config.pseudonymous {
        return Ok(None);
    }
    let pseudonyms = match (&config.key, &config.key_file) {
        (Some(_), Some(_)) => return Err(PrivacyError::TwoKeys),
        (None, None) => return Err(PrivacyError::NoKey),
        (Some(key), None) => Pseudonyms::new(key.clone()).map_err(PrivacyError::Short)?,
        (None, Some(file)) => of_file(&file.relative())?,
    };
    Ok(Some(pseudonyms.with_person_tags(config.person_tags.iter().cloned())))
}

fn of_file(file: &Path) -> Result<Pseudonyms, PrivacyError> {
    let text: SecretString =
        std::fs::read_to_string(file).map_err(|source| PrivacyError::File { file: file.to_owned(), source })?.into();
    // Editors and shells end a file with a line feed that nobody takes for a part of the key.
    let key: SecretString = text.expose_secret().trim_end_matches(['\r', '\n']).to_owned().into();
    Pseudonyms::new(key).map_err(|reason| PrivacyError::ShortInFile { file: file.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &PrivacyConfig) -> Result<Option<String>, String> {
        let pseudonyms = pseudonyms(config).map_err(|error| error.to_string())?;
        Ok(pseudonyms.map(|pseudonyms| pseudonyms.fingerprint()))
    }

    fn pseudonymous() -> PrivacyConfig {
        PrivacyConfig { pseudonymous: true, ..PrivacyConfig::default() }
    }

    fn with_key(key: &str) -> PrivacyConfig {
        PrivacyConfig { key: Some(key.to_owned().into()), ..pseudonymous() }
    }

    #[test]
    fn persons_appear_as_billed_unless_the_configuration_says_otherwise() {
        assert_eq!(read(&PrivacyConfig::default()), Ok(None));
        let key_alone = PrivacyConfig { pseudonymous: false, ..with_key(&"k".repeat(32)) };
        assert_eq!(read(&key_alone), Ok(None));
    }

    #[test]
    fn a_key_that_is_missing_or_short_is_refused_in_one_sentence_that_does_not_show_it() {
        let error = read(&pseudonymous()).expect_err("no key");
        assert!(
            error.starts_with("`[privacy] pseudonymous` needs a secret key of at least 32 random bytes"),
            "{error}"
        );
        let error = read(&with_key("sesame")).expect_err("a short key");
        assert_eq!(error, "`[privacy] key`: the key of pseudonyms has 6 bytes; at least 32 random ones are needed");
    }

    #[test]
    fn the_key_may_be_in_a_file_and_the_end_of_its_line_is_no_part_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("pseudonyms.key");
        let with_file = PrivacyConfig { key_file: Some(file.clone().into()), ..pseudonymous() };
        assert!(read(&with_file).expect_err("no file").contains("pseudonyms.key cannot be read: "));
        std::fs::write(&file, "too short\n").expect("a file");
        assert!(
            read(&with_file).expect_err("a short key").ends_with("has 9 bytes; at least 32 random ones are needed")
        );
        std::fs::write(&file, format!("{}\r\n", "k".repeat(32))).expect("a file");
        assert_eq!(read(&with_file), read(&with_key(&"k".repeat(32))));
        let both = PrivacyConfig { key_file: with_file.key_file, ..with_key(&"k".repeat(32)) };
        assert_eq!(read(&both), Err("`[privacy]` has both `key` and `key_file`; give one of them".to_owned()));
    }
}
