//! Lists in one parameter: `a,b,c`, where `\,` stands for a comma and `\\` for a backslash.

/// The parts of a list. An empty text is one empty part. A backslash before anything else stands for itself.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => part.push(characters.next_if(|next| matches!(next, ',' | '\\')).unwrap_or('\\')),
            ',' => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    parts.push(part);
    parts
}

/// A list that [`split`] takes apart into the same parts.
pub(crate) fn join<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let escaped: Vec<String> = parts.into_iter().map(|part| part.replace('\\', "\\\\").replace(',', "\\,")).collect();
    escaped.join(",")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_backslash_keeps_a_comma_inside_a_value() {
        assert_eq!(split(r"a\,b,c"), ["a,b", "c"]);
        assert_eq!(split(r"a\\,b"), ["a\\", "b"]);
        assert_eq!(split(r"DOMAIN\user"), [r"DOMAIN\user"]);
        assert_eq!(split(r"a\"), [r"a\"]);
    }

    #[test]
    fn an_empty_part_is_kept_because_it_means_not_set() {
        assert_eq!(split(""), [""]);
        assert_eq!(split("a,"), ["a", ""]);
    }

    proptest! {
        #[test]
        fn what_is_joined_comes_apart_again(parts in proptest::collection::vec(r"[a,\\ é]{0,5}", 1..5)) {
            prop_assert_eq!(split(&join(parts.iter().map(String::as_str))), parts);
        }
    }
}
