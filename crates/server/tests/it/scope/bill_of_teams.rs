//! Random bills on which several teams, accounts, tags, currencies and principals meet, and who may see which line of them.

use std::collections::BTreeMap;

use access::{Extent, Part};
use bill::charge_type::ChargeType;
use bill::principal::Principal;
use bill::tags::TagSet;
use bill::{Amount, BillingPeriod};
use ledger::{Ownership, Subject};
use proptest::prelude::*;
use sample::{Labels, LineItem};

pub(crate) const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];
pub(crate) const TEAMS: [&str; 5] = ["ds", "platform", "research", "unattributed", "nobody"];
pub(crate) const TAGS: [&str; 8] = [
    "cost-center=12345",
    "cost-center=777",
    "team=ds",
    "resourceTags/Team=x",
    "resource_tags/user_team=y",
    "cost_category/project=alpha",
    "accountTag/owner=carol",
    "cost-center=nothing-has-this",
];

/// Teams come from a tag, from a role and from an account: so that a part of tags or accounts cuts through teams.
const RULES: &str = r#"
[[rule]]
name = "tagged"
team_from_tag = "team"

[[rule]]
name = "gateway"
team = "Platform"
match = { role = "gateway-*" }

[[rule]]
name = "research"
team = "Research"
match = { account = "333333333333" }
"#;

pub(crate) fn rules() -> Ownership {
    Ownership::parse(RULES).expect("rules")
}

/// The lines of one month of one export.
#[derive(Clone, Debug)]
pub(crate) struct Month {
    pub export: &'static str,
    pub period: BillingPeriod,
    pub lines: Vec<LineItem<'static>>,
}

impl Month {
    /// What is left of it for whoever sees this much: the lines that are theirs, and the one line about no one and not
    /// Bedrock, which makes the month be there and says whether it is final.
    pub(crate) fn as_seen_by(&self, extent: &Extent) -> Self {
        let Extent::Part(part) = extent else { return self.clone() };
        let rules = rules();
        let is_visible = |line: &&LineItem<'static>| line.is_bedrock() && is_in(part, line, self.period, &rules);
        let keeper = self.lines.first().into_iter();
        let lines = keeper.chain(self.lines.iter().skip(1).filter(is_visible)).cloned().collect();
        Self { lines, ..*self }
    }

    pub(crate) fn bedrock_lines(&self) -> usize {
        self.lines.iter().filter(|line| line.is_bedrock()).count()
    }
}

/// Whether a line is in a part, told without any of the code under test.
fn is_in(part: &Part, line: &LineItem<'_>, period: BillingPeriod, rules: &Ownership) -> bool {
    let of_tag = part.tags.iter().any(|tag| {
        let column = match tag.key.view.column() {
            "resource_tags" => &line.resource_tags,
            "cost_category" => &line.cost_category,
            _ => &line.tags,
        };
        column.get(&tag.key.column_key()) == Some(&tag.value)
    });
    of_tag || part.accounts.contains(line.usage_account_id.as_ref()) || part.teams.contains(&owner(line, period, rules))
}

fn owner(line: &LineItem<'_>, period: BillingPeriod, rules: &Ownership) -> String {
    let map = |labels: &Labels<'_>| -> BTreeMap<String, String> {
        labels.pairs().unwrap_or_default().iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    };
    let tags = TagSet {
        tags: map(&line.tags),
        resource_tags: map(&line.resource_tags),
        cost_category: map(&line.cost_category),
    };
    let principal = Principal::parse(line.iam_principal.as_deref());
    let subject = Subject {
        principal: principal.as_ref(),
        tags: &tags,
        account: Some(line.usage_account_id.as_ref()),
        model: None,
        charge_type: &ChargeType::new(line.charge_type.as_ref()),
        predates_principals: false,
    };
    rules.owner(&subject, period).slug().to_string()
}

