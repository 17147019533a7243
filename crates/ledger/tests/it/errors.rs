use ledger::Ownership;

fn error(toml: &str) -> String {
    Ownership::parse(toml).expect_err(toml).to_string()
}

/// The error of a first rule `a`, whose further lines begin on line 3.
fn error_of_rule(lines: &str) -> String {
    error(&format!("[[rule]]\nname = \"a\"\n{lines}\n"))
}

#[test]
fn what_is_not_toml_says_where() {
    assert_eq!(
        error("[[rule]]\nname = \"a\nteam = \"b\""),
        "line 2: not valid TOML: invalid basic string, expected `\"`"
    );
}

#[test]
fn a_file_without_rules_is_more_likely_cut_short_than_meant() {
    let sentence = "line 1: there is no [[rule]]; write at least one, or remove the file to let the tag `team` of the \
                    caller name the team";
    for toml in ["", "# nothing yet\n", "rule = []", "[[team]]\nslug = \"ds\""] {
        assert_eq!(error(toml), sentence, "{toml}");
    }
}

#[test]
fn an_unknown_key_comes_with_the_nearest_known_one() {
    for (toml, expected) in [
        ("[[rules]]\nname = \"a\"", "line 1: unknown key `rules`; did you mean `rule`?"),
        ("[[rule]]\nnmae = \"a\"", "line 2, rule 1: unknown key `nmae`; did you mean `name`?"),
        ("[[team]]\nslug = \"a\"\nvalue = [\"b\"]", "line 3, team 1: unknown key `value`; did you mean `values`?"),
    ] {
        assert_eq!(error(toml), expected);
    }
    for (lines, expected) in [
        ("teem = \"b\"", "line 3, rule 1 `a`: unknown key `teem`; did you mean `team`?"),
        (
            "team = \"b\"\nmatch = { rolle = \"x\" }",
            "line 4, rule 1 `a`: unknown key `match.rolle`; did you mean `role`?",
        ),
        (
            "team = \"b\"\nmatch = { tag = { key = \"x\", values = \"y\" } }",
            "line 4, rule 1 `a`: unknown key `match.tag.values`; did you mean `value`?",
        ),
        (
            "team = \"b\"\npriority = 1",
            "line 4, rule 1 `a`: unknown key `priority`; use one of name, team, team_from_tag, match, from, until",
        ),
    ] {
        assert_eq!(error_of_rule(lines), expected);
    }
}

#[test]
fn a_condition_beside_match_is_sent_inside() {
    assert_eq!(
        error_of_rule("team = \"b\"\nrole = \"x\""),
        "line 4, rule 1 `a`: `role` is a condition; write it inside `match`, as in match = { role = … }"
    );
}

#[test]
fn a_rule_gives_to_exactly_one_team() {
    assert_eq!(
        error_of_rule("match = { role = \"x\" }"),
        "line 1, rule 1 `a`: says neither `team` nor `team_from_tag`; write exactly one of them"
    );
    assert_eq!(
        error_of_rule("team = \"b\"\nteam_from_tag = \"team\""),
        "line 4, rule 1 `a`: says both `team` and `team_from_tag`; write exactly one of them"
    );
}

#[test]
fn a_rule_has_a_name_of_its_own() {
    assert_eq!(error("[[rule]]\nteam = \"b\""), "line 1, rule 1: `name` is missing");
    assert_eq!(
        error("[[rule]]\nname = \"\"\nteam = \"b\""),
        "line 2, rule 1: `name` is empty; write a text between the quotes"
    );
    assert_eq!(
        error("[[rule]]\nname = \"a\"\nteam_from_tag = \"x\"\n\n[[rule]]\nname = \"a\"\nteam = \"c\""),
        "line 6, rule 2 `a`: the name `a` is taken by rule 1; give each rule a name of its own"
    );
}

#[test]
fn a_value_of_another_type_says_what_would_be_right() {
    for (lines, expected) in [
        ("team = 5", "line 3, rule 1 `a`: `team` must be a text in quotes, not a number without quotes"),
        (
            "team = \"b\"\nmatch = { account = 123456789012 }",
            "line 4, rule 1 `a`: `match.account` must be a text in quotes, or a list of such texts, not a number without \
             quotes",
        ),
        (
            "team = \"b\"\nmatch = { role = [\n  \"x\",\n  true,\n] }",
            "line 6, rule 1 `a`: `match.role` must be a text in quotes, or a list of such texts, not true or false",
        ),
        ("team = \"b\"\nmatch = \"role\"", "line 4, rule 1 `a`: `match` must be a table, not a text"),
        ("team = \"b\"\nmatch = { tag = \"team\" }", "line 4, rule 1 `a`: `match.tag` must be a table, not a text"),
        (
            "team = \"b\"\nfrom = 2026-07-01",
            "line 4, rule 1 `a`: `from` must be a text in quotes, not a date without quotes",
        ),
    ] {
        assert_eq!(error_of_rule(lines), expected);
    }
    assert_eq!(error("[rule]\nname = \"a\""), "line 1: `rule` must be tables written [[rule]], not a table");
    assert_eq!(error("team = \"a\""), "line 1: `team` must be tables written [[team]], not a text");
}

