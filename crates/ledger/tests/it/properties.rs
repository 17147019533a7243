use std::collections::BTreeMap;

use bill::Amount;
use ledger::{Owner, Ownership, TeamSlug};
use proptest::prelude::*;

use crate::support::{Line, period};

/// A rule as a test writes it: small worlds, so that rules and lines meet often.
#[derive(Clone, Debug)]
struct PlainRule {
    role: Option<String>,
    account: Option<String>,
    tag: Option<(String, Option<String>)>,
    from_tag: bool,
    from: Option<u32>,
    until: Option<u32>,
}

impl PlainRule {
    fn toml(&self, number: usize) -> String {
        let mut conditions = Vec::new();
        conditions.extend(self.role.iter().map(|role| format!("role = \"{role}\"")));
        conditions.extend(self.account.iter().map(|account| format!("account = \"{account}\"")));
        conditions.extend(self.tag.iter().map(|(key, value)| match value {
            Some(value) => format!("tag = {{ key = \"{key}\", value = \"{value}\" }}"),
            None => format!("tag = {{ key = \"{key}\" }}"),
        }));
        let mut toml = format!("[[rule]]\nname = \"r{number}\"\nmatch = {{ {} }}\n", conditions.join(", "));
        toml.push_str(&match self.from_tag {
            true => "team_from_tag = \"team\"\n".to_owned(),
            false => format!("team = \"Team {number}\"\n"),
        });
        let dates = [("from", self.from), ("until", self.until)];
        toml.extend(dates.iter().filter_map(|(key, month)| Some(format!("{key} = \"2026-{:02}\"\n", (*month)?))));
        toml
    }

    /// What the rule means, said as plainly as can be: a trailing star is the only wildcard of these tests.
    fn claims(&self, line: &Line, month: u32) -> bool {
        let fits = |pattern: &String, text: &str| match pattern.strip_suffix('*') {
            Some(beginning) => text.starts_with(beginning),
            None => text == pattern,
        };
        let role = line.principal.as_ref().and_then(|principal| principal.role.as_deref());
        let tag = |key: &str| line.tags.tags.get(&format!("iamPrincipal/{key}")).filter(|value| !value.is_empty());
        self.role.as_ref().is_none_or(|pattern| role.is_some_and(|role| fits(pattern, role)))
            && self.account.as_ref().is_none_or(|pattern| line.account.as_ref().is_some_and(|text| fits(pattern, text)))
            && self.tag.as_ref().is_none_or(|(key, pattern)| {
                tag(key).is_some_and(|value| pattern.as_ref().is_none_or(|pattern| fits(pattern, value)))
            })
            && (!self.from_tag || tag("team").is_some())
            && self.from.is_none_or(|from| from <= month)
            && self.until.is_none_or(|until| month < until)
    }
}

fn plain_rule() -> impl Strategy<Value = PlainRule> {
    let condition = (
        proptest::option::of("[ab]{1,2}\\*?"),
        prop_oneof![2 => Just(None), 1 => Just(Some("1*".to_owned())), 1 => Just(Some("222222222222".to_owned()))],
        proptest::option::of(("team|env", proptest::option::of("[xy]\\*?"))),
    )
        .prop_filter("at least one condition", |(role, account, tag)| {
            role.is_some() || account.is_some() || tag.is_some()
        });
    let dates = (proptest::option::of(1..6_u32), proptest::option::of(6..12_u32));
    (condition, any::<bool>(), dates).prop_map(|((role, account, tag), from_tag, (from, until))| PlainRule {
        role,
        account,
        tag,
        from_tag,
        from,
        until,
    })
}

fn line() -> impl Strategy<Value = Line> {
    let tag = || proptest::option::of("[xyz]{0,2}");
    (proptest::option::of("[ab]{1,3}"), "111111111111|222222222222|333333333333", tag(), tag()).prop_map(
        |(role, account, team, env)| {
            let principal = role.map(|role| format!("arn:aws:sts::123456789012:assumed-role/{role}/s"));
            let mut line = Line::of(principal.as_deref().unwrap_or_default()).account(&account);
            for (key, value) in [("iamPrincipal/team", team), ("iamPrincipal/env", env)] {
                if let Some(value) = value {
                    line = line.tag(key, &value);
                }
            }
            line
        },
    )
}

fn written(plain: &[PlainRule]) -> Ownership {
    let toml: String = plain.iter().enumerate().map(|(index, rule)| rule.toml(index + 1)).collect();
    Ownership::parse(&toml).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_first_rule_that_matches_wins(
        plain in proptest::collection::vec(plain_rule(), 1..8),
        lines in proptest::collection::vec(line(), 1..8),
        month in 1..=12_u32,
    ) {
        let ownership = written(&plain);
        let october = period(&format!("2026-{month:02}"));
        for line in &lines {
            let first = plain.iter().position(|rule| rule.claims(line, month));
            let expected = first.map(|index| match plain[index].from_tag {
                true => (index + 1, line.tags.tags["iamPrincipal/team"].clone()),
                false => (index + 1, format!("Team {}", index + 1)),
            });
            let found = match ownership.owner(&line.subject(), october) {
                Owner::Team { name, slug, rule, rule_number, because } => {
                    prop_assert_eq!(&rule, &format!("r{rule_number}"));
                    prop_assert!(because.starts_with(&format!("rule {rule_number} `{rule}`: ")), "{}", because);
                    prop_assert_eq!(slug, TeamSlug::of_name(&name));
                    Some((rule_number, name))
                }
                Owner::Unattributed { .. } => None,
            };
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_sum_over_owners_is_the_sum_of_the_bill(
        plain in proptest::collection::vec(plain_rule(), 1..8),
        bill in proptest::collection::vec((line(), any::<i64>()), 0..40),
    ) {
        let ownership = written(&plain);
        let mut by_owner: BTreeMap<TeamSlug, Amount> = BTreeMap::new();
        for (line, units) in &bill {
            let owner = ownership.owner(&line.subject(), period("2026-10"));
            *by_owner.entry(owner.slug()).or_default() += Amount::from_raw(i128::from(*units));
        }
        let total: Amount = bill.iter().map(|(_, units)| Amount::from_raw(i128::from(*units))).sum();
        prop_assert_eq!(by_owner.values().sum::<Amount>(), total);
    }

    #[test]
    fn no_text_makes_reading_rules_panic(text in "(\\[\\[(rule|team)\\]\\]\n|(name|team|slug|values|match|from) = |\"[a-z*é]{0,4}\"|[\\[\\]{}=,\n #]){0,30}") {
        let _ = Ownership::parse(&text);
    }
}
