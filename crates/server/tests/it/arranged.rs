//! However rows are arranged, they are the same money: pages are the answer, what is folded is counted, both sides of a
//! comparison add up.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{World, decimal, period, sum_of_rows};
use crate::tie_out::{line, lines_counted, question, totals, truth};
use axum::http::StatusCode;
use bill::{Amount, BillingPeriod};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sample::LineItem;
use serde_json::{Value, json};
use sqlx::PgPool;

const QUESTIONS: usize = 60;

fn runner() -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Two months of everything awkward, and what their lines are.
async fn two_months(pool: PgPool, runner: &mut TestRunner) -> (World, BTreeMap<BillingPeriod, Vec<LineItem<'static>>>) {
    let world = World::new(pool).await;
    let mut bills = BTreeMap::new();
    for month in ["2026-05", "2026-06"].map(period) {
        let bill = prop::collection::vec(line(month), 150).new_tree(runner).expect("a bill").current();
        world.write(month, &bill);
        bills.insert(month, bill);
    }
    world.refresh_well().await;
    (world, bills)
}

fn rows(answer: &Value) -> &Vec<Value> {
    answer["data"].as_array().expect("rows")
}

/// All pages of an answer, each asked for by the link of the one before.
async fn pages(world: &World, path: &str) -> Vec<Value> {
    let mut pages = vec![world.get(path).await];
    while let Some(next) = pages.last().and_then(|page| page["links"]["next"].as_str()) {
        let next = world.get(next).await;
        pages.push(next);
    }
    pages
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_pages_of_an_answer_are_the_answer(pool: PgPool) {
    let mut runner = runner();
    let (world, _) = two_months(pool, &mut runner).await;
    let mut most_pages = 0;
    for _ in 0..QUESTIONS {
        let (group_by, granularity, cost) = question().new_tree(&mut runner).expect("a question").current();
        let limit = prop::sample::select(vec![1, 2, 7, 50, 10_000]).new_tree(&mut runner).expect("a limit").current();
        let grouped = if group_by.is_empty() { String::new() } else { format!("&group_by={}", group_by.join(",")) };
        let order = prop::sample::select(vec!["", "&order_by=cost", "&order_by=-cost"]);
        let order = order.new_tree(&mut runner).expect("an order").current();
        let top = if group_by.is_empty() || limit == 2 { "" } else { "&top=3" };
        let path =
            format!("/v1/costs?period=2026-05,2026-06&granularity={granularity}&cost={cost}{grouped}{order}{top}");
        let whole = world.get(&path).await;
        let pages = pages(&world, &format!("{path}&limit={limit}")).await;
        let concatenated: Vec<&Value> = pages.iter().flat_map(rows).collect();
        assert_eq!(concatenated, rows(&whole).iter().collect::<Vec<_>>(), "{path} by {limit}");
        for page in &pages {
            assert_eq!(page["meta"]["totals"], whole["meta"]["totals"], "{path}");
            assert_eq!(page["control"], whole["control"], "{path}");
            assert_eq!(page["meta"]["rows"], rows(page).len(), "{path}");
            assert!(rows(page).len() <= limit, "{path}");
            assert_eq!(page, &world.get(page["links"]["self"].as_str().expect("a link")).await, "{path}");
        }
        assert_eq!(pages.len(), rows(&whole).len().div_ceil(limit).max(1), "{path} by {limit}");
        most_pages = most_pages.max(pages.len());
    }
    assert!(most_pages > 20, "{most_pages}");
}

/// What a row is about, but for its time.
fn group<'a>(row: &'a Value, group_by: &[&str]) -> Vec<&'a Value> {
    let names = group_by.iter().copied().chain(["principal_arn", "account_name", "currency"]);
    names.map(|name| &row[name]).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_largest_and_all_others_are_the_bill_on_every_date(pool: PgPool) {
    let mut runner = runner();
    let (world, bills) = two_months(pool, &mut runner).await;
    let month = period("2026-05");
    let mut folded_rows = 0;
    for _ in 0..QUESTIONS {
        let (group_by, granularity, cost) = question().new_tree(&mut runner).expect("a question").current();
        if group_by.is_empty() {
            continue;
        }
        let top = (1_usize..8).new_tree(&mut runner).expect("a number").current();
        let path = format!("/v1/costs?period={month}&cost={cost}&group_by={}", group_by.join(","));
        let by_time = format!("{path}&granularity={granularity}");
        let (answer, unfolded) = (world.get(&format!("{by_time}&top={top}")).await, world.get(&by_time).await);
        let expected = truth(&bills[&month], cost, true);
        assert_eq!(totals(&answer), expected, "{path}");
        for (currency, sum) in &expected {
            assert_eq!(sum_of_rows(&answer, currency), *sum, "{path} in {currency}");
        }
        assert_eq!(lines_counted(&answer), lines_counted(&unfolded), "{path}");

        // The largest are those that the whole period has first, however it is divided.
        let largest = world.get(&format!("{path}&order_by=-cost")).await;
        let mut kept = BTreeMap::<&str, BTreeSet<String>>::new();
        for row in rows(&largest) {
            let of_currency = kept.entry(row["currency"].as_str().expect("a currency")).or_default();
            if of_currency.len() < top {
                of_currency.insert(format!("{:?}", group(row, &group_by)));
            }
        }
        let is_kept = |row: &Value| {
            kept[row["currency"].as_str().expect("a currency")].contains(&format!("{:?}", group(row, &group_by)))
        };
        let mut alone: Vec<Value> = rows(&answer).iter().filter(|row| row["others"] == false).cloned().collect();
        for row in &mut alone {
            let fields = row.as_object_mut().expect("a row");
            assert_eq!((fields.remove("others"), fields.remove("others_count")), (Some(json!(false)), Some(json!(0))));
        }
        let expected: Vec<Value> = rows(&unfolded).iter().filter(|row| is_kept(row)).cloned().collect();
        assert_eq!(alone, expected, "{path} top {top}");

        let mut times = BTreeSet::new();
        for others in rows(&answer).iter().filter(|row| row["others"] == true) {
            let same = |row: &&Value| {
                ["period", "date", "currency"].iter().all(|name| row[*name] == others[*name]) && !is_kept(row)
            };
            let parts: Vec<&Value> = rows(&unfolded).iter().filter(same).collect();
            assert_eq!(others["others_count"], parts.len(), "{path} top {top}: {others}");
            assert_eq!(
                decimal(&others["cost"]),
                parts.iter().map(|row| decimal(&row["cost"])).sum(),
                "{path}: {others}"
            );
            assert!(group_by.iter().all(|name| others[*name].is_null()), "{others}");
            assert!(times.insert(format!("{} {} {}", others["period"], others["date"], others["currency"])), "{path}");
            folded_rows += 1;
        }
    }
    assert!(folded_rows > QUESTIONS, "{folded_rows}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn both_sides_of_a_comparison_add_up_to_their_bills(pool: PgPool) {
    let mut runner = runner();
    let (world, bills) = two_months(pool, &mut runner).await;
    let (before, month) = (period("2026-05"), period("2026-06"));
    let (mut only_before, mut only_now) = (0, 0);
    for number in 0..QUESTIONS {
        let (group_by, _, cost) = question().new_tree(&mut runner).expect("a question").current();
        let grouped = if group_by.is_empty() { String::new() } else { format!("&group_by={}", group_by.join(",")) };
        let top = if number % 3 == 0 && !group_by.is_empty() { "&top=2" } else { "" };
        let compare = ["previous", "2026-05"][number % 2];
        let path = format!("/v1/costs?period={month}&cost={cost}{grouped}{top}");
        let answer = world.get(&format!("{path}&compare={compare}")).await;
        let (now, former) = (truth(&bills[&month], cost, true), truth(&bills[&before], cost, true));
        assert_eq!(totals(&answer), now, "{path}");
        let compared = json!({ "meta": { "totals": answer["meta"]["compare"]["totals"] } });
        assert_eq!(totals(&compared), former, "{path}");
        assert_eq!(answer["meta"]["compare"]["period"], "2026-05");
        for (currency, sum) in &former {
            let rows = rows(&answer).iter().filter(|row| row["currency"] == currency.as_str());
            assert_eq!(rows.map(|row| decimal(&row["compare"]["cost"])).sum::<Amount>(), *sum, "{path} in {currency}");
            assert_eq!(sum_of_rows(&answer, currency), now.get(currency).copied().unwrap_or_default(), "{path}");
        }
        for row in rows(&answer) {
            let (cost, former) = (decimal(&row["cost"]), decimal(&row["compare"]["cost"]));
            assert_eq!(decimal(&row["compare"]["change"]), cost - former, "{path}: {row}");
            assert_eq!(row["compare"]["change_percent"].is_null(), former.is_zero(), "{path}: {row}");
            only_before += usize::from(row["line_items"] == 0);
            only_now += usize::from(former.is_zero());
        }
        // The control figures of both months stand beside it.
        let bedrock = |month: &str, currency: &str| {
            let control = answer["control"].as_array().expect("control").iter();
            let mut found = control.filter(|control| control["period"] == month && control["currency"] == currency);
            found.next().map(|control| decimal(&control["bedrock_total"])).unwrap_or_default()
        };
        for currency in ["USD", "EUR"] {
            assert_eq!(bedrock("2026-05", currency), former.get(currency).copied().unwrap_or_default(), "{path}");
            assert_eq!(bedrock("2026-06", currency), now.get(currency).copied().unwrap_or_default(), "{path}");
        }
        // Whatever cost something in June has the figures that it has on its own.
        let mut alone: Vec<Value> = rows(&answer).iter().filter(|row| row["line_items"] != 0).cloned().collect();
        alone.iter_mut().for_each(|row| drop(row.as_object_mut().expect("a row").remove("compare")));
        if top.is_empty() {
            assert_eq!(&alone, rows(&world.get(&path).await), "{path}");
        }
    }
    assert!(only_before > 10 && only_now > 10, "{only_before} were in May alone, {only_now} in June alone");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_page_of_a_version_that_is_gone_says_where_to_begin_anew(pool: PgPool) {
    let mut runner = runner();
    let (world, _) = two_months(pool, &mut runner).await;
    let first = world.get("/v1/costs?group_by=model,principal&limit=2").await;
    let next = first["links"]["next"].as_str().expect("another page");
    assert_eq!(world.get(next).await["meta"]["data_version"], first["meta"]["data_version"]);
    assert_eq!(first["meta"]["next_cursor"], next.split("cursor=").last().expect("a cursor"));

    let mut read_anew = async || {
        let month = period("2026-06");
        let bill = prop::collection::vec(line(month), 90).new_tree(&mut runner).expect("a bill").current();
        world.write(month, &bill);
        world.refresh_well().await;
    };
    let second = world.get(next).await;
    read_anew().await;
    // The second page is still from the same truth as the first, also for whoever has only now come to it.
    let (status, after_the_flip) = world.ask(next).await;
    assert_eq!(
        (status, &after_the_flip["data"], &after_the_flip["meta"]),
        (StatusCode::OK, &second["data"], &second["meta"])
    );
    for _ in 0..5 {
        read_anew().await;
    }
    let (status, problem) = world.ask(next).await;
    assert_eq!((status, &problem["type"]), (StatusCode::GONE, &json!("/problems/cursor-outdated")));
    let anew = world.get(problem["links"]["first"].as_str().expect("a link")).await;
    assert_ne!(anew["meta"]["data_version"], first["meta"]["data_version"]);
    assert_eq!(rows(&anew).len(), 2);
}
