//! For random bills and random questions: rows = totals = control = the bill.

use std::collections::BTreeMap;

use crate::support::{World, decimal, period, sum_of_rows};
use bill::{Amount, BillingPeriod};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sample::{Labels, LineItem};
use serde_json::Value;
use sqlx::PgPool;

/// Small choices, so that lines meet in one row often, and every awkward value turns up.
pub(crate) fn line(month: BillingPeriod) -> impl Strategy<Value = LineItem<'static>> {
    let principal = prop::sample::select(vec![
        None,
        Some(""),
        Some("arn:aws:iam::123456789012:user/alice"),
        Some("arn:aws:iam::123456789012:user/division/team/bob"),
        Some("arn:aws:iam::123456789012:user/BedrockAPIKey-a1b2"),
        Some("arn:aws:sts::123456789012:assumed-role/Role-1/user-1@acme.org"),
        Some("arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Power_User_0123456789abcdef/carol"),
        Some("bedrock.amazonaws.com"),
        Some("something 'else' altogether; drop table load --"),
    ]);
    let usage_type = prop::sample::select(vec![
        "USE1-Claude4.6Sonnet-input-tokens",
        "USE1-Claude4.6Sonnet-output-tokens-cross-region-global",
        "USW2-anthropic.claude-opus-4-8-mantle-cache-write-tokens-global-standard",
        "USE1-NovaLite-input-tokens-batch",
        "USE1-Guardrail-ContentPolicyUnitsConsumed",
        "EU-something-nobody-knows",
        "",
    ]);
    let charge_type =
        prop::sample::select(vec!["Usage", "Usage", "Usage", "Credit", "Refund", "Tax", "EdpDiscount", ""]);
    let seller =
        prop::sample::select(vec!["bedrock", "bedrock", "agentcore", "marketplace", "marketplace other", "other"]);
    let team = prop::sample::select(vec!["", "ds", "Platform", "it's \"quoted\"", "ünï"]);
    let currency = prop::sample::select(vec!["USD", "USD", "EUR"]);
    let invoice = prop::sample::select(vec![None, Some(""), Some("INV-1"), Some("INV-2")]);
    // At most ten decimals and below 2000: what a double keeps exactly after the cast to twelve.
    let cost = (-20_000_000_000_000_i128..20_000_000_000_000).prop_map(|units| Amount::from_raw(units / 100 * 100));
    let quantity = (0_i64..5_000_000).prop_map(|thousandths| Amount::from_raw(i128::from(thousandths) * 1_000_000_000));
    let dates = (0_i64..28, -40_i64..3);
    (principal, usage_type, charge_type, seller, team, currency, invoice, (cost.clone(), cost, quantity, dates))
        .prop_map(
            move |(
                principal,
                usage_type,
                charge_type,
                seller,
                team,
                currency,
                invoice,
                (cost, net, quantity, (day, late)),
            )| {
                // Most lines are of this month; a refund may be about an earlier one.
                let day = if charge_type == "Refund" { late } else { day };
                let start = month.first_day().and_time(chrono::NaiveTime::MIN).and_utc() + chrono::TimeDelta::days(day);
                let base = match seller {
                    "other" | "marketplace other" => LineItem::other_usage(month),
                    _ => LineItem::bedrock_usage(month),
                };
                let mut line = LineItem {
                    iam_principal: principal.map(Into::into),
                    usage_type: usage_type.into(),
                    charge_type: charge_type.into(),
                    currency: currency.into(),
                    invoice_id: invoice.map(Into::into),
                    unblended_cost: cost,
                    net_unblended_cost: (day % 2 == 0).then_some(net),
                    list_cost: (day % 3 == 0).then_some(cost),
                    usage_quantity: quantity,
                    usage_start: Some(start),
                    tags: if team.is_empty() {
                        Labels::default()
                    } else {
                        [("iamPrincipal/team", team), ("resourceTags/Team", "x")].into()
                    },
                    resource_tags: if day % 2 == 0 { [("user_team", "x")].into() } else { Labels::NULL },
                    ..base
                };
                match seller {
                    "agentcore" => line.product_code = "AmazonBedrockAgentCore".into(),
                    "marketplace" => {
                        line.billing_entity = "AWS Marketplace".into();
                        line.product_code = "1a2b3c4d5e".into();
                        line.product = [("product_name", "Claude Opus 4.6 (Amazon Bedrock Edition)")].into();
                    }
                    "marketplace other" => line.billing_entity = "AWS Marketplace".into(),
                    _ => {}
                }
                line
            },
        )
}

pub(crate) fn question() -> impl Strategy<Value = (Vec<&'static str>, &'static str, &'static str)> {
    let dimensions = vec![
        "payer",
        "account",
        "region",
        "team",
        "principal",
        "identity",
        "role",
        "session",
        "person",
        "provider",
        "model",
        "token_kind",
        "cache",
        "tier",
        "routing",
        "charge_type",
        "billing_entity",
        "product",
        "usage_type",
        "operation",
        "invoice",
        "tag:team",
        "tag:resourceTags/Team",
        "tag:resource_tags/user_team",
        "tag:missing",
    ];
    let group_by = prop::sample::subsequence(dimensions, 0..5);
    let granularity = prop::sample::select(vec!["total", "monthly", "daily"]);
    let cost = prop::sample::select(vec!["unblended", "net_unblended", "list"]);
    (group_by, granularity, cost)
}