/// A month of up to this many lines, of these accounts. Where it is not final, its first line carries no invoice.
pub(crate) fn month(
    export: &'static str,
    accounts: &[&'static str],
    period: BillingPeriod,
    most_lines: usize,
) -> impl Strategy<Value = Month> + use<> {
    let keeper = LineItem {
        unblended_cost: "100".parse().expect("an amount"),
        usage_account_id: accounts[0].into(),
        ..LineItem::other_usage(period)
    };
    let lines = prop::collection::vec(line(period, accounts.to_vec()), 0..most_lines);
    (any::<bool>(), lines).prop_map(move |(is_final, mut lines)| {
        let keeper = keeper.clone();
        lines.insert(0, keeper);
        for line in lines.iter_mut().filter(|line| is_final && line.invoice_id.as_deref().is_none_or(str::is_empty)) {
            line.invoice_id = Some("INV-9".into());
        }
        Month { export, period, lines }
    })
}

fn line(month: BillingPeriod, accounts: Vec<&'static str>) -> impl Strategy<Value = LineItem<'static>> {
    (who(accounts), what(), labels(), money(), (0_i64..28, -40_i64..3)).prop_map(
        move |(who, what, labels, money, days)| {
            let (principal, account, payer) = who;
            let (usage_type, charge_type, is_bedrock, invoice) = what;
            let (tags, resource_tags, cost_category) = labels;
            let (currency, cost, net, quantity) = money;
            // Most lines are of this month; a refund may be about an earlier one.
            let day = if charge_type == "Refund" { days.1 } else { days.0 };
            let start = month.first_day().and_time(chrono::NaiveTime::MIN).and_utc() + chrono::TimeDelta::days(day);
            let base = if is_bedrock { LineItem::bedrock_usage(month) } else { LineItem::other_usage(month) };
            LineItem {
                iam_principal: principal.map(Into::into),
                usage_account_id: account.into(),
                usage_account_name: Some(format!("Account {account}").into()),
                payer_account_id: payer.into(),
                usage_type: usage_type.into(),
                charge_type: charge_type.into(),
                invoice_id: invoice.map(Into::into),
                currency: currency.into(),
                unblended_cost: cost,
                net_unblended_cost: (day % 2 == 0).then_some(net),
                list_cost: (day % 3 == 0).then_some(cost),
                usage_quantity: quantity,
                usage_start: Some(start),
                tags,
                resource_tags,
                cost_category,
                ..base
            }
        },
    )
}

type Who = (Option<&'static str>, &'static str, &'static str);

fn who(accounts: Vec<&'static str>) -> impl Strategy<Value = Who> {
    let principals = prop::sample::select(vec![
        None,
        Some("arn:aws:iam::123456789012:user/alice"),
        Some("arn:aws:iam::123456789012:user/division/bob"),
        Some("arn:aws:sts::123456789012:assumed-role/gateway-prod/tenant-1"),
        Some("arn:aws:sts::123456789012:assumed-role/Role-1/user-1@acme.org"),
        Some("bedrock.amazonaws.com"),
    ]);
    (principals, prop::sample::select(accounts), prop::sample::select(vec!["123456789012", "210987654321"]))
}

type What = (&'static str, &'static str, bool, Option<&'static str>);

fn what() -> impl Strategy<Value = What> {
    let usage_types = vec![
        "USE1-Claude4.6Sonnet-input-tokens",
        "USE1-Claude4.6Sonnet-output-tokens-cross-region-global",
        "USE1-NovaLite-input-tokens-batch",
        "EU-something-nobody-knows",
    ];
    let charge_types = vec!["Usage", "Usage", "Usage", "Credit", "Refund", "Tax"];
    let invoices = vec![None, Some(""), Some("INV-1"), Some("INV-2")];
    (
        prop::sample::select(usage_types),
        prop::sample::select(charge_types),
        prop::sample::select(vec![true, true, true, true, true, false]),
        prop::sample::select(invoices),
    )
}

fn labels() -> impl Strategy<Value = (Labels<'static>, Labels<'static>, Labels<'static>)> {
    let value = |values: Vec<&'static str>| prop::sample::select(values);
    let team = value(vec!["-", "-", "", "ds", "Platform"]);
    let cost_center = value(vec!["-", "-", "", "12345", "777"]);
    let owner = value(vec!["-", "-", "-", "carol"]);
    let of_resource = value(vec!["-", "-", "x", "y"]);
    let normalised = value(vec!["-", "-", "x", "y"]);
    let project = value(vec!["-", "-", "alpha", "beta"]);
    let many = prop_oneof![30 => Just(0_u8), 1 => Just(25)];
    (team, cost_center, owner, of_resource, normalised, project, many).prop_map(
        |(team, cost_center, owner, of_resource, normalised, project, many)| {
            let tags = [
                ("iamPrincipal/team", team),
                ("iamPrincipal/cost-center", cost_center),
                ("accountTag/owner", owner),
                ("resourceTags/Team", of_resource),
            ];
            // More tags of the caller than a showback has room for.
            let more = (0..many).map(|number| (format!("iamPrincipal/tag-{number}"), "set".to_owned()));
            let tags = there(&tags).chain(more).collect();
            (tags, there(&[("user_team", normalised)]).collect(), there(&[("project", project)]).collect())
        },
    )
}

/// `-` stands for a tag that is not there; an empty value is there and empty.
fn there(pairs: &[(&'static str, &'static str)]) -> impl Iterator<Item = (String, String)> {
    pairs.iter().filter(|(_, value)| *value != "-").map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
}

fn money() -> impl Strategy<Value = (&'static str, Amount, Amount, Amount)> {
    // At most ten decimals and below 2000: what a double keeps exactly after the cast to twelve.
    let cost =
        (-2_000_000_000_000_000_i128..2_000_000_000_000_000).prop_map(|units| Amount::from_raw(units / 100 * 100));
    let quantity = (0_i64..5_000_000).prop_map(|thousandths| Amount::from_raw(i128::from(thousandths) * 1_000_000_000));
    (prop::sample::select(vec!["USD", "USD", "USD", "EUR", "CNY"]), cost.clone(), cost, quantity)
}

/// A part of teams alone, of accounts alone, of tags alone, of all of them, or of nothing.
pub(crate) fn part() -> impl Strategy<Value = Part> {
    let some = |choices: &[&'static str]| prop::sample::subsequence(choices.to_vec(), 1..3);
    let (teams, accounts, tags) = (some(&TEAMS), some(&ACCOUNTS), some(&TAGS));
    let of = |teams: Vec<&str>, accounts: Vec<&str>, tags: Vec<&str>| Part {
        teams: teams.into_iter().map(str::to_owned).collect(),
        accounts: accounts.into_iter().map(str::to_owned).collect(),
        tags: tags.into_iter().map(|tag| tag.parse().expect("a tag value")).collect(),
    };
    prop_oneof![
        6 => teams.clone().prop_map(move |teams| of(teams, vec![], vec![])),
        4 => accounts.clone().prop_map(move |accounts| of(vec![], accounts, vec![])),
        4 => tags.clone().prop_map(move |tags| of(vec![], vec![], tags)),
        5 => (teams, accounts, tags).prop_map(move |(teams, accounts, tags)| of(teams, accounts, tags)),
        1 => Just(Part::default()),
    ]
}
