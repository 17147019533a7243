use std::borrow::Cow;

/// The sign of an address, and the two other forms in which Unicode has it.
const AT: [char; 3] = ['@', '\u{ff20}', '\u{fe6b}'];

/// Whether a text holds anything that may be an e-mail address: an `@` with something at both sides. Rather too much is
/// hidden than too little, so nothing is asked of the domain.
pub fn holds_email(text: &str) -> bool {
    let is_part = |neighbour: Option<char>| neighbour.is_some_and(|c| !c.is_whitespace() && !AT.contains(&c));
    text.match_indices(AT)
        .any(|(at, sign)| is_part(text[..at].chars().next_back()) && is_part(text[at + sign.len()..].chars().next()))
}

/// Letter case makes no difference to an address. It may make one to a name.
pub(super) fn without_case(text: &str) -> Cow<'_, str> {
    if holds_email(text) { text.trim().to_lowercase().into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_wherever_it_stands() {
        for text in [
            "alice@example.com",
            "Alice Smith <alice@example.com>",
            "mailto:alice@example.com",
            "owner=alice@example.com;team=ds",
            "alice@localhost",
            "@ alice@example.com",
            "élise@例え.jp",
            "alice\u{ff20}example.com",
        ] {
            assert!(holds_email(text), "{text}");
        }
        for text in ["", "@", "alice", "@home", "alice@", "a @ b", "CC-1001", "@@", "alice @example"] {
            assert!(!holds_email(text), "{text}");
        }
    }
}
