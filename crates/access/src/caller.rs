use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{Grants, Permission, Persons, Sight};

/// Someone who asks, known or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// How they are known.
    pub kind: CallerKind,
    /// Who they are among their kind: the id of a key, or the subject of a token and its issuer.
    pub id: String,
    /// How people call them: the name of a key, the e-mail address of a person.
    pub name: String,
    /// What they are allowed.
    pub grants: Grants,
}

/// How a caller is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallerKind {
    /// Not at all: access control is not configured.
    Anonymous,
    /// By an API key.
    ApiKey,
    /// By a token of the OpenID provider.
    Token,
    /// By signing in with a browser.
    Session,
    /// On the command line of the service's own machine.
    CommandLine,
}

impl CallerKind {
    /// The word in the audit log and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::ApiKey => "api_key",
            Self::Token => "token",
            Self::Session => "session",
            Self::CommandLine => "command_line",
        }
    }
}

impl Caller {
    /// Whoever reaches a service without access control: it lets them do everything.
    pub fn anonymous() -> Self {
        Self {
            kind: CallerKind::Anonymous,
            id: "anonymous".to_owned(),
            name: "anonymous".to_owned(),
            grants: Grants::everything(),
        }
    }

    /// Whoever may run commands beside the service's database.
    pub fn command_line() -> Self {
        Self {
            kind: CallerKind::CommandLine,
            id: "command-line".to_owned(),
            name: "command line".to_owned(),
            grants: Grants::everything(),
        }
    }

    /// What they may see of costs; `None` where they may not read costs at all. `reveal` asks for the persons behind
    /// pseudonyms, which takes `identity:reveal` over all that is seen.
    pub fn sight(&self, pseudonymous: bool, reveal: bool) -> Option<Sight> {
        let extent = self.grants.extent(Permission::CostsRead)?.clone();
        let may_reveal = || self.grants.extent(Permission::IdentityReveal).is_some_and(|own| own.contains(&extent));
        let named = !pseudonymous || (reveal && may_reveal());
        Some(Sight { persons: if named { Persons::Named } else { Persons::Pseudonymous }, extent })
    }

    /// Who they are in the audit log: `api_key:01k…`, `token:alice@https://login.example.com`.
    pub fn audit_name(&self) -> String {
        format!("{}:{}", self.kind.as_str(), self.id)
    }

    /// Who they are in the log of the process, which never carries a person.
    pub fn log_name(&self) -> String {
        match self.kind {
            CallerKind::Anonymous | CallerKind::ApiKey | CallerKind::CommandLine => self.audit_name(),
            CallerKind::Token | CallerKind::Session => {
                let digest = Sha256::digest(self.id.as_bytes());
                format!("{}:{}", self.kind.as_str(), HEXLOWER.encode(&digest[..6]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Extent, Grant, GrantText, Role};

    fn caller(texts: Vec<GrantText>) -> Caller {
        let grants: Vec<Grant> = texts.into_iter().map(|text| text.try_into().expect("a grant")).collect();
        Caller { grants: grants.iter().collect(), ..Caller::anonymous() }
    }

    #[test]
    fn persons_are_revealed_only_on_request_and_only_within_the_permission() {
        let everything = || GrantText { role: Some(Role::Viewer), everything: true, ..GrantText::default() };
        let reveal_ds = GrantText {
            permissions: vec![Permission::IdentityReveal],
            teams: vec!["ds".to_owned()],
            ..GrantText::default()
        };
        let persons = |caller: &Caller, reveal| caller.sight(true, reveal).expect("a sight").persons;
        assert_eq!(persons(&Caller::anonymous(), false), Persons::Pseudonymous);
        assert_eq!(persons(&Caller::anonymous(), true), Persons::Named);
        assert_eq!(persons(&caller(vec![everything(), reveal_ds]), true), Persons::Pseudonymous);
        assert_eq!(caller(vec![everything()]).sight(false, false).expect("a sight").extent, Extent::Everything);
    }

    #[test]
    fn the_log_of_the_process_names_no_person() {
        let alice = Caller { kind: CallerKind::Token, id: "alice@example.com".to_owned(), ..Caller::anonymous() };
        assert!(!alice.log_name().contains("alice"));
        assert!(alice.audit_name().contains("alice"));
    }
}
