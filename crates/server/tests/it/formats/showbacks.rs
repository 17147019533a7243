//! Showbacks and the summary as CSV: a line for each figure of each side, and no figure is lost or made up.

use std::collections::BTreeMap;

use access::{Caller, Grant, GrantText, Grants, Role};
use bill::Amount;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sample::LineItem;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::read::{csv_rows, flat, get_well};
use crate::support::{World, amount, decimal, period};
use crate::tie_out::line;

/// A line, without what is empty.
type Cells = BTreeMap<String, String>;

/// What a side of JSON is in the table: `by`, and the figures under the names of the table.
fn lines_of(data: &Value) -> Vec<Cells> {
    let mut lines = totals(data);
    for (side, rows) in data.as_object().expect("an answer") {
        match side.strip_prefix("by_") {
            Some("tag") => {
                let tags = rows.as_object().expect("tags").iter();
                lines.extend(tags.flat_map(|(tag, rows)| side_of(rows, tag, tag)));
            }
            Some("day") => lines.extend(side_of(rows, "day", "date")),
            Some(by) => lines.extend(side_of(rows, by, by)),
            None => {}
        }
    }
    lines.extend(side_of(&data["rules"], "rule", "rule_number"));
    lines.extend(side_of(&data["unattributed"], "unattributed", "rule_number"));
    lines.extend(side_of(&data["unclassified"], "unclassified", "usage_type"));
    lines.extend(side_of(&data["top_principals"], "principal", "id"));
    lines.extend(side_of(&data["other_principals"], "other_principals", "-"));
    for tag in data["tags"].as_array().into_iter().flatten() {
        for mut line in side_of(&tag["coverage"], "tag", "-") {
            line.extend([("value", &tag["key"]), ("label", &tag["view"]), ("count", &tag["values"])].map(cell));
            lines.push(line);
        }
    }
    lines.sort();
    lines
}