/// What the bill says, added up without any of the code under test.
pub(crate) fn truth(lines: &[LineItem<'_>], cost: &str, bedrock_only: bool) -> BTreeMap<String, Amount> {
    let mut sums = BTreeMap::new();
    for line in lines.iter().filter(|line| !bedrock_only || line.is_bedrock()) {
        let cost = match cost {
            "net_unblended" => line.net_unblended_cost.unwrap_or(line.unblended_cost),
            "list" => line.list_cost.unwrap_or(Amount::ZERO),
            _ => line.unblended_cost,
        };
        *sums.entry(line.currency.clone().into_owned()).or_insert(Amount::ZERO) += cost;
    }
    sums
}

pub(crate) fn totals(answer: &Value) -> BTreeMap<String, Amount> {
    let totals = answer["meta"]["totals"].as_array().expect("totals");
    totals
        .iter()
        .map(|total| (total["currency"].as_str().expect("a currency").to_owned(), decimal(&total["cost"])))
        .collect()
}

pub(crate) fn lines_counted(answer: &Value) -> i64 {
    answer["data"].as_array().expect("rows").iter().map(|row| row["line_items"].as_i64().expect("a count")).sum()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn rows_are_totals_are_control_are_the_bill(pool: PgPool) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let world = World::new(pool).await;
    let first = period("2026-01");
    let months: Vec<_> = std::iter::successors(Some(first), |month| Some(month.next())).take(8).collect();
    let mut bills = BTreeMap::new();
    for month in &months {
        let bill = prop::collection::vec(line(*month), 1..120).new_tree(&mut runner).expect("a bill").current();
        world.write(*month, &bill);
        bills.insert(*month, bill);
    }
    world.refresh_well().await;

    for (month, bill) in &bills {
        for _ in 0..12 {
            let (group_by, granularity, cost) = question().new_tree(&mut runner).expect("a question").current();
            let path = format!(
                "/v1/costs?period={month}&group_by={}&granularity={granularity}&cost={cost}",
                group_by.join(",")
            );
            let path = path.replace("group_by=&", "");
            let answer = world.get(&path).await;
            let expected = truth(bill, cost, true);
            assert_eq!(totals(&answer), expected, "{path}");
            for (currency, sum) in &expected {
                assert_eq!(sum_of_rows(&answer, currency), *sum, "{path} in {currency}");
            }
            assert_eq!(lines_counted(&answer), bill.iter().filter(|line| line.is_bedrock()).count() as i64, "{path}");
            let whole = truth(bill, cost, false);
            for control in answer["control"].as_array().expect("control") {
                let currency = control["currency"].as_str().expect("a currency");
                let bedrock = expected.get(currency).copied().unwrap_or_default();
                assert_eq!(decimal(&control["bill_total"]), whole[currency], "{path}");
                assert_eq!(decimal(&control["bedrock_total"]), bedrock, "{path}");
                assert_eq!(decimal(&control["attributed"]) + decimal(&control["unattributed"]), bedrock, "{path}");
                assert_eq!(control["delta"], "0", "{path}");
            }
            assert_eq!(answer["control"].as_array().map(Vec::len), Some(whole.len()), "{path}");
        }
    }
}

/// Whatever value a filter names, what it keeps and what its complement keeps are everything.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_filter_and_its_complement_are_the_bill(pool: PgPool) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let world = World::new(pool).await;
    let month = period("2026-05");
    let bill = prop::collection::vec(line(month), 200).new_tree(&mut runner).expect("a bill").current();
    world.write(month, &bill);
    world.refresh_well().await;
    let everything = truth(&bill, "unblended", true);
    for (dimension, value) in [
        ("team", "unattributed"),
        ("team", "ds,platform"),
        ("model", "Claude%20Sonnet%204.6"),
        ("model", ""),
        ("principal", ""),
        ("identity", "iam_user,"),
        ("charge_type", "Credit,Tax"),
        ("tag:team", "ds"),
        ("tag:team", ""),
        ("tag:resource_tags/user_team", "x"),
        ("invoice", ""),
        ("session", "nobody"),
    ] {
        let kept = world.get(&format!("/v1/costs?period={month}&filter[{dimension}]={value}&granularity=daily")).await;
        let left = world.get(&format!("/v1/costs?period={month}&exclude[{dimension}]={value}")).await;
        for (currency, sum) in &everything {
            let parts = sum_of_rows(&kept, currency) + sum_of_rows(&left, currency);
            assert_eq!(parts, *sum, "{dimension}={value} in {currency}");
        }
        assert_eq!(
            lines_counted(&kept) + lines_counted(&left),
            bill.iter().filter(|line| line.is_bedrock()).count() as i64
        );
    }
}
