use proptest::prelude::*;

use super::*;

/// The principal of a text, shown field by field, without its id and arn.
fn shown(billed: &str) -> String {
    let principal = Principal::parse(Some(billed)).expect(billed);
    assert_eq!(principal.arn, billed);
    let fields = [
        ("partition", &principal.partition),
        ("account", &principal.account),
        ("name", &principal.name),
        ("path", &principal.path),
        ("role", &principal.role),
        ("session", &principal.session),
        ("permission_set", &principal.permission_set),
        ("person", &principal.person),
    ];
    let stated = fields.iter().filter_map(|(name, value)| Some(format!(" {name}={}", value.as_deref()?)));
    format!("{}{}", principal.identity, stated.collect::<String>())
}

const IN_AWS: &str = "partition=aws account=123456789012";

#[test]
fn an_iam_user() {
    assert_eq!(shown("arn:aws:iam::123456789012:user/alice"), format!("iam_user {IN_AWS} name=alice"));
}

#[test]
fn an_iam_user_with_a_path() {
    assert_eq!(
        shown("arn:aws:iam::123456789012:user/division_abc/subdivision/Jane"),
        format!("iam_user {IN_AWS} name=Jane path=/division_abc/subdivision/")
    );
}

#[test]
fn an_iam_user_named_by_an_address_is_a_person() {
    assert_eq!(
        shown("arn:aws:iam::123456789012:user/jane@acme.org"),
        format!("iam_user {IN_AWS} name=jane@acme.org person=jane@acme.org")
    );
}

#[test]
fn the_user_of_a_bedrock_api_key() {
    for name in ["BedrockAPIKey-234s", "BedrockAPIKey-hr8l", "MantleApiKey-x1y2"] {
        let arn = format!("arn:aws:iam::123456789012:user/{name}");
        assert_eq!(shown(&arn), format!("api_key {IN_AWS} name={name}"));
    }
    assert_eq!(
        shown("arn:aws:iam::123456789012:user/BedrockAPIKey-"),
        format!("iam_user {IN_AWS} name=BedrockAPIKey-")
    );
}

#[test]
fn a_role_without_a_session() {
    assert_eq!(
        shown("arn:aws:iam::123456789012:role/application-role"),
        format!("role {IN_AWS} role=application-role")
    );
    assert_eq!(
        shown("arn:aws:iam::123456789012:role/service-role/batch/Nightly"),
        format!("role {IN_AWS} path=/service-role/batch/ role=Nightly")
    );
}

#[test]
fn a_session_of_any_workload() {
    for session in ["my-function", "i-0abc123def4567890", "0f6c8a7e4b1d4c2e9a", "session-123", "gw-tenant-acme", "a/b"]
    {
        let arn = format!("arn:aws:sts::123456789012:assumed-role/AppRole/{session}");
        assert_eq!(shown(&arn), format!("assumed_role {IN_AWS} role=AppRole session={session}"));
    }
}

#[test]
fn a_session_of_identity_center() {
    let hash = "0123456789abcdef";
    for (permission_set, user) in [("Dev", "jane"), ("Data_Science_Admin", "jane@acme.org"), ("a_b", "x")] {
        let role = format!("AWSReservedSSO_{permission_set}_{hash}");
        assert_eq!(
            shown(&format!("arn:aws:sts::123456789012:assumed-role/{role}/{user}")),
            format!("sso_user {IN_AWS} role={role} session={user} permission_set={permission_set} person={user}")
        );
    }
}

#[test]
fn a_role_that_only_begins_like_one_of_identity_center() {
    for role in ["AWSReservedSSO_Dev", "AWSReservedSSO_Dev_XYZ", "MyAWSReservedSSO_Dev_0123"] {
        let arn = format!("arn:aws:sts::123456789012:assumed-role/{role}/jane");
        assert_eq!(shown(&arn), format!("assumed_role {IN_AWS} role={role} session=jane"));
    }
}

#[test]
fn the_role_of_a_permission_set_without_a_session() {
    let role = "AWSReservedSSO_Dev_0123456789abcdef";
    assert_eq!(
        shown(&format!("arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/{role}")),
        format!("role {IN_AWS} path=/aws-reserved/sso.amazonaws.com/eu-west-1/ role={role} permission_set=Dev")
    );
}

#[test]
fn a_session_named_by_an_address_is_a_federated_user() {
    assert_eq!(
        shown("arn:aws:sts::123456789012:assumed-role/Role-1/user-1@acme.org"),
        format!("federated_user {IN_AWS} role=Role-1 session=user-1@acme.org person=user-1@acme.org")
    );
    for session in ["user@localhost", "@acme.org", "a@b@acme.org", "user@acme..org", "user@"] {
        let arn = format!("arn:aws:sts::123456789012:assumed-role/Role-1/{session}");
        assert_eq!(shown(&arn), format!("assumed_role {IN_AWS} role=Role-1 session={session}"));
    }
}