fn cell((name, value): (&str, &Value)) -> (String, String) {
    (name.to_owned(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn totals(data: &Value) -> Vec<Cells> {
    let mut lines = side_of(&data["totals"], "total", "-");
    let change = &data["change"];
    for moved in change["currencies"].as_array().into_iter().flatten() {
        let place = lines.iter().position(|line| line["currency"] == moved["currency"]).unwrap_or_else(|| {
            // Nothing in this period, and something in the one before.
            let tokens = json!({"input": "0", "output": "0", "cache_read": "0", "cache_write": "0"});
            let nothing = json!([{"cost": "0", "currency": moved["currency"], "tokens": tokens, "line_items": 0}]);
            lines.extend(side_of(&nothing, "total", "-"));
            lines.len() - 1
        });
        let moved = ["previous_cost", "cost", "percent"].map(|name| (format!("change_{name}"), &moved[name]));
        lines[place].extend([cell(("change_previous_period", &change["previous_period"]))]);
        let told = moved.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| cell((name.as_str(), value)));
        lines[place].extend(told);
    }
    lines
}

fn side_of(rows: &Value, by: &str, value: &str) -> Vec<Cells> {
    let name = |key: &str| {
        match key {
            key if key == value => "value",
            "principal_arn" | "account_name" | "arn" | "rule" | "product" => "label",
            "principals" => "count",
            other => other,
        }
        .to_owned()
    };
    let line = |row: &Value| {
        let cells = flat(row).into_iter().filter(|(key, _)| !key.starts_with("links_"));
        let set = cells.filter_map(|(key, cell)| Some((name(&key), cell.filter(|cell| !cell.is_empty())?)));
        set.chain([("by".to_owned(), by.to_owned())]).collect()
    };
    rows.as_array().into_iter().flatten().map(line).collect()
}

/// Asks for both forms, compares them, and gives the lines.
async fn compare(world: &World, path: &str, about: &[(&str, &str)]) -> Vec<Cells> {
    let json = get_well(&world.router, path).await.json();
    let csv = get_well(&world.router, &format!("{path}&format=csv")).await;
    let mut lines = Vec::new();
    for row in csv_rows(csv.text()) {
        let mut cells: Cells = row.into_iter().filter_map(|(name, cell)| Some((name, cell?))).collect();
        for (name, value) in about {
            assert_eq!(cells.remove(*name).as_deref(), Some(*value), "{path}: {name}");
        }
        lines.push(cells);
    }
    let mut sorted = lines.clone();
    sorted.sort();
    assert_eq!(sorted, lines_of(&json["data"]), "{path}");
    assert_eq!(csv.header("data-version"), json["meta"]["data_version"], "{path}");
    for total in json["meta"]["totals"].as_array().expect("totals") {
        let [currency, cost] = ["currency", "cost"].map(|key| total[key].as_str().expect("a text"));
        assert!(csv.header("cost-totals").contains(&format!("\"{currency}\";cost=\"{cost}\"")), "{path}");
    }
    sums_are_totals(&lines, &json["meta"]["totals"], path);
    lines
}

/// In the table alone: the lines of each side that divides the money are all of it.
fn sums_are_totals(lines: &[Cells], totals: &Value, path: &str) {
    let mut sums: BTreeMap<(&str, &str), Amount> = BTreeMap::new();
    for line in lines {
        let by = match line["by"].as_str() {
            "other_principals" => "principal",
            "unattributed" | "unclassified" | "tag" => continue,
            by => by,
        };
        *sums.entry((by, line["currency"].as_str())).or_default() += amount(&line["cost"]);
    }
    for total in totals.as_array().expect("totals") {
        let currency = total["currency"].as_str().expect("a currency");
        let of_currency: Vec<_> = sums.iter().filter(|((_, of), _)| *of == currency).collect();
        assert!(of_currency.len() > 5, "{path}: {of_currency:?}");
        for ((by, _), sum) in of_currency {
            assert_eq!(*sum, decimal(&total["cost"]), "{path}: {by} in {currency}");
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_figure_of_every_side_is_a_line(pool: PgPool) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let world = World::new(pool).await;
    for (month, currency) in [("2026-05", "CNY"), ("2026-06", "USD")] {
        let month = period(month);
        let mut bill = prop::collection::vec(line(month), 150).new_tree(&mut runner).expect("a bill").current();
        let tags = [("iamPrincipal/team", "ds"), ("iamPrincipal/cost-center", "=1+1")].into();
        bill.push(LineItem { tags, currency: currency.into(), ..LineItem::bedrock_usage(month) });
        world.write(month, &bill);
    }
    world.refresh_well().await;
    let mut lines = 0;
    for month in ["2026-05", "2026-06"] {
        for cost in ["unblended", "net_unblended"] {
            let question = format!("period={month}&cost={cost}");
            lines += compare(&world, &format!("/v1/summary?{question}"), &[("period", month)]).await.len();
            let teams = world.get("/v1/teams").await;
            for team in teams["data"].as_array().expect("teams") {
                let [slug, name] = ["slug", "name"].map(|key| team[key].as_str().expect("a text"));
                let about = [("period", month), ("team", slug), ("team_name", name)];
                lines += compare(&world, &format!("/v1/teams/{slug}/showback?{question}"), &about).await.len();
            }
            let about = [("period", month), ("tag", "cost-center"), ("tag_value", "=1+1")];
            let path = format!("/v1/tags/cost-center/values/%3D1%2B1/showback?{question}");
            lines += compare(&world, &path, &about).await.len();
        }
    }
    assert!(lines > 500, "{lines}");
    // A currency that has gone is a total of nothing, beside what it was.
    let about = [("period", "2026-06"), ("team", "ds"), ("team_name", "ds")];
    let team = compare(&world, "/v1/teams/ds/showback?period=2026-06", &about).await;
    let gone = team.iter().find(|line| line["by"] == "total" && line["currency"] == "CNY").expect("a line");
    assert_eq!((gone["cost"].as_str(), gone["change_previous_period"].as_str()), ("0", "2026-05"));
}

/// The header is the same for every period and for whoever asks: a spreadsheet may count on it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_table_that_has_nothing_has_its_header(pool: PgPool) {
    let world = World::new(pool).await;
    for (month, cost) in [("2026-05", "-2.5"), ("2026-06", "10")] {
        let line = LineItem {
            iam_principal: Some("arn:aws:sts::123456789012:assumed-role/gateway/@alice".into()),
            tags: [("iamPrincipal/cost-center", "=1+1")].into(),
            unblended_cost: amount(cost),
            ..LineItem::bedrock_usage(period(month))
        };
        world.write(period(month), &[line]);
    }
    world.refresh_well().await;
    let path = "/v1/teams/unattributed/showback?format=csv";
    let csv = get_well(&world.router, path).await;
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"showback-unattributed-2026-06.csv\"");
    insta::assert_snapshot!(csv.text().replace("\r\n", "|\n"));

    let text = GrantText { role: Some(Role::Viewer), teams: vec!["nobody".to_owned()], ..GrantText::default() };
    let grants = Grants::from_iter([&Grant::try_from(text).expect("a grant")]);
    let nothing = get_well(&world.as_caller(Caller { grants, ..Caller::anonymous() }), path).await;
    assert_eq!(nothing.text().lines().collect::<Vec<_>>(), csv.text().lines().take(1).collect::<Vec<_>>());
}
