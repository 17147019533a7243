use ledger::{Owner, Ownership, Reason, TeamSlug};

use crate::support::{Line, owner, period, rules, told};

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
const GATEWAY: &str = "arn:aws:sts::123456789012:assumed-role/BedrockRole/gw-tenant-acme";
const FEDERATED: &str = "arn:aws:sts::123456789012:assumed-role/Role-1/user-1@acme.org";

#[test]
fn without_a_file_the_team_tag_names_the_team() {
    let rules = Ownership::by_team_tag();
    let line = Line::of(ALICE).tag("iamPrincipal/team", "BedrockDataScience");
    assert_eq!(
        owner(&rules, &line),
        Owner::Team {
            name: "BedrockDataScience".into(),
            slug: "bedrockdatascience".parse().expect("a slug"),
            rule: "team-tag".into(),
            rule_number: 1,
            because: "rule 1 `team-tag`: tag team = BedrockDataScience".into(),
        }
    );
    assert_eq!(owner(&rules, &Line::of(ALICE)), Owner::Unattributed { reason: Reason::NoTag });
}

#[test]
fn the_tag_of_a_resource_is_not_the_tag_of_its_caller() {
    let rules = Ownership::by_team_tag();
    for key in ["resourceTags/team", "accountTag/team", "iamPrincipal/Team"] {
        let line = Line::of(ALICE).tag(key, "ds");
        assert_eq!(owner(&rules, &line).slug(), TeamSlug::unattributed(), "{key}");
    }
}

#[test]
fn the_first_rule_that_matches_wins() {
    let rules = rules(
        r#"
        [[rule]]
        name = "alice"
        team = "One"
        match = { principal = "*:user/alice" }
        [[rule]]
        name = "users"
        team = "Two"
        match = { identity = "iam_user" }
        "#,
    );
    assert_eq!(told(&rules, &Line::of(ALICE)), "one by rule 1 `alice`: principal = *:user/alice");
    let bob = Line::of("arn:aws:iam::123456789012:user/bob");
    assert_eq!(told(&rules, &bob), "two by rule 2 `users`: identity = iam_user");
}

#[test]
fn all_conditions_must_hold_and_any_of_their_values() {
    let rules = rules(
        r#"
        [[rule]]
        name = "gateway"
        team = "Acme"
        match = { role = ["Other", "Bedrock*"], session = "gw-*", account = ["123456789012", "2*"], model = "claude-*", tag = { key = "tenant", value = ["x", "acme*"] } }
        "#,
    );
    let line = Line::of(GATEWAY).model("claude-opus-4.6").tag("iamPrincipal/tenant", "acme-corp");
    assert_eq!(
        told(&rules, &line),
        "acme by rule 1 `gateway`: tag tenant = acme*, role = Bedrock*, session = gw-*, account = 123456789012, model = claude-*"
    );
    assert_eq!(owner(&rules, &line.clone().account("210000000000")).slug().as_str(), "acme");
    for other in [
        line.clone().account("310000000000"),
        line.clone().model("nova-lite"),
        line.clone().tag("iamPrincipal/tenant", "y"),
        Line { model: None, ..line.clone() },
        Line { account: None, ..line.clone() },
        Line { principal: Line::of("arn:aws:sts::123456789012:assumed-role/BedrockRole/i-0abc").principal, ..line },
    ] {
        assert_eq!(owner(&rules, &other), Owner::Unattributed { reason: Reason::NoRule }, "{other:?}");
    }
}

#[test]
fn every_field_can_be_matched() {
    let sso = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/jane@acme.org";
    for (condition, claimed, not_claimed) in [
        ("principal = \"arn:aws:iam::*:user/*\"", ALICE, GATEWAY),
        ("role = \"BedrockRole\"", GATEWAY, FEDERATED),
        ("session = \"gw-tenant-????\"", GATEWAY, FEDERATED),
        ("person = \"*@acme.org\"", FEDERATED, GATEWAY),
        ("identity = [\"sso_user\", \"api_key\"]", sso, FEDERATED),
        ("identity = \"*_user\"", ALICE, GATEWAY),
    ] {
        let rules = rules(&format!("[[rule]]\nname = \"only\"\nteam = \"t\"\nmatch = {{ {condition} }}"));
        assert_eq!(owner(&rules, &Line::of(claimed)).slug().as_str(), "t", "{condition}");
        assert_eq!(owner(&rules, &Line::of(not_claimed)).slug().as_str(), "unattributed", "{condition}");
        let nobody = Line::without_principal("Usage");
        assert_eq!(owner(&rules, &nobody).slug().as_str(), "unattributed", "a line without a principal: {condition}");
    }
}

