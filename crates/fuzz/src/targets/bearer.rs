//! The `Authorization` header: one token, a part of the header as it stands, or nothing.

use server::fuzzing::bearer_of;

pub(super) fn check(bytes: &[u8]) {
    let Some(token) = bearer_of(bytes) else { return };
    assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()), "{token:?}");
    let given = std::str::from_utf8(bytes).expect("a token is read from text");
    let (scheme, rest) = given.split_once(' ').expect("a scheme stands before a token");
    assert!(scheme.eq_ignore_ascii_case("bearer"));
    assert_eq!(rest.trim_matches(' '), token);
    assert_eq!(bearer_of(format!("Bearer {token}").as_bytes()).as_ref(), Some(&token));
}
