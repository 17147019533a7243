use bill::principal::{Identity, Principal};

use super::email::holds_email;
use super::{Named, Pseudonyms};

/// Stands for all sessions of a role where they are folded. It is nobody's name, and STS allows none to be written so.
const FOLDED_SESSION: &str = "*";

impl Pseudonyms {
    /// A principal with all that names a person replaced, in its parts and in its ARN.
    ///
    /// Two principals stay two: whatever is replaced goes into its pseudonym whole. The id is made from the ARN as ever, but
    /// from the one that is shown: a question with that ARN finds the principal, and one with a real ARN finds nothing.
    pub fn principal(&self, principal: &Principal) -> Principal {
        let shown = self.parts(principal);
        let arn = self.arn(principal, &shown);
        // Ids are made in one place only. An ARN that is shown is never blank.
        let id = Principal::parse(Some(&arn)).map(|read| read.id).unwrap_or_default();
        Principal { id, arn, ..shown }
    }

    /// All parts, with the real id and ARN still there.
    fn parts(&self, principal: &Principal) -> Principal {
        let is_user = matches!(principal.identity, Identity::IamUser | Identity::ApiKey | Identity::FederatedUser);
        let (name, path) = (principal.name.as_deref(), principal.path.as_deref());
        // A path may say who somebody is (`/people/data-science/`): that of a user is not shown. It still tells users apart.
        let user = || name.map(|name| self.of(Named::User, &format!("{}{name}", path.unwrap_or_default())));
        let in_clear = |text: Option<&str>| text.map(|text| self.without_email(Named::Role, text));
        Principal {
            name: if is_user { user() } else { principal.name.clone() },
            path: if is_user { None } else { path.map(|path| self.role_path(path)) },
            role: in_clear(principal.role.as_deref()),
            session: principal.session.as_deref().map(|session| self.session(session)),
            permission_set: in_clear(principal.permission_set.as_deref()),
            person: principal.person.as_deref().map(|person| self.person(person)),
            ..principal.clone()
        }
    }

