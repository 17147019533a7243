//! Rules that fold sessions: whatever a rule's globs are, only the session of an assumed role is ever changed.
//!
//! Three lines: the glob of a role, the glob of a session, and a principal.

use std::borrow::Cow;

use bill::principal::{FoldRule, Principal, SessionFold};

use super::{lines, text};

pub(super) fn check(bytes: &[u8]) {
    let text = text(bytes);
    let [role, session, arn] = lines(&text).map(Option::unwrap_or_default);
    let rule = FoldRule { role: role.to_owned(), session: session.to_owned() };
    let Ok(fold) = SessionFold::new(std::slice::from_ref(&rule)) else { return };
    let folded = match fold.apply(arn) {
        Cow::Borrowed(same) => return assert_eq!(same, arn),
        Cow::Owned(folded) => folded,
    };
    let (before, _) = split_session(arn).unwrap_or_else(|| panic!("`{arn}` is no session and became `{folded}`"));
    assert_eq!(split_session(&folded), Some((before, "*")));
    assert_eq!(fold.apply(&folded), folded, "folding again changes nothing more");
    let principal = Principal::parse(Some(&folded)).expect("a principal");
    assert_eq!((principal.session.as_deref(), principal.person), (Some("*"), None));
}

/// `arn:aws:sts::123456789012:assumed-role/Role/` and the session.
fn split_session(arn: &str) -> Option<(&str, &str)> {
    let resource = arn.splitn(6, ':').nth(5)?;
    let (_, session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
    Some((&arn[..arn.len() - session.len()], session))
}
