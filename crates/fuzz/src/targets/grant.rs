//! Grants as people write them: nothing is granted by leaving something out, and a part never grants the whole.

use access::{Extent, Grant, GrantText, Grants, Permission};
use ledger::TeamSlug;

pub(super) fn check(bytes: &[u8]) {
    let Ok(text) = serde_json::from_slice::<GrantText>(bytes) else { return };
    let json = serde_json::to_string(&text).expect("a grant is JSON");
    assert_eq!(serde_json::from_str::<GrantText>(&json).expect("its own JSON"), text);
    let names_nothing = text.teams.is_empty() && text.accounts.is_empty() && text.tags.is_empty();
    match Grant::try_from(text.clone()) {
        Ok(grant) => {
            assert!(text.role.is_some() || !text.permissions.is_empty());
            assert_eq!(text.everything, grant.extent == Extent::Everything);
            assert_eq!(text.everything, names_nothing);
            check_grant(&grant);
        }
        Err(error) => assert!(error.to_string().chars().count() < 300, "{error}"),
    }
}

fn check_grant(grant: &Grant) {
    assert!(!grant.permissions.is_empty());
    let grants = Grants::from_iter([grant]);
    assert!(grants.contain(&grants) && Grants::everything().contain(&grants));
    let json = serde_json::to_string(&grants).expect("grants are JSON");
    assert_eq!(serde_json::from_str::<Grants>(&json).expect("their own JSON"), grants);
    let Some(part) = grant.extent.part() else { return };
    assert!(!part.is_empty());
    assert!(grant.permissions.iter().all(|permission| !permission.is_for_everything_only()));
    assert!(!grants.contain(&Grants::everything()));
    assert!(Permission::ALL.into_iter().all(|permission| grants.extent(permission) != Some(&Extent::Everything)));
    for team in &part.teams {
        assert!(team.parse::<TeamSlug>().is_ok(), "`{team}` is the id of no team");
    }
    for tag in &part.tags {
        assert!(!tag.value.is_empty());
        assert_eq!(tag.to_string().parse().as_ref(), Ok(tag));
    }
}