    fn arn(&self, principal: &Principal, shown: &Principal) -> String {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let (partition, account) = (text(&principal.partition), text(&principal.account));
        let (name, role, session) = (text(&shown.name), text(&shown.role), text(&shown.session));
        match principal.identity {
            Identity::IamUser | Identity::ApiKey => format!("arn:{partition}:iam::{account}:user/{name}"),
            Identity::FederatedUser if principal.role.is_none() => {
                format!("arn:{partition}:sts::{account}:federated-user/{name}")
            }
            Identity::AssumedRole | Identity::SsoUser | Identity::FederatedUser => {
                format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}")
            }
            Identity::Role => {
                format!("arn:{partition}:iam::{account}:role{}{role}", shown.path.as_deref().unwrap_or("/"))
            }
            Identity::Root | Identity::Service => principal.arn.clone(),
            Identity::Other => self.of(Named::Principal, &principal.arn),
        }
    }

    fn session(&self, session: &str) -> String {
        if session == FOLDED_SESSION { session.to_owned() } else { self.of(Named::Session, session) }
    }

    fn role_path(&self, path: &str) -> String {
        if holds_email(path) { format!("/{}/", self.of(Named::Role, path)) } else { path.to_owned() }
    }

    fn without_email(&self, named: Named, text: &str) -> String {
        if holds_email(text) { self.of(named, text) } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::pseudonym::tests::pseudonyms;

    const IN_IAM: &str = "arn:aws:iam::123456789012:";
    const IN_STS: &str = "arn:aws:sts::123456789012:";

    fn read(arn: &str) -> Principal {
        Principal::parse(Some(arn)).expect(arn)
    }

    fn hidden(arn: &str) -> Principal {
        pseudonyms(&"k".repeat(32)).principal(&read(arn))
    }

    /// Every part of the principal, written one after another.
    fn shown(principal: &Principal) -> String {
        let Principal { id, arn, identity, partition, account, name, path, role, session, permission_set, person } =
            principal;
        let parts = [partition, account, name, path, role, session, permission_set, person];
        let parts: Vec<&str> = parts.into_iter().map(|part| part.as_deref().unwrap_or("-")).collect();
        format!("{id} {arn} {identity} {}", parts.join(" "))
    }

    /// Id, ARN, identity; partition, account, name, path, role, session, permission set, person.
    const SHOWN: [&str; 18] = [
        "prn_e1dba3f3772554e646d3 arn:aws:iam::123456789012:user/user-sebwaslvz236xenx iam_user aws 123456789012 user-sebwaslvz236xenx - - - - -",
        "prn_f82d64a054cfd1de82b1 arn:aws:iam::123456789012:user/user-lgk4qtuq5itmmkaw iam_user aws 123456789012 user-lgk4qtuq5itmmkaw - - - - -",
        "prn_f84c45f5d0a8ed44948e arn:aws:iam::123456789012:user/user-klpbeknhtanqkc7l iam_user aws 123456789012 user-klpbeknhtanqkc7l - - - - person-y7w7dzzaadqs7rtw",
        "prn_9c84ce6ef3d2807a8c84 arn:aws:iam::123456789012:user/user-px2i272vysxu4xla api_key aws 123456789012 user-px2i272vysxu4xla - - - - -",
        "prn_4b121c67c10566771637 arn:aws:sts::123456789012:assumed-role/BedrockRole/session-oblc7j3jze2uc2mp assumed_role aws 123456789012 - - BedrockRole session-oblc7j3jze2uc2mp - -",
        "prn_92219dc96564313ff8f6 arn:aws:sts::123456789012:assumed-role/BedrockRole/session-euhhsrnsytjqdzgm assumed_role aws 123456789012 - - BedrockRole session-euhhsrnsytjqdzgm - -",
        "prn_b1378645f860ed88b505 arn:aws:sts::123456789012:assumed-role/BedrockRole/* assumed_role aws 123456789012 - - BedrockRole * - -",
        "prn_ee4156a9d8bc2c2d7e9c arn:aws:sts::123456789012:assumed-role/BedrockRole/session-yolf6i22pnzje7p5 federated_user aws 123456789012 - - BedrockRole session-yolf6i22pnzje7p5 - person-y7w7dzzaadqs7rtw",
        "prn_1788baa1fda4e023b915 arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Data_Science_0123456789abcdef/session-hhjkbmama66k7miw sso_user aws 123456789012 - - AWSReservedSSO_Data_Science_0123456789abcdef session-hhjkbmama66k7miw Data_Science person-ekvuigukuspr3wxn",
        "prn_4183d22e1e352e66aae7 arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Data_Science_0123456789abcdef/* sso_user aws 123456789012 - - AWSReservedSSO_Data_Science_0123456789abcdef * Data_Science -",
        "prn_8a15660fdd728083e25f arn:aws:sts::123456789012:assumed-role/role-uf66dcquc6g3hkqb/session-tzbvgy4yty55u5z5 assumed_role aws 123456789012 - - role-uf66dcquc6g3hkqb session-tzbvgy4yty55u5z5 - -",
        "prn_19d3cdeeff7094b1da24 arn:aws:sts::123456789012:federated-user/user-sebwaslvz236xenx federated_user aws 123456789012 user-sebwaslvz236xenx - - - - -",
        "prn_8f1260c0f2d3747cf2a5 arn:aws:iam::123456789012:role/service-role/Nightly role aws 123456789012 - /service-role/ Nightly - - -",
        "prn_bb7d339c35b5042fac42 arn:aws:iam::123456789012:role/role-sxzb4oacanzwldyn/Nightly role aws 123456789012 - /role-sxzb4oacanzwldyn/ Nightly - - -",
        "prn_1921ac8a06e305954f76 arn:aws:iam::123456789012:root root aws 123456789012 root - - - - -",
        "prn_02d8a5e5ef8bf32a250e arn:aws-cn:iam::123456789012:user/user-sebwaslvz236xenx iam_user aws-cn 123456789012 user-sebwaslvz236xenx - - - - -",
        "prn_3ebaef6b1070f4236ed3 bedrock.amazonaws.com service - - bedrock.amazonaws.com - - - - -",
        "prn_084d6f5441585ee963f9 principal-dbhgqj46ij4mae2w other - - - - - - - -",
    ];

    #[test]
    fn users_and_sessions_are_hidden_and_what_belongs_to_the_organisation_is_not() {
        let arns = [
            format!("{IN_IAM}user/alice"),
            format!("{IN_IAM}user/people/data-science/alice"),
            format!("{IN_IAM}user/alice@example.com"),
            format!("{IN_IAM}user/BedrockAPIKey-hr8l"),
            format!("{IN_STS}assumed-role/BedrockRole/alice-laptop"),
            format!("{IN_STS}assumed-role/BedrockRole/a/b"),
            format!("{IN_STS}assumed-role/BedrockRole/*"),
            format!("{IN_STS}assumed-role/BedrockRole/Alice@Example.com"),
            format!("{IN_STS}assumed-role/AWSReservedSSO_Data_Science_0123456789abcdef/alice"),
            format!("{IN_STS}assumed-role/AWSReservedSSO_Data_Science_0123456789abcdef/*"),
            format!("{IN_STS}assumed-role/of-alice@example.com/run-1"),
            format!("{IN_STS}federated-user/alice"),
            format!("{IN_IAM}role/service-role/Nightly"),
            format!("{IN_IAM}role/alice@example.com/Nightly"),
            format!("{IN_IAM}root"),
            "arn:aws-cn:iam::123456789012:user/alice".to_owned(),
            "bedrock.amazonaws.com".to_owned(),
            "AROAEXAMPLEID:alice".to_owned(),
        ];
        let lines: Vec<String> = arns.iter().map(|arn| shown(&hidden(arn))).collect();
        assert_eq!(lines, SHOWN);
    }

    #[test]
    fn who_differs_in_anything_stays_apart() {
        let arns = [
            format!("{IN_IAM}user/alice"),
            format!("{IN_IAM}user/Alice"),
            format!("{IN_IAM}user/a/alice"),
            format!("{IN_IAM}user/b/alice"),
            "arn:aws:iam::123456789013:user/alice".to_owned(),
            "arn:aws-cn:iam::123456789012:user/alice".to_owned(),
            format!("{IN_STS}federated-user/alice"),
            format!("{IN_STS}assumed-role/One/alice"),
            format!("{IN_STS}assumed-role/Two/alice"),
            format!("{IN_STS}assumed-role/Two/alice@example.com"),
            format!("{IN_STS}assumed-role/Two/ALICE@example.com"),
            format!("{IN_IAM}role/alice@example.com/x"),
            format!("{IN_IAM}role/bob@example.com/x"),
            "alice".to_owned(),
            "Alice".to_owned(),
        ];
        let ids: BTreeSet<String> = arns.iter().map(|arn| hidden(arn).id).collect();
        assert_eq!(ids.len(), arns.len());
    }

    #[test]
    fn an_id_is_that_of_the_arn_that_is_shown_and_not_of_the_real_one() {
        let arn = format!("{IN_IAM}user/alice");
        let hidden = hidden(&arn);
        assert_eq!(hidden.id, read(&hidden.arn).id);
        assert_ne!(hidden.id, read(&arn).id);
    }

    #[test]
    fn a_person_is_the_same_whatever_role_they_take() {
        let one = hidden(&format!("{IN_STS}assumed-role/One/Alice@example.com"));
        let other = hidden(&format!("{IN_IAM}user/alice@example.com"));
        assert!(one.person.is_some());
        assert_eq!(one.person, other.person);
    }

    fn principals_of(name: &str) -> Vec<String> {
        let sso = "AWSReservedSSO_dev_0123456789abcdef";
        vec![
            format!("{IN_IAM}user/{name}"),
            format!("{IN_IAM}user/{name}/{name}"),
            format!("{IN_IAM}user/BedrockAPIKey-{name}"),
            format!("{IN_IAM}user/{name}@example.com"),
            format!("{IN_STS}assumed-role/dev/{name}"),
            format!("{IN_STS}assumed-role/dev/{name}/{name}"),
            format!("{IN_STS}assumed-role/dev/{name}@example.com"),
            format!("{IN_STS}assumed-role/{sso}/{name}"),
            format!("{IN_STS}assumed-role/{name}@example.com/x"),
            format!("{IN_IAM}role/{name}@example.com/{name}@example.com"),
            format!("{IN_STS}federated-user/{name}"),
            format!("{IN_STS}user/{name}"),
            name.to_owned(),
        ]
    }

    proptest! {
        /// Pseudonyms and ids have no capitals, so that no part of a name can be in one by chance.
        #[test]
        fn no_four_letters_of_a_hidden_name_are_in_what_is_shown(name in "[A-Z]{4,24}") {
            for arn in principals_of(&name) {
                let shown = shown(&hidden(&arn)).replace("123456789012", "").replace("AWSReservedSSO_dev_0123456789abcdef", "");
                for start in 0..=name.len() - 4 {
                    prop_assert!(!shown.contains(&name[start..start + 4]), "{arn} is shown as {shown}");
                }
                prop_assert!(name.len() < 10 || !shown.contains(&name.to_lowercase()), "{arn} is shown as {shown}");
            }
        }

        #[test]
        fn any_text_has_one_pseudonym_that_is_read_as_it_is_shown(arn in ".{1,60}") {
            if let Some(principal) = Principal::parse(Some(&arn)) {
                let pseudonyms = pseudonyms(&"k".repeat(32));
                let hidden = pseudonyms.principal(&principal);
                prop_assert_eq!(&hidden, &pseudonyms.principal(&principal));
                prop_assert_eq!(&hidden.id, &read(&hidden.arn).id);
                prop_assert_eq!(hidden.identity, principal.identity);
            }
        }
    }
}
