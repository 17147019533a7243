//! How a model is called in a path.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The id of the model of this name: letters in lower case, digits and dots kept, a dash for whatever is between them.
///
/// `Claude Sonnet 4.6` is `claude-sonnet-4.6`. It depends on the name alone, so that it is the same in every month and for every
/// caller. Letters of other alphabets are told apart by a digest of the name. Names that differ in letter case and punctuation
/// alone have one id, and are one model here.
pub(crate) fn model_id(name: &str) -> String {
    let kept = |character: char| character.is_ascii_alphanumeric() || character == '.';
    let words = name.split(|character| !kept(character)).filter(|word| !word.is_empty());
    let mut id = words.collect::<Vec<_>>().join("-").to_ascii_lowercase().trim_matches('.').to_owned();
    if id.is_empty() || !name.is_ascii() {
        let digest = HEXLOWER.encode(&Sha256::digest(name.as_bytes())[..4]);
        id = if id.is_empty() { format!("model-{digest}") } else { format!("{id}-{digest}") };
    }
    id
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_names_that_grammars_give_stay_readable() {
        for (name, id) in [
            ("Claude Sonnet 4.6", "claude-sonnet-4.6"),
            ("Titan Text G1 - Express", "titan-text-g1-express"),
            ("gpt-oss-120b", "gpt-oss-120b"),
            ("us.anthropic.claude-a-v1:0", "us.anthropic.claude-a-v1-0"),
        ] {
            assert_eq!(model_id(name), id);
        }
    }

    #[test]
    fn names_without_any_letter_of_ours_are_told_apart() {
        let names = ["模型", "模型二", "..", "/", "..\u{301}", "Modèle", "Modele", "Modéle"];
        let ids: BTreeSet<String> = names.iter().map(|name| model_id(name)).collect();
        assert_eq!(ids.len(), names.len(), "{ids:?}");
    }

    proptest! {
        #[test]
        fn an_id_is_safe_in_a_path_and_is_never_a_step_up(name in any::<String>()) {
            let id = model_id(&name);
            prop_assert!(!id.is_empty() && !id.starts_with('.') && !id.ends_with('.'), "{}", id);
            prop_assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte)));
        }
    }
}
