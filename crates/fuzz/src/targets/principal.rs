//! `line_item_iam_principal`: nothing of it is lost, and nothing is added.

use bill::principal::{Identity, Principal};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::text;

pub(super) fn check(bytes: &[u8]) {
    let billed = text(bytes);
    let Some(principal) = Principal::parse(Some(&billed)) else {
        assert!(billed.trim().is_empty(), "a line with a principal has none");
        return;
    };
    assert_eq!(Principal::parse(Some(&billed)).as_ref(), Some(&principal));
    assert_eq!(principal.arn, billed);
    assert_eq!(principal.id, format!("prn_{}", &HEXLOWER.encode(&Sha256::digest(billed.as_bytes()))[..20]));
    assert_eq!(put_together(&principal), billed, "{principal:?}");
    assert_eq!(principal.identity.as_str().parse(), Ok(principal.identity));
    check_parts(&principal);
    let json = serde_json::to_string(&principal).expect("a principal is JSON");
    assert_eq!(serde_json::from_str::<Principal>(&json).expect("its own JSON"), principal);
}

/// The text as billed, from the parts alone where its form is known.
fn put_together(principal: &Principal) -> String {
    let Principal { arn, identity, partition, account, name, path, role, session, .. } = principal;
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    let (iam, sts) = (arn_of("iam", partition, account), arn_of("sts", partition, account));
    let path = path.as_deref().unwrap_or("/");
    match identity {
        Identity::IamUser | Identity::ApiKey => format!("{iam}user{path}{}", part(name)),
        Identity::Role => format!("{iam}role{path}{}", part(role)),
        Identity::FederatedUser if role.is_none() => format!("{sts}federated-user/{}", part(name)),
        Identity::AssumedRole | Identity::SsoUser | Identity::FederatedUser => {
            format!("{sts}assumed-role/{}/{}", part(role), part(session))
        }
        Identity::Root => format!("{iam}{}", part(name)),
        Identity::Service => part(name),
        Identity::Other => arn.clone(),
    }
}

fn arn_of(service: &str, partition: &Option<String>, account: &Option<String>) -> String {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    format!("arn:{}:{service}::{}:", part(partition), part(account))
}

fn check_parts(principal: &Principal) {
    let Principal { identity, partition, account, name, path, role, session, permission_set, person, .. } = principal;
    let parts = [partition, account, name, path, role, session, permission_set, person];
    assert!(parts.iter().all(|part| part.as_deref() != Some("")), "a part that is not stated is left out");
    if *identity == Identity::Other {
        assert!(parts.iter().all(|part| part.is_none()), "a form that nobody knows says nothing");
    }
    if let Some(account) = account {
        assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()), "{account}");
    }
    if let Some(set) = permission_set {
        let digits = role.as_deref().and_then(|role| role.strip_prefix(&format!("AWSReservedSSO_{set}_")));
        assert!(digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())), "{role:?}");
    }
    // A person is what names the session or the user, never something made of it.
    assert!(person.is_none() || person == session || person == name, "{person:?}");
    assert!(*identity != Identity::SsoUser || permission_set.is_some());
}
