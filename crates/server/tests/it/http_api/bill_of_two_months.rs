//! A bill small enough to be added up by hand.
//!
//! September 2026 is final: alice spent 1 USD. October 2026 is not:
//!
//! | day | who | team | model | what | cost |
//! |---|---|---|---|---|---|
//! | 1 | alice | Data Science | claude-a | 1,000 input tokens, 2 lines | 0.1 USD |
//! | 2 | alice | Data Science | claude-a | 200 output tokens | 0.25 USD |
//! | 2 | gateway | Web | nova-b | unclassified | 0.000000000001 USD |
//! | 1 | nobody | | | credit | -0.05 USD |
//! | 1 | alice | Data Science | claude-a | 10 cache reads | 3 CNY |
//!
//! and 100 USD of other services stand beside it. One failed attempt to read October again is on record.

use bill::principal::Principal;
use bill::tags::TagSet;
use bill::{Amount, BillingPeriod};
use chrono::{DateTime, Utc};
use ledger::Ownership;
use sqlx::PgPool;
use store::Store;
use store::loads::{Begin, Charge, ControlTotal, Fact, LoadWriter, NewLoad, Subject};
use store::snapshot::Difference;

pub(crate) const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
pub(crate) const GATEWAY: &str = "arn:aws:sts::111122223333:assumed-role/gateway/i-0abc";

struct Line {
    day: &'static str,
    arn: Option<&'static str>,
    tags: &'static str,
    model: Option<&'static str>,
    token_class: Option<&'static str>,
    charge_type: &'static str,
    tokens: i64,
    cost: &'static str,
    currency: &'static str,
    line_items: i64,
}

const NOTHING: Line = Line {
    day: "2026-10-01",
    arn: None,
    tags: "{}",
    model: None,
    token_class: None,
    charge_type: "Usage",
    tokens: 0,
    cost: "0",
    currency: "USD",
    line_items: 1,
};

const OF_ALICE: Line = Line {
    arn: Some(ALICE),
    tags: r#"{"iamPrincipal/team":"Data Science","iamPrincipal/cost-center":"CC-1"}"#,
    model: Some("claude-a"),
    ..NOTHING
};

const SEPTEMBER: [Line; 1] =
    [Line { day: "2026-09-30", token_class: Some("input"), tokens: 4000, cost: "1", ..OF_ALICE }];

const OCTOBER: [Line; 5] = [
    Line { token_class: Some("input"), tokens: 1000, cost: "0.1", line_items: 2, ..OF_ALICE },
    Line { day: "2026-10-02", token_class: Some("output"), tokens: 200, cost: "0.25", ..OF_ALICE },
    Line {
        day: "2026-10-02",
        arn: Some(GATEWAY),
        tags: r#"{"iamPrincipal/team":"Web"}"#,
        model: Some("nova-b"),
        cost: "0.000000000001",
        ..NOTHING
    },
    Line { charge_type: "Credit", cost: "-0.05", ..NOTHING },
    Line { token_class: Some("cache_read"), tokens: 10, cost: "3", currency: "CNY", ..OF_ALICE },
];