#[test]
fn a_federated_user_of_sts() {
    assert_eq!(shown("arn:aws:sts::123456789012:federated-user/Bob"), format!("federated_user {IN_AWS} name=Bob"));
    assert_eq!(
        shown("arn:aws:sts::123456789012:federated-user/bob@acme.org"),
        format!("federated_user {IN_AWS} name=bob@acme.org person=bob@acme.org")
    );
}

#[test]
fn the_root_user() {
    assert_eq!(shown("arn:aws:iam::123456789012:root"), format!("root {IN_AWS} name=root"));
}

#[test]
fn a_service() {
    for name in ["bedrock.amazonaws.com", "bedrock-agentcore.amazonaws.com", "lambda.amazonaws.com.cn"] {
        assert_eq!(shown(name), format!("service name={name}"));
    }
}

#[test]
fn every_partition() {
    for partition in ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"] {
        let arn = format!("arn:{partition}:iam::123456789012:user/alice");
        assert_eq!(shown(&arn), format!("iam_user partition={partition} account=123456789012 name=alice"));
    }
}

#[test]
fn no_principal_is_none() {
    for billed in [None, Some(""), Some(" "), Some("\t\n")] {
        assert_eq!(Principal::parse(billed), None);
    }
}

#[test]
fn any_other_form_is_kept_whole() {
    for billed in [
        "alice",
        "arn:aws:iam::123456789012:user/",
        "arn:aws:iam::123456789012:user//alice",
        "arn:aws:iam::123456789012:user/path/",
        "arn:aws:iam::123456789012:group/admins",
        "arn:aws:iam::12345678901:user/alice",
        "arn:aws:iam::cloudfront:user/alice",
        "arn:aws:iam:us-east-1:123456789012:user/alice",
        "arn:aws:sts::123456789012:user/alice",
        "arn:aws:iam::123456789012:assumed-role/Role/session",
        "arn:aws:sts::123456789012:assumed-role/Role",
        "arn:aws:sts::123456789012:assumed-role/Role/",
        "arn:aws:sts::123456789012:assumed-role//session",
        "arn:aws:sts::123456789012:federated-user/",
        "arn:aws:sts::123456789012:root",
        "arn:aws-:iam::123456789012:user/alice",
        "arn:azure:iam::123456789012:user/alice",
        " arn:aws:iam::123456789012:user/alice",
        "ARN:aws:iam::123456789012:user/alice",
        "AROAEXAMPLEID:session",
        "bedrock.example.com",
        "amazonaws.com",
        "☃",
    ] {
        assert_eq!(shown(billed), "other", "{billed}");
    }
}

#[test]
fn the_id_is_opaque_and_stable() {
    let id = |arn: &str| Principal::parse(Some(arn)).expect(arn).id;
    // printf 'arn:aws:iam::123456789012:user/alice' | sha256sum | cut -c1-20
    assert_eq!(id("arn:aws:iam::123456789012:user/alice"), "prn_b7d71d383b9557a9bad4");
    assert_ne!(id("arn:aws:iam::123456789012:user/alice"), id("arn:aws:iam::123456789012:user/Alice"));
}

#[test]
fn identities_are_named_and_read_back() {
    for identity in Identity::ALL {
        assert_eq!(identity.as_str().parse::<Identity>(), Ok(identity));
    }
    assert!("user".parse::<Identity>().is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_without_loss(billed in ".{0,80}") {
        match Principal::parse(Some(&billed)) {
            None => prop_assert!(billed.trim().is_empty()),
            Some(principal) => {
                prop_assert_eq!(&principal.arn, &billed);
                prop_assert_eq!(Principal::parse(Some(&principal.arn)), Some(principal));
            }
        }
    }

    #[test]
    fn texts_that_look_like_principals_are_read_without_loss(
        start in "(arn|ARN)?:?(aws|aws-cn|aws-us-gov|x)?:(iam|sts|ec2):?:?(123456789012|12)?:",
        kind in "(user|role|assumed-role|federated-user|root|group)",
        rest in "[/a-zA-Z0-9@._:=+-]{0,40}",
    ) {
        let billed = format!("{start}{kind}{rest}");
        let principal = Principal::parse(Some(&billed)).expect("not blank");
        prop_assert_eq!(&principal.arn, &billed);
        prop_assert_eq!(principal.id.len(), 24);
        for part in [&principal.account, &principal.name, &principal.role, &principal.session, &principal.person] {
            prop_assert!(part.as_deref().is_none_or(|part| !part.is_empty() && billed.contains(part)));
        }
    }
}