#[test]
fn what_could_never_match_is_refused() {
    for (condition, expected) in [
        ("", "`match` is empty; give at least one condition, or leave it out to claim everything"),
        ("role = \"\"", "`match.role` is empty; write a text between the quotes"),
        ("role = []", "`match.role` is empty; leave it out, or list texts in quotes"),
        ("identity = \"sso-user\"", "`match.identity`: `sso-user` is not an identity; did you mean `sso_user`?"),
        (
            "identity = [\"role\", \"lambda*\"]",
            "`match.identity`: `lambda*` is not an identity; use one of iam_user, api_key, role, assumed_role, sso_user, \
             federated_user, root, service, other",
        ),
        (
            "account = \"12345\"",
            "`match.account`: `12345` is not an account; write its twelve digits, or a pattern such as `1234*`",
        ),
        (
            "role = \"{dev,prod}-*\"",
            "`match.role`: the pattern `{dev,prod}-*` holds `{`; only `*` (any text) and `?` (any one character) are \
             special, and several patterns are written as a list: [\"a-*\", \"b-*\"]",
        ),
        ("tag = { value = \"x\" }", "`match.tag.key` is missing"),
        (
            "tag = { key = \"resourceTags/\" }",
            "`match.tag.key`: `resourceTags/` names no tag; write a key such as cost-center, or a view and a key such as \
             resourceTags/cost-center",
        ),
        (
            "tag = { key = \"team*\" }",
            "`match.tag.key`: `team*` holds a wildcard, which only `match` understands; write the whole text",
        ),
    ] {
        let found = error_of_rule(&format!("team = \"b\"\nmatch = {{ {condition} }}"));
        assert_eq!(found, format!("line 4, rule 1 `a`: {expected}"));
    }
}

#[test]
fn periods_are_months_and_half_open() {
    assert_eq!(
        error_of_rule("team = \"b\"\nfrom = \"July\""),
        "line 4, rule 1 `a`: `from`: `July` is not a billing period; write a year and a month, such as 2026-10"
    );
    for (from, until) in [("2026-07", "2026-07"), ("2026-08", "2026-07")] {
        assert_eq!(
            error_of_rule(&format!("team = \"b\"\nfrom = \"{from}\"\nuntil = \"{until}\"")),
            format!(
                "line 5, rule 1 `a`: `from` {from} is not before `until` {until}; `until` is the first period in which \
                 the rule no longer holds"
            )
        );
    }
}

#[test]
fn a_rule_behind_one_that_claims_everything_is_never_reached() {
    assert_eq!(
        error("[[rule]]\nname = \"rest\"\nteam = \"b\"\n\n[[rule]]\nname = \"c\"\nteam_from_tag = \"team\""),
        "line 5, rule 2 `c`: is never reached: rule 1 `rest` has no conditions and claims everything; move that rule to \
         the end, or give it a `match`"
    );
}

#[test]
fn two_spellings_of_a_team_are_an_error_naming_both() {
    let toml = "[[rule]]\nname = \"a\"\nteam = \"Data Science\"\nmatch = { role = \"x\" }\n\
                [[rule]]\nname = \"b\"\nteam = \"data-science\"\nmatch = { role = \"y\" }\n";
    assert_eq!(
        error(toml),
        "line 7, rule 2 `b`: `Data Science` and `data-science` would both be team `data-science`; if they are one team, \
         list both in a [[team]] (one as `name`, the other under `values`), else give one of them a [[team]] with \
         another slug"
    );
    let as_one = "[[team]]\nname = \"Data Science\"\nvalues = [\"data-science\"]\n";
    let as_two = "[[team]]\nname = \"Data Science\"\nslug = \"ds\"\n";
    for way_out in [as_one, as_two] {
        assert!(Ownership::parse(&format!("{toml}{way_out}")).is_ok(), "the sentence is right: {way_out}");
    }
}

#[test]
fn the_kept_name_is_refused_to_rules_and_teams() {
    let sentence = |name: &str| {
        format!(
            "a team may not be called `{name}`: the id `unattributed` is kept for what no rule claims; list the name \
             under `values` of a [[team]] with another slug"
        )
    };
    let rule = error_of_rule("team = \"Unattributed\"");
    assert_eq!(rule, format!("line 3, rule 1 `a`: {}", sentence("Unattributed")));
    let name = error("[[team]]\nname = \"Unattributed\"");
    assert_eq!(name, format!("line 2, team 1: {}", sentence("Unattributed")));
    let slug = error("[[team]]\nslug = \"unattributed\"");
    assert_eq!(slug, format!("line 2, team 1: {}", sentence("unattributed")));
}

#[test]
fn a_declared_team_is_one_team() {
    for (toml, expected) in [
        ("[[team]]\nvalues = [\"a\"]", "line 1, team 1: `slug` is missing"),
        (
            "[[team]]\nslug = \"Data Science\"",
            "line 2, team 1: `slug`: `Data Science` is not a team id; use at most 64 lower-case letters a to z, digits, \
             and single dashes between them, such as data-science",
        ),
        (
            "[[team]]\nslug = \"a\"\n[[team]]\nslug = \"a\"",
            "line 3, team 2: `a` already means team `a`; a text can name one team only",
        ),
        (
            "[[team]]\nslug = \"a\"\nvalues = [\"x\"]\n[[team]]\nslug = \"b\"\nvalues = [\"x\"]",
            "line 4, team 2: `x` already means team `a`; a text can name one team only",
        ),
        (
            "[[team]]\nslug = \"a\"\nvalues = [\"ds-*\"]",
            "line 3, team 1: `values`: `ds-*` holds a wildcard, which only `match` understands; write the whole text",
        ),
    ] {
        assert_eq!(error(toml), expected);
    }
}

#[test]
fn lines_are_counted_in_files_from_windows_and_with_other_scripts_too() {
    assert_eq!(
        error("# é 日本\r\n[[rule]]\r\nname = \"日本\"\r\nteem = \"b\"\r\n"),
        "line 4, rule 1 `日本`: unknown key `teem`; did you mean `team`?"
    );
}