/// Publishes both months, and fails to read October once more.
pub(crate) async fn publish(pool: &PgPool) {
    let store = Store::from_pool(pool.clone());
    store.apply_ownership(&Ownership::by_team_tag(), at("2026-11-01T00:00:00Z")).await.expect("rules");
    publish_period(&store, "2026-09", &SEPTEMBER, Some("INV-9"), true).await;
    publish_period(&store, "2026-10", &OCTOBER, None, false).await;
    fail_period(&store, "2026-10").await;
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

async fn begin(store: &Store, period: &str, identity: &str) -> Box<LoadWriter> {
    let new = NewLoad {
        export: "main",
        period: period.parse().expect("a period"),
        manifest_identity: identity,
        manifest_written_at: at("2026-11-05T05:00:00Z"),
        force: false,
        now: at("2026-11-05T05:30:00Z"),
    };
    match store.begin_load(&new).await.expect("a load") {
        Begin::Load(load) => load,
        Begin::Unchanged(version) => panic!("{period} is served already as version {version}"),
    }
}

async fn publish_period(store: &Store, period: &str, lines: &[Line], invoice: Option<&str>, has_net: bool) {
    let mut load = begin(store, period, &format!("manifest of {period}")).await;
    load.write_control_totals(&control_totals(lines, invoice)).await.expect("control totals");
    for line in lines {
        let fact = intern(&mut load, line, invoice).await;
        load.write_facts(&[fact]).await.expect("facts");
    }
    assert_eq!(load.finish_facts(has_net).await.expect("a summary"), []);
    load.publish(&[], at("2026-11-05T05:31:00Z")).await.expect("published");
}

async fn fail_period(store: &Store, period: &str) {
    let load = begin(store, period, "a manifest that lies").await;
    let difference = Difference {
        invoice: None,
        billing_entity: Some("AWS".to_owned()),
        charge_type: Some("Usage".to_owned()),
        currency: Some("USD".to_owned()),
        expected: amount("2"),
        found: amount("1.5"),
        expected_line_items: 4,
        found_line_items: 3,
    };
    load.fail("the rows do not add up to the bill", &[difference], at("2026-11-05T05:45:00Z")).await.expect("recorded");
}

fn control_totals(lines: &[Line], invoice: Option<&str>) -> Vec<ControlTotal> {
    let total = |charge_type: &str, currency: &str, bedrock: [Amount; 3], count: i64, other: Amount| ControlTotal {
        invoice: invoice.map(str::to_owned),
        billing_entity: Some("AWS".to_owned()),
        charge_type: Some(charge_type.to_owned()),
        currency: currency.to_owned(),
        bill: bedrock.map(|cost| cost + other),
        line_items: count + i64::from(!other.is_zero()),
        bedrock,
        bedrock_line_items: count,
    };
    let mut kinds: Vec<(&str, &str)> = lines.iter().map(|line| (line.charge_type, line.currency)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let of_kind = |(charge_type, currency): &(&str, &str)| {
        let matching = || lines.iter().filter(|line| line.charge_type == *charge_type && line.currency == *currency);
        let cost: Amount = matching().map(|line| amount(line.cost)).sum();
        let other = if (*charge_type, *currency) == ("Usage", "USD") { amount("100") } else { Amount::ZERO };
        total(charge_type, currency, [cost; 3], matching().map(|line| line.line_items).sum(), other)
    };
    kinds.iter().map(of_kind).collect()
}

async fn intern(load: &mut LoadWriter, line: &Line, invoice: Option<&str>) -> Fact {
    let text = |text: &str| Some(text.to_owned());
    let principal_id = match Principal::parse(line.arn) {
        Some(principal) => Some(load.intern_principals(&[principal]).await.expect("a principal")[0]),
        None => None,
    };
    let tags = TagSet::from_json(Some(line.tags), None, None).expect("tags");
    let tag_set_id = load.intern_tag_sets(&[tags]).await.expect("tags")[0];
    let subject = Subject {
        payer: text("999988887777"),
        account: text("111122223333"),
        principal_id,
        tag_set_id,
        model: line.model.map(str::to_owned),
        charge_type: text(line.charge_type),
        predates_principals: false,
    };
    let charge = Charge {
        usage_type: text("USE1-something"),
        product: text("Amazon Bedrock"),
        charge_type: text(line.charge_type),
        billing_entity: text("AWS"),
        invoice: invoice.map(str::to_owned),
        model: line.model.map(str::to_owned),
        token_kind: line.token_class.map(str::to_owned),
        token_class: line.token_class.map(str::to_owned),
        unclassified: line.arn == Some(GATEWAY),
        ..Charge::default()
    };
    Fact {
        usage_date: line.day.parse().expect("a day"),
        subject_id: load.intern_subjects(&[subject]).await.expect("a subject")[0],
        charge_id: load.intern_charges(&[charge]).await.expect("a charge")[0],
        currency: line.currency.as_bytes().try_into().expect("three letters"),
        costs: [amount(line.cost); 3],
        quantity: Amount::ZERO,
        tokens: Amount::from_integer(line.tokens),
        line_items: line.line_items,
    }
}

/// The latest period of the bill.
pub(crate) fn october() -> BillingPeriod {
    "2026-10".parse().expect("a period")
}
