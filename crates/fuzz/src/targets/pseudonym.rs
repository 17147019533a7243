//! Principals whose persons are hidden: no part names anybody, two principals stay two, and the same stays the same.
//!
//! Two lines, a principal each.

use access::pseudonym::{Pseudonyms, holds_email};
use bill::principal::{Identity, Principal};

use super::{lines, text};

pub(super) fn pseudonyms() -> Pseudonyms {
    Pseudonyms::new("a key that is known to everybody, for tests".to_owned().into()).expect("a key that is long enough")
}

pub(super) fn check(bytes: &[u8]) {
    let text = text(bytes);
    let [one, other]: [Option<&str>; 2] = lines(&text);
    let pseudonyms = pseudonyms();
    let hide = |billed| {
        let principal = Principal::parse(billed)?;
        let hidden = pseudonyms.principal(&principal);
        assert_eq!(pseudonyms.principal(&principal), hidden);
        check_hidden(&principal, &hidden);
        Some((principal.arn, hidden.arn))
    };
    if let (Some(one), Some(other)) = (hide(one), hide(other)) {
        assert_eq!(one.0 == other.0, one.1 == other.1, "{one:?} {other:?}");
    }
}

fn check_hidden(principal: &Principal, hidden: &Principal) {
    let read = Principal::parse(Some(&hidden.arn)).expect("an ARN that is shown is never blank");
    assert_eq!(read.id, hidden.id, "a question with the ARN that is shown finds the principal");
    let Principal { partition, account, name, path, role, session, permission_set, person, .. } = hidden;
    let parts = [partition, account, name, path, role, session, permission_set, person];
    assert!(parts.into_iter().flatten().all(|part| !holds_email(part)), "{hidden:?}");
    let is_user = matches!(principal.identity, Identity::IamUser | Identity::ApiKey | Identity::FederatedUser);
    if is_user && principal.name.is_some() {
        assert!(name.as_ref().is_some_and(|shown| shown.starts_with("user-")) && *name != principal.name, "{name:?}");
        assert_eq!(hidden.path, None);
    }
    if let Some(billed) = principal.session.as_deref().filter(|session| *session != "*") {
        assert!(session.as_deref().is_some_and(|shown| shown.starts_with("session-") && shown != billed));
    }
    assert_eq!(person.is_some(), principal.person.is_some());
    assert!(person.as_ref().is_none_or(|person| person.starts_with("person-")));
    assert_eq!((hidden.identity, partition, account), (principal.identity, &principal.partition, &principal.account));
    if principal.identity == Identity::Other {
        assert!(hidden.arn.starts_with("principal-"), "{}", hidden.arn);
    }
}
