//! `ownership.toml`: what is read gives every subject exactly one owner, or says where the file is wrong.

use bill::BillingPeriod;
use bill::charge_type::ChargeType;
use bill::principal::Principal;
use bill::tags::TagSet;
use ledger::{Owner, Ownership, Subject, TeamSlug};

use super::text;

pub(super) fn check(bytes: &[u8]) {
    let text = text(bytes);
    let rules = match Ownership::parse(&text) {
        Ok(rules) => rules,
        Err(error) => {
            assert!((1..=1 + text.matches('\n').count()).contains(&error.line), "{error}");
            return assert!(error.to_string().chars().count() < 3_000, "{error}");
        }
    };
    assert!(!rules.rules().is_empty());
    assert_eq!(rules.source_text(), text);
    let again = Ownership::parse(rules.source_text()).expect("what was read once is read again");
    assert_eq!(format!("{:?}", again.rules()), format!("{:?}", rules.rules()));
    assert_eq!(again.fingerprint(), rules.fingerprint());
    for line in lines() {
        for period in ["2026-04", "2026-10"].map(|period| period.parse().expect("a period")) {
            let owner = rules.owner(&line.subject(), period);
            assert_eq!(owner, again.owner(&line.subject(), period));
            check_owner(&owner, &rules, &line, period);
        }
    }
}

fn check_owner(owner: &Owner, rules: &Ownership, line: &Line, period: BillingPeriod) {
    match owner {
        Owner::Team { name, slug, rule, rule_number, because } => {
            let by = &rules.rules()[rule_number - 1];
            assert_eq!((by.number(), by.name()), (*rule_number, rule.as_str()));
            assert!(by.holds_in(period) && because.starts_with(&format!("rule {rule_number} `{rule}`")), "{because}");
            assert!(!slug.is_unattributed() && slug.as_str().parse() == Ok(slug.clone()), "{slug}");
            assert_eq!(slug, &owner.slug());
            assert!(!name.is_empty());
            let tag = by.team_from_tag().map(|key| line.tags.get(key));
            assert!(tag.is_none_or(|value| value.is_some()), "a tag that is not set names no team");
            let team = by.team();
            assert!(team.is_none_or(|team| (&team.slug, &team.name) == (slug, name)), "{team:?} is not {owner:?}");
        }
        Owner::Unattributed { reason } => {
            assert_eq!(owner.slug(), TeamSlug::unattributed());
            assert_eq!(reason.as_str().parse(), Ok(*reason));
            let claims_all = |rule: &ledger::Rule| rule.conditions().is_empty() && rule.team().is_some();
            assert!(!rules.rules().iter().any(|rule| claims_all(rule) && rule.holds_in(period)), "{reason}");
        }
    }
}

/// What a subject borrows from.
struct Line {
    principal: Option<Principal>,
    tags: TagSet,
    account: Option<&'static str>,
    model: Option<&'static str>,
    charge_type: ChargeType,
}

impl Line {
    fn subject(&self) -> Subject<'_> {
        Subject {
            principal: self.principal.as_ref(),
            tags: &self.tags,
            account: self.account,
            model: self.model,
            charge_type: &self.charge_type,
            predates_principals: self.account.is_none(),
        }
    }
}

fn line(arn: &str, tags: &str, account: Option<&'static str>, charge_type: &str) -> Line {
    Line {
        principal: Principal::parse(Some(arn)),
        tags: TagSet::from_json(Some(tags), None, None).expect("a map of texts"),
        account,
        model: account.map(|_| "Claude Opus 4.6"),
        charge_type: ChargeType::new(charge_type),
    }
}

/// The subjects of the file's description (`crates/ledger/README.md`), and those that say nothing.
fn lines() -> [Line; 6] {
    let (account, sandbox) = (Some("123456789012"), Some("111122223333"));
    let sts = |rest: &str| format!("arn:aws:sts::123456789012:assumed-role/{rest}");
    [
        line(&sts("gateway-1/acme"), "{}", account, "Usage"),
        line(&sts("Acme/jane@acme.org"), r#"{"iamPrincipal/project":"Chat 7"}"#, account, "Usage"),
        line("arn:aws:iam::123456789012:user/eve", r#"{"iamPrincipal/team":"ds"}"#, account, "Usage"),
        line("bedrock.amazonaws.com", r#"{"resourceTags/team":"Data Science!"}"#, account, "Usage"),
        line("", "{}", sandbox, "Tax"),
        line("", "{}", None, "Usage"),
    ]
}