#[test]
fn a_tag_condition_without_a_value_asks_only_whether_the_tag_is_set() {
    let rules = rules(
        r#"
        [[rule]]
        name = "projects"
        team = "Chat"
        match = { tag = { key = "resourceTags/project" } }
        "#,
    );
    let line = Line::of(ALICE).tag("resourceTags/project", "anything");
    assert_eq!(told(&rules, &line), "chat by rule 1 `projects`: tag resourceTags/project is set");
    assert_eq!(told(&rules, &Line::of(ALICE).tag("resourceTags/project", "")), "no_rule");
}

#[test]
fn where_the_tag_has_no_value_the_next_rule_is_tried() {
    let rules = rules(
        r#"
        [[rule]]
        name = "caller"
        team_from_tag = "team"
        match = { account = "123456789012" }
        [[rule]]
        name = "resource"
        team_from_tag = "resource_tags/user_team"
        "#,
    );
    let mut line = Line::of(ALICE).tag("iamPrincipal/team", "");
    line.tags.resource_tags.insert("user_team".into(), "Eng".into());
    assert_eq!(told(&rules, &line), "eng by rule 2 `resource`: tag resource_tags/user_team = Eng");
    let tagged = line.tag("iamPrincipal/team", "ds");
    assert_eq!(told(&rules, &tagged), "ds by rule 1 `caller`: account = 123456789012, tag team = ds");
}

#[test]
fn a_rule_holds_from_its_first_period_until_the_one_it_ends_before() {
    let rules = rules(
        r#"
        [[rule]]
        name = "summer"
        team = "Summer"
        from = "2026-07"
        until = "2026-09"
        [[rule]]
        name = "rest"
        team = "Rest"
        "#,
    );
    for (month, team) in [("2026-06", "rest"), ("2026-07", "summer"), ("2026-08", "summer"), ("2026-09", "rest")] {
        let line = Line::of(ALICE);
        assert_eq!(rules.owner(&line.subject(), period(month)).slug().as_str(), team, "{month}");
    }
}

#[test]
fn a_last_rule_without_conditions_claims_what_nobody_called() {
    let rules = rules("[[rule]]\nname = \"rest\"\nteam = \"Platform\"");
    assert_eq!(told(&rules, &Line::without_principal("Tax")), "platform by rule 1 `rest`: everything");
}

#[test]
fn a_declared_team_is_meant_by_its_slug_its_name_and_its_values() {
    let rules = rules(
        r#"
        [[rule]]
        name = "by-slug"
        team = "ds"
        match = { role = "A" }
        [[rule]]
        name = "by-name"
        team = "Data Science"
        match = { role = "B" }
        [[rule]]
        name = "by-tag"
        team_from_tag = "team"
        [[team]]
        slug = "ds"
        name = "Data Science"
        values = ["BedrockDataScience", "unattributed"]
        "#,
    );
    let role = |name: &str| Line::of(&format!("arn:aws:sts::123456789012:assumed-role/{name}/s"));
    for line in [
        role("A"),
        role("B"),
        role("C").tag("iamPrincipal/team", "ds"),
        role("C").tag("iamPrincipal/team", "BedrockDataScience"),
        role("C").tag("iamPrincipal/team", "unattributed"),
    ] {
        let Owner::Team { name, slug, .. } = owner(&rules, &line) else { panic!("unattributed: {line:?}") };
        assert_eq!((name.as_str(), slug.as_str()), ("Data Science", "ds"));
        assert_eq!(rules.team_directory().insert(&name), Ok(slug));
    }
}

#[test]
fn a_tag_that_spells_a_team_of_the_rules_differently_is_found_as_a_collision() {
    let rules = rules(
        r#"
        [[rule]]
        name = "gateway"
        team = "Data Science"
        match = { role = "BedrockRole" }
        [[rule]]
        name = "tag"
        team_from_tag = "team"
        "#,
    );
    let mut directory = rules.team_directory();
    let Owner::Team { name, .. } = owner(&rules, &Line::of(ALICE).tag("iamPrincipal/team", "data-science")) else {
        panic!("unattributed")
    };
    let collision = directory.insert(&name).expect_err("two spellings");
    assert_eq!((collision.first.as_str(), collision.second.as_str()), ("Data Science", "data-science"));
}

