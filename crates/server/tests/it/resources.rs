//! For random bills: whatever lists and divides the money, page by page or at once, adds up to the bill.

use std::collections::BTreeMap;

use crate::support::{World, decimal, period};
use crate::tie_out::{line, totals, truth};
use bill::Amount;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use sqlx::PgPool;

type Sums = BTreeMap<String, Amount>;

/// What rows come to in each currency.
fn sums(rows: &Value) -> Sums {
    let mut sums = Sums::new();
    for row in rows.as_array().expect("rows") {
        *sums.entry(row["currency"].as_str().expect("a currency").to_owned()).or_default() += decimal(&row["cost"]);
    }
    sums
}

/// The rows of all pages, each of which has the same totals.
async fn all_pages(world: &World, path: &str) -> Value {
    let (mut rows, mut next, mut expected) = (Vec::new(), path.to_owned(), None);
    loop {
        let page = world.get(&next).await;
        assert_eq!(*expected.get_or_insert(totals(&page)), totals(&page), "{next}");
        rows.extend(page["data"].as_array().expect("rows").clone());
        match page["links"]["next"].as_str() {
            Some(link) => next = link.to_owned(),
            None => return rows.into(),
        }
    }
}

/// Two months of a bill.
async fn two_months(pool: PgPool) -> (World, Vec<(&'static str, Sums)>) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let world = World::new(pool).await;
    let mut months = Vec::new();
    for month in ["2026-05", "2026-06"] {
        let bill = prop::collection::vec(line(period(month)), 150).new_tree(&mut runner).expect("a bill").current();
        world.write(period(month), &bill);
        months.push((month, truth(&bill, "unblended", true)));
    }
    world.refresh_well().await;
    (world, months)
}

/// Every list under `data` that has rows of cost.
fn sides(data: &Value) -> impl Iterator<Item = (&String, &Value)> {
    data.as_object().expect("an answer").iter().filter(|(name, _)| name.starts_with("by_"))
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn values_of_tags_and_their_showbacks_are_the_bill(pool: PgPool) {
    let (world, months) = two_months(pool).await;
    let mut divided = 0;
    for (month, bill) in &months {
        for key in ["team", "resourceTags%2FTeam", "resource_tags%2Fuser_team"] {
            for limit in [1, 3, 1000] {
                let rows = all_pages(&world, &format!("/v1/tags/{key}?period={month}&limit={limit}")).await;
                assert_eq!(sums(&rows), *bill, "{key} in {month}, {limit} by {limit}");
            }
            let values = world.get(&format!("/v1/tags/{key}?period={month}")).await;
            for value in values["data"].as_array().expect("values").iter().filter(|value| !value["value"].is_null()) {
                let showback = world.get(value["links"]["showback"].as_str().expect("a link")).await;
                let data = &showback["data"];
                assert_eq!(
                    sums(&data["totals"])[value["currency"].as_str().expect("a currency")],
                    decimal(&value["cost"])
                );
                for (side, rows) in sides(data) {
                    assert_eq!(sums(rows), sums(&data["totals"]), "{side} of {value}");
                    divided += rows.as_array().map_or(0, Vec::len);
                }
            }
        }
        // What a key covers is the sum of its values.
        for key in world.get(&format!("/v1/tags?period={month}")).await["data"].as_array().expect("keys") {
            let values = world.get(key["links"]["self"].as_str().expect("a link")).await;
            let set: Vec<Value> = values["data"]
                .as_array()
                .expect("values")
                .iter()
                .filter(|row| !row["value"].is_null())
                .cloned()
                .collect();
            let names: std::collections::BTreeSet<_> = set.iter().map(|row| row["value"].to_string()).collect();
            assert_eq!(sums(&key["coverage"]), sums(&set.into()), "{key}");
            assert_eq!(key["values"], names.len(), "{key}");
        }
    }
    assert!(divided > 200, "{divided} rows were added up");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn principals_and_what_they_are_made_of_are_the_bill(pool: PgPool) {
    let (world, months) = two_months(pool).await;
    let mut by_principal = Sums::new();
    for (month, bill) in &months {
        for limit in [1, 4, 1000] {
            let rows = all_pages(&world, &format!("/v1/principals?period={month}&limit={limit}")).await;
            assert_eq!(sums(&rows), *bill, "{month}, {limit} by {limit}");
        }
        for row in world.get(&format!("/v1/principals?period={month}")).await["data"].as_array().expect("rows") {
            if let Some(id) = row["id"].as_str() {
                *by_principal.entry(format!("{id} {}", row["currency"])).or_default() += decimal(&row["cost"]);
            }
        }
    }
    let ids: std::collections::BTreeSet<String> =
        by_principal.keys().filter_map(|key| key.split(' ').next()).map(str::to_owned).collect();
    assert!(ids.len() > 5);
    for id in ids {
        let answer = world.get(&format!("/v1/principals/{id}")).await;
        let whole = totals(&answer);
        for (currency, total) in &whole {
            assert_eq!(by_principal[&format!("{id} \"{currency}\"")], *total, "{id} in {currency}");
        }
        for (side, rows) in sides(&answer["data"]) {
            assert_eq!(sums(rows), whole, "{side} of {id}");
        }
        let teams = answer["data"]["teams"].as_array().expect("teams");
        let rules: Vec<Value> =
            teams.iter().flat_map(|team| team["rules"].as_array().expect("rules").clone()).collect();
        assert_eq!(sums(&rules.into()), whole, "the rules about {id}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn models_and_what_they_are_made_of_are_the_bill(pool: PgPool) {
    let (world, months) = two_months(pool).await;
    let mut models = Vec::new();
    for (month, bill) in &months {
        let answer = world.get(&format!("/v1/models?period={month}")).await;
        assert_eq!((sums(&answer["data"]), totals(&answer)), (bill.clone(), bill.clone()), "{month}");
        for model in answer["data"].as_array().expect("models") {
            let currency = model["currency"].as_str().expect("a currency");
            for (side, parts) in sides(model) {
                let sum: Amount = parts.as_array().expect("parts").iter().map(|part| decimal(&part["cost"])).sum();
                assert_eq!(sum, decimal(&model["cost"]), "{side} of {} in {currency}", model["name"]);
            }
            models.extend(model["links"]["self"].as_str().map(str::to_owned));
        }
    }
    models.sort();
    models.dedup();
    assert!(models.len() >= 3, "{models:?}");
    for model in models {
        let answer = world.get(&model).await;
        for (side, rows) in sides(&answer["data"]) {
            assert_eq!(sums(rows), totals(&answer), "{side} of {model}");
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn values_of_every_dimension_are_the_bill(pool: PgPool) {
    let (world, months) = two_months(pool).await;
    let dimensions = world.get("/v1/dimensions").await;
    let (month, bill) = &months[1];
    for dimension in dimensions["data"].as_array().expect("dimensions") {
        let path = dimension["links"]["values"].as_str().expect("a link");
        for limit in [3, 1000] {
            let rows = all_pages(&world, &format!("{path}?period={month}&limit={limit}")).await;
            assert_eq!(sums(&rows), *bill, "{path}, {limit} by {limit}");
        }
        for row in world.get(&format!("{path}?period={month}")).await["data"].as_array().expect("values") {
            let lines = world.get(row["links"]["costs"].as_str().expect("a link")).await;
            let currency = row["currency"].as_str().expect("a currency");
            assert_eq!(totals(&lines)[currency], decimal(&row["cost"]), "{row}");
            if let Some(value) = row["value"].as_str() {
                let found = world.get(&format!("{path}?period={month}&q={}", encoded(&value.to_uppercase()))).await;
                assert!(
                    found["data"].as_array().expect("values").contains(row),
                    "{row} is found by its letters: {found}"
                );
            }
        }
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_side_of_a_summary_is_the_bill(pool: PgPool) {
    let (world, months) = two_months(pool).await;
    for (month, bill) in &months {
        let answer = world.get(&format!("/v1/summary?period={month}")).await;
        let data = &answer["data"];
        assert_eq!(totals(&answer), *bill, "{month}");
        assert_eq!(sides(data).count(), 6);
        for (side, rows) in sides(data) {
            assert_eq!(sums(rows), *bill, "{side} in {month}");
        }
        let mut principals = data["top_principals"].as_array().expect("rows").clone();
        principals.extend(data["other_principals"].as_array().expect("figures").clone());
        assert_eq!(sums(&principals.into()), *bill, "principals in {month}");
        for (list, figure) in [("unattributed", "unattributed"), ("unclassified", "unclassified")] {
            let parts = sums(&data[list]);
            for control in answer["control"].as_array().expect("control") {
                let part = parts.get(control["currency"].as_str().expect("a currency")).copied().unwrap_or_default();
                assert_eq!(part, decimal(&control[figure]), "{list} in {month}");
            }
            assert!(!parts.is_empty(), "{list} in {month}");
        }
    }
}

/// The largest are named, the rest is one figure, and nothing is lost between them.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_summary_folds_the_smaller_principals(pool: PgPool) {
    let world = World::new(pool).await;
    let lines: Vec<sample::LineItem<'_>> = (1..=25)
        .map(|number| sample::LineItem {
            iam_principal: Some(format!("arn:aws:iam::123456789012:user/user-{number}").into()),
            unblended_cost: crate::support::amount(&number.to_string()),
            ..sample::LineItem::bedrock_usage(period("2026-09"))
        })
        .collect();
    world.write(period("2026-09"), &lines);
    world.refresh_well().await;
    let data = world.get("/v1/summary").await["data"].clone();
    let top: Vec<&str> =
        data["top_principals"].as_array().expect("rows").iter().filter_map(|row| row["cost"].as_str()).collect();
    assert_eq!(top, ["25", "24", "23", "22", "21", "20", "19", "18", "17", "16"]);
    let others = &data["other_principals"][0];
    assert_eq!(
        (&others["cost"], &others["line_items"], &others["principals"]),
        (&"120".into(), &15.into(), &15.into())
    );
}
