//! How quick ownership is. Run it with `cargo test -p ledger --release --test speed -- --ignored --nocapture`.

use std::fmt::Write;
use std::time::Instant;

use bill::charge_type::ChargeType;
use bill::principal::Principal;
use bill::tags::TagSet;
use ledger::{Owner, Ownership, Subject};

#[test]
#[ignore = "a measurement: a million subjects against forty rules take about a second in release"]
#[expect(clippy::print_stdout, reason = "the figure is the result")]
fn a_million_subjects_find_their_owners() {
    let mut toml = String::new();
    for number in 0..38 {
        let condition = match number % 4 {
            0 => format!("role = \"service-{number}-*\""),
            1 => format!("principal = \"arn:aws:sts::*:assumed-role/batch-{number}/*-run-*\""),
            2 => format!("tag = {{ key = \"project\", value = [\"p{number}\", \"q{number}-*\"] }}"),
            _ => format!("account = \"{number:012}\""),
        };
        write!(toml, "[[rule]]\nname = \"r{number}\"\nteam = \"t{number}\"\nmatch = {{ {condition} }}\n")
            .expect("text");
    }
    toml.push_str("[[rule]]\nname = \"tag\"\nteam_from_tag = \"team\"\n");
    let ownership = Ownership::parse(&toml).expect("rules");
    let usage = ChargeType::new("Usage");
    let principals: Vec<_> = (0..1000)
        .map(|number| {
            let arn = format!("arn:aws:sts::123456789012:assumed-role/Role-{}/session-{number}", number % 50);
            Principal::parse(Some(&arn)).expect("a principal")
        })
        .collect();
    let tags = TagSet::from_json(
        Some(r#"{"iamPrincipal/team":"Data Science","iamPrincipal/cost-center":"12345"}"#),
        None,
        None,
    )
    .expect("tags");
    let october = "2026-10".parse().expect("a period");
    let started = Instant::now();
    let mut claimed = 0;
    for number in 0..1_000_000 {
        let subject = Subject {
            principal: Some(&principals[number % 1000]),
            tags: &tags,
            account: Some("123456789012"),
            model: Some("claude-sonnet-4.6"),
            charge_type: &usage,
            predates_principals: false,
        };
        claimed += usize::from(matches!(ownership.owner(&subject, october), Owner::Team { .. }));
    }
    println!("1,000,000 subjects, {} rules: {} ms", ownership.rules().len(), started.elapsed().as_millis());
    assert_eq!(claimed, 1_000_000);
}