#[test]
fn a_tag_called_unattributed_is_never_mixed_with_what_no_rule_claims() {
    let rules = Ownership::by_team_tag();
    let Owner::Team { name, slug, .. } = owner(&rules, &Line::of(ALICE).tag("iamPrincipal/team", "Unattributed"))
    else {
        panic!("unattributed")
    };
    assert!(!slug.is_unattributed());
    let error = rules.team_directory().insert(&name).expect_err("a kept name").to_string();
    assert!(error.starts_with("a team may not be called `Unattributed`"), "{error}");
}

#[test]
fn rules_are_listed_in_words() {
    let rules = rules(
        r#"
        [[rule]]
        name = "gateway"
        team = "Platform"
        match = { tag = { key = "env", value = ["prod", "live-*"] }, role = ["a", "b-*"] }
        from = "2026-07"
        [[rule]]
        name = "tag"
        team_from_tag = "resourceTags/team"
        match = { tag = { key = "x" } }
        until = "2027-01"
        [[rule]]
        name = "rest"
        team = "Rest"
        "#,
    );
    let listed: Vec<String> = rules
        .rules()
        .iter()
        .map(|rule| {
            let to = match (rule.team(), rule.team_from_tag()) {
                (Some(team), None) => format!("{} ({})", team.name, team.slug),
                (None, Some(key)) => format!("<{key}>"),
                both_or_neither => panic!("{both_or_neither:?}"),
            };
            let date = |period: Option<bill::BillingPeriod>| period.map_or("-".into(), |period| period.to_string());
            let (from, until) = (date(rule.from()), date(rule.until()));
            format!("{} {}: {} => {to} [{from}, {until})", rule.number(), rule.name(), rule.conditions())
        })
        .collect();
    assert_eq!(
        listed,
        [
            "1 gateway: tag env = prod or live-*, role = a or b-* => Platform (platform) [2026-07, -)",
            "2 tag: tag x is set, tag resourceTags/team is set => <resourceTags/team> [-, 2027-01)",
            "3 rest: everything => Rest (rest) [-, -)",
        ]
    );
}

#[test]
fn the_same_text_is_the_same_version() {
    let text = "[[rule]]\nname = \"a\"\nteam = \"b\"\n";
    let first = rules(text);
    assert_eq!(first.source_text(), text);
    assert_eq!(first.fingerprint(), rules(text).fingerprint());
    assert_eq!(first.fingerprint(), "fdae6b3780545c9ec3a65dfba608cb58a2db4ae3970847a3d92a2c05e787ae35");
    assert_ne!(first.fingerprint(), rules(&text.replace('b', "c")).fingerprint());
    let built_in = Ownership::by_team_tag();
    assert_eq!(rules(built_in.source_text()).fingerprint(), built_in.fingerprint());
}

#[test]
fn the_example_of_the_readme_says_what_it_does() {
    let readme = include_str!("../../README.md");
    let example = readme.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).expect("an example").0;
    let rules = rules(example);
    assert_eq!(rules.rules().len(), 6);
    let gateway = Line::of("arn:aws:sts::123456789012:assumed-role/BedrockGateway/s").tag("iamPrincipal/team", "ds");
    let june = rules.owner(&gateway.subject(), period("2026-06"));
    assert_eq!(
        (june.slug().as_str(), told(&rules, &gateway).as_str()),
        ("data-science", "platform by rule 1 `gateway`: role = BedrockGateway, account = 123456789012")
    );
    let expected = [
        (Line::of(FEDERATED), "acme by rule 2 `acme`: person = *@acme.org, identity = federated_user"),
        (Line::of(ALICE).tag("iamPrincipal/project", "ChatBackend"), "chat by rule 3 `chatbots`: tag project = Chat*"),
        (Line::of(ALICE).tag("resourceTags/team", "eng"), "eng by rule 5 `resource-tag`: tag resourceTags/team = eng"),
        (Line::without_principal("Tax").account("444400000000"), "platform by rule 6 `sandbox`: account = 4444*"),
        (Line::of(ALICE), "no_tag"),
    ];
    for (line, owner) in expected {
        assert_eq!(told(&rules, &line), owner);
    }
}
