use std::sync::LazyLock;

use regex::Regex;
use sha2::{Digest, Sha256};

use super::fold::FOLDED_SESSION;
use super::{Identity, Principal};

/// IAM Identity Center names a role `AWSReservedSSO_<permission set>_<hex>`. Permission sets may hold `_`, so the match
/// is greedy and the hexadecimal part is the last one.
static SSO_ROLE: LazyLock<Regex> = LazyLock::new(|| {
    // The pattern is constant and compiled by every test of this file.
    Regex::new(r"^AWSReservedSSO_(?P<permission_set>.+)_[0-9a-f]+$").expect("a constant pattern")
});

/// Good enough to tell an address from a name: one `@`, something before it, and a domain with a dot after it.
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    // The pattern is constant and compiled by every test of this file.
    Regex::new(r"^[^@\s/]+@[^@\s/.]+(?:\.[^@\s/.]+)+$").expect("a constant pattern")
});

static SERVICE: LazyLock<Regex> = LazyLock::new(|| {
    // The pattern is constant and compiled by every test of this file.
    Regex::new(r"^(?:[a-z0-9-]+\.)+amazonaws\.(?:com|com\.cn|eu)$").expect("a constant pattern")
});

/// Users that AWS creates for long-term API keys
/// (<https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-how.html>); the second is for the mantle endpoint.
const API_KEY_USERS: [&str; 2] = ["BedrockAPIKey-", "MantleApiKey-"];

impl Principal {
    /// Reads a principal as billed; `None` for NULL, empty and blank texts, which mean that the line has no principal.
    ///
    /// Every other text gives a principal. A form that is not known gives [`Identity::Other`] with the text in `arn`.
    pub fn parse(billed: Option<&str>) -> Option<Self> {
        let arn = billed.filter(|text| !text.trim().is_empty())?;
        let known = parse_arn(arn).or_else(|| parse_service(arn));
        Some(known.unwrap_or_else(|| blank(arn, Identity::Other)))
    }
}

/// `arn:partition:service::account:resource`.
fn parse_arn(arn: &str) -> Option<Principal> {
    let mut parts = arn.splitn(6, ':');
    let ("arn", partition, service, "", account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?)
    else {
        return None;
    };
    if !is_partition(partition) || account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let principal = match (service, resource.split_once('/')) {
        ("iam", Some(("user", user))) => user_at_path(arn, user)?,
        ("iam", Some(("role", role))) => role_at_path(arn, role)?,
        ("sts", Some(("assumed-role", session))) => role_session(arn, session)?,
        ("sts", Some(("federated-user", name))) => federated_user(arn, name)?,
        ("iam", None) if resource == "root" => Principal { name: text("root"), ..blank(arn, Identity::Root) },
        _ => return None,
    };
    Some(Principal { partition: text(partition), account: text(account), ..principal })
}

/// `aws`, `aws-cn`, `aws-us-gov`, and partitions yet to come.
fn is_partition(partition: &str) -> bool {
    let plain =
        |rest: &str| rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    partition == "aws" || partition.strip_prefix("aws-").is_some_and(|rest| !rest.is_empty() && plain(rest))
}

fn user_at_path(arn: &str, user: &str) -> Option<Principal> {
    let (path, name) = split_path(user)?;
    let is_key = API_KEY_USERS.iter().any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()));
    let identity = if is_key { Identity::ApiKey } else { Identity::IamUser };
    Some(Principal { name: text(name), path, person: email(name), ..blank(arn, identity) })
}

fn role_at_path(arn: &str, role: &str) -> Option<Principal> {
    let (path, role) = split_path(role)?;
    Some(Principal { role: text(role), path, permission_set: permission_set(role), ..blank(arn, Identity::Role) })
}

fn role_session(arn: &str, role_and_session: &str) -> Option<Principal> {
    let (role, session) = role_and_session.split_once('/')?;
    if role.is_empty() || session.is_empty() {
        return None;
    }
    let permission_set = permission_set(role);
    let (identity, person) = match (&permission_set, email(session)) {
        (Some(_), _) => (Identity::SsoUser, text(session).filter(|session| session != FOLDED_SESSION)),
        (None, Some(address)) => (Identity::FederatedUser, Some(address)),
        (None, None) => (Identity::AssumedRole, None),
    };
    Some(Principal { role: text(role), session: text(session), permission_set, person, ..blank(arn, identity) })
}

fn federated_user(arn: &str, name: &str) -> Option<Principal> {
    let named = Principal { name: text(name), person: email(name), ..blank(arn, Identity::FederatedUser) };
    (!name.is_empty()).then_some(named)
}

/// A service principal such as `bedrock.amazonaws.com` or `lambda.amazonaws.com.cn`.
fn parse_service(name: &str) -> Option<Principal> {
    SERVICE.is_match(name).then(|| Principal { name: text(name), ..blank(name, Identity::Service) })
}

/// `division/team/jane` is `jane` at the path `/division/team/`.
fn split_path(path_and_name: &str) -> Option<(Option<String>, &str)> {
    let (path, name) = match path_and_name.rsplit_once('/') {
        Some((path, name)) => (Some(format!("/{path}/")), name),
        None => (None, path_and_name),
    };
    (!name.is_empty() && !path_and_name.starts_with('/')).then_some((path, name))
}

fn permission_set(role: &str) -> Option<String> {
    SSO_ROLE.captures(role).map(|found| found["permission_set"].to_owned())
}

fn email(name: &str) -> Option<String> {
    EMAIL.is_match(name).then(|| name.to_owned())
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn blank(arn: &str, identity: Identity) -> Principal {
    Principal {
        id: id_of(arn),
        arn: arn.to_owned(),
        identity,
        partition: None,
        account: None,
        name: None,
        path: None,
        role: None,
        session: None,
        permission_set: None,
        person: None,
    }
}

fn id_of(arn: &str) -> String {
    let digest = Sha256::digest(arn.as_bytes());
    let hex: String = digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    format!("prn_{hex}")
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
