use ledger::{Owner, Ownership, Reason};

use crate::support::{Line, owner, rules};

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";

fn reason(rules: &Ownership, line: &Line) -> Reason {
    match owner(rules, line) {
        Owner::Unattributed { reason } => reason,
        team => panic!("{team:?}"),
    }
}

#[test]
fn usage_before_principals_were_billed_says_so_first() {
    let rules = Ownership::by_team_tag();
    for charge_type in ["Usage", "Tax"] {
        let line = Line { predates_principals: true, ..Line::without_principal(charge_type) };
        assert_eq!(reason(&rules, &line), Reason::BeforePrincipals, "{charge_type}");
    }
}

#[test]
fn a_tax_has_no_caller_by_its_nature() {
    let rules = Ownership::by_team_tag();
    for charge_type in ["Tax", "Credit", "Refund", "EdpDiscount"] {
        let line = Line::without_principal(charge_type);
        assert_eq!(reason(&rules, &line), Reason::ChargeTypeWithoutPrincipal, "{charge_type}");
    }
}

#[test]
fn usage_without_a_caller_lacks_its_principal() {
    let tagged = Line::without_principal("Usage").tag("iamPrincipal/other", "x");
    assert_eq!(reason(&Ownership::by_team_tag(), &tagged), Reason::NoPrincipal);
}

#[test]
fn a_caller_without_any_tag_lacks_tags_and_one_with_another_tag_lacks_a_rule() {
    let rules = Ownership::by_team_tag();
    assert_eq!(reason(&rules, &Line::of(ALICE)), Reason::NoTag);
    assert_eq!(reason(&rules, &Line::of(ALICE).tag("resourceTags/team", "ds")), Reason::NoTag);
    assert_eq!(reason(&rules, &Line::of(ALICE).tag("iamPrincipal/cost-center", "12345")), Reason::NoRule);
}

#[test]
fn a_caller_that_predates_nothing_keeps_its_own_reason() {
    let line = Line { predates_principals: true, ..Line::of(ALICE) };
    assert_eq!(reason(&Ownership::by_team_tag(), &line), Reason::NoTag, "the bill does name it");
}

#[test]
fn a_missing_tag_is_no_reason_where_no_rule_in_force_reads_tags_of_callers() {
    for toml in [
        "[[rule]]\nname = \"bob\"\nteam = \"b\"\nmatch = { principal = \"*/bob\" }",
        "[[rule]]\nname = \"resources\"\nteam_from_tag = \"resourceTags/team\"",
        "[[rule]]\nname = \"gone\"\nteam_from_tag = \"team\"\nuntil = \"2026-10\"",
    ] {
        assert_eq!(reason(&rules(toml), &Line::of(ALICE)), Reason::NoRule, "{toml}");
    }
    let condition = "[[rule]]\nname = \"tagged\"\nteam = \"t\"\nmatch = { tag = { key = \"project\" } }";
    assert_eq!(reason(&rules(condition), &Line::of(ALICE)), Reason::NoTag);
}
