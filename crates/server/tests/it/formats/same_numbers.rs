//! Whatever is asked, by whomever, every format holds the same rows in the same order.

use std::collections::{BTreeMap, BTreeSet};

use access::{Extent, Grant, GrantText, Grants, Role};
use arrow::datatypes::DataType;
use axum::Router;
use bill::{Amount, BillingPeriod};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sample::LineItem;
use serde_json::Value;
use sqlx::PgPool;

use super::read::{Answer, Row, csv_rows, flat, get_well, ndjson_rows, parquet_rows};
use crate::support::{World, amount, decimal, period};
use crate::tie_out::{line, question};

/// Asks for JSON and for every other format, and compares. Gives the rows.
async fn compare(router: &Router, path: &str) -> usize {
    let json = get_well(router, path).await.json();
    let rows: Vec<BTreeMap<String, Option<String>>> = json["data"].as_array().expect("rows").iter().map(flat).collect();
    let csv = get_well(router, &format!("{path}&format=csv")).await;
    let ndjson = get_well(router, &format!("{path}&format=ndjson")).await;
    let parquet = get_well(router, &format!("{path}&format=parquet")).await;
    let (of_parquet, kinds, told) = parquet_rows(parquet.body.clone());
    let of_csv = csv_rows(csv.text());
    assert_eq!(by_name(&of_csv), rows, "{path} as CSV");
    assert_eq!(ndjson_rows(ndjson.text()), *json["data"].as_array().expect("rows"), "{path} as NDJSON");
    assert_eq!(by_name(&of_parquet), rows, "{path} as Parquet");
    assert_eq!(kinds["cost"], DataType::Decimal128(38, 12));
    assert_eq!(kinds.get("date"), path.contains("granularity=daily").then_some(&DataType::Date32));
    // The columns of CSV are those of Parquet, in one order, even where there are no rows.
    let header = csv.text().lines().next().expect("a header");
    let columns: BTreeSet<&str> = kinds.keys().map(String::as_str).collect();
    assert_eq!(header.trim_end().split(',').map(|name| name.trim_matches('"')).collect::<BTreeSet<_>>(), columns);

    for answer in [&csv, &ndjson, &parquet] {
        tells(answer, &json, path);
    }
    assert_eq!(told["chargeback.cost_totals"], csv.header("cost-totals"));
    let mut sums: BTreeMap<String, Amount> = BTreeMap::new();
    for row in &rows {
        let [cost, currency] = ["cost", "currency"].map(|name| row[name].clone().expect("a figure"));
        *sums.entry(currency).or_default() += amount(&cost);
    }
    let totals = json["meta"]["totals"].as_array().expect("totals").iter();
    let totals =
        totals.map(|total| (total["currency"].as_str().expect("a currency").to_owned(), decimal(&total["cost"])));
    assert_eq!(sums, totals.collect(), "{path}");
    rows.len()
}

fn by_name(rows: &[Row]) -> Vec<BTreeMap<String, Option<String>>> {
    rows.iter().map(|row| row.iter().cloned().collect()).collect()
}

/// The headers say what JSON says, and lead to it.
fn tells(answer: &Answer, json: &Value, path: &str) {
    assert_eq!(answer.header("data-version"), json["meta"]["data_version"], "{path}");
    let totals = json["meta"]["totals"].as_array().expect("totals").iter().map(|total| {
        let [currency, cost] = ["currency", "cost"].map(|key| total[key].as_str().expect("a text"));
        format!("\"{currency}\";cost=\"{cost}\";line_items={}", total["line_items"])
    });
    assert_eq!(answer.header("cost-totals"), totals.collect::<Vec<_>>().join(", "), "{path}");
    for control in json["control"].as_array().expect("control") {
        assert!(answer.header("control-totals").contains(control["currency"].as_str().expect("a currency")), "{path}");
    }
    assert!(answer.header("link").contains("rel=\"describedby\""), "{path}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_format_holds_the_same_rows(pool: PgPool) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let world = World::new(pool).await;
    let months = ["2026-05", "2026-06"].map(period);
    for month in months {
        let mut bill = prop::collection::vec(line(month), 60..120).new_tree(&mut runner).expect("a bill").current();
        bill.push(LineItem { tags: [("iamPrincipal/team", "=1+1")].into(), ..LineItem::bedrock_usage(month) });
        world.write(month, &bill);
    }
    world.refresh_well().await;
    let text = GrantText { role: Some(Role::Viewer), teams: vec!["ds".to_owned()], ..GrantText::default() };
    let grants = Grants::from_iter([&Grant::try_from(text).expect("a grant")]);
    assert_ne!(grants.extent(access::Permission::CostsRead), Some(&Extent::Everything));
    let of_a_team = world.as_caller(access::Caller { grants, ..access::Caller::anonymous() });
    let mut of_whole = 0;
    let mut of_part = 0;
    for number in 0..24 {
        let (group_by, granularity, cost) = question().new_tree(&mut runner).expect("a question").current();
        let scope = ["period=2026-05", "period=2026-05,2026-06", "start=2026-05-10&end=2026-06-10"][number % 3];
        let path = format!("/v1/costs?{scope}&group_by={}&granularity={granularity}&cost={cost}", group_by.join(","));
        of_whole += compare(&world.router, &path).await;
        of_part += compare(&of_a_team, &path).await;
    }
    compare(&world.router, "/v1/costs?period=2026-05&filter[team]=nobody").await;
    assert!(of_whole > of_part && of_part > 24, "{of_whole} rows, {of_part} of a team");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_caption_leads_to_the_same_figures_as_json(pool: PgPool) {
    let world = World::new(pool).await;
    let month = period("2026-05");
    let alice = LineItem { unblended_cost: amount("-2.5"), ..LineItem::bedrock_usage(month) };
    world.write(
        month,
        &[alice, LineItem { tags: [("iamPrincipal/team", "=1+1")].into(), ..LineItem::bedrock_usage(month) }],
    );
    world.refresh_well().await;
    let csv =
        get_well(&world.router, "/v1/costs?period=2026-05&group_by=tag:team,model&granularity=monthly&format=csv")
            .await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"costs-2026-05.csv\"");
    assert!(
        csv.text().starts_with("period,tag:team,model,cost,currency,tokens_input,tokens_output,"),
        "{}",
        csv.text()
    );
    assert!(csv.text().contains("\r\n2026-05,'=1+1,"), "no spreadsheet runs what a tag says: {}", csv.text());
    assert!(csv.text().contains(",-2.5,USD,"), "a number is a number: {}", csv.text());
    assert_eq!(csv.header("period-status"), "open=\"2026-05\"");
    let link = csv.header("link");
    let path = link.strip_prefix('<').and_then(|rest| rest.split_once('>')).expect("a link").0;
    let described = get_well(&world.router, path).await.json();
    assert_eq!(described["meta"]["data_version"], csv.header("data-version"));
    assert_eq!(described["data"].as_array().map(Vec::len), Some(1), "in no division");
    let control = &described["control"][0];
    let expected =
        format!("\"USD\";attributed={};bedrock_total={};delta=\"0\"", control["attributed"], control["bedrock_total"]);
    assert!(csv.header("control-totals").starts_with(&expected), "{}", csv.header("control-totals"));
}

/// Tables are read month by month.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_day_that_two_bills_have_lines_of_is_one_row(pool: PgPool) {
    let world = World::new(pool).await;
    let months = ["2026-05", "2026-06", "2026-07"].map(period);
    let used = |month: BillingPeriod, day: &str, cost: &str| LineItem {
        usage_start: day.parse().ok(),
        usage_end: day.parse().ok(),
        unblended_cost: amount(cost),
        ..LineItem::bedrock_usage(month)
    };
    let late = "2026-05-31T23:00:00Z";
    world.write(months[0], &[used(months[0], "2026-05-02T00:00:00Z", "1"), used(months[0], late, "2")]);
    world.write(months[1], &[used(months[1], late, "4"), used(months[1], "2026-06-09T00:00:00Z", "8")]);
    world.write(months[2], &[used(months[2], "2026-07-09T00:00:00Z", "16")]);
    world.refresh_well().await;
    let ask = |granularity: &str| {
        format!("/v1/costs?period=2026-05,2026-06,2026-07&group_by=team,account&granularity={granularity}")
    };
    assert_eq!(compare(&world.router, &ask("daily")).await, 4);
    assert_eq!(compare(&world.router, &ask("monthly")).await, 3);
    assert_eq!(compare(&world.router, &ask("total")).await, 1);
    let csv = get_well(&world.router, &format!("{}&format=csv", ask("daily"))).await;
    assert!(csv.text().contains("\r\n2026-05-31,") && csv.text().contains(",6,USD,"), "{}", csv.text());

    // A bill that goes back to before there was a bill is not read month by month.
    let july = [used(months[2], "2006-07-09T00:00:00Z", "32"), used(months[2], "2026-07-09T00:00:00Z", "16")];
    world.write(months[2], &july);
    world.refresh_well().await;
    assert_eq!(compare(&world.router, &ask("daily")).await, 5);
}

/// Whatever stands beside a row or is folded into one is a column.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn tables_are_arranged_as_json_is(pool: PgPool) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let world = World::new(pool).await;
    for month in ["2026-05", "2026-06"].map(period) {
        world.write(month, &prop::collection::vec(line(month), 80).new_tree(&mut runner).expect("a bill").current());
    }
    world.refresh_well().await;
    let path = "/v1/costs?period=2026-06&group_by=principal,model";
    for arrangement in ["top=2", "compare=previous", "top=3&compare=2026-05", "top=1000&order_by=-cost"] {
        let rows = compare(&world.router, &format!("{path}&{arrangement}")).await;
        assert!(rows > 2, "{arrangement}");
    }
    let csv = get_well(&world.router, &format!("{path}&top=2&compare=previous&format=csv")).await;
    let header = csv.text().lines().next().expect("a header").trim_end();
    assert_eq!(
        header,
        "principal,principal_arn,model,others,others_count,cost,currency,tokens_input,tokens_output,tokens_cache_read,\
         tokens_cache_write,line_items,compare_cost,compare_change,compare_change_percent"
    );
    for page in ["limit=2", "limit=2&cursor="] {
        let refused = super::read::get(&world.router, &format!("{path}&{page}&format=csv")).await;
        assert_eq!(refused.status, axum::http::StatusCode::BAD_REQUEST, "{page}");
    }
    let question = serde_json::json!({"period": ["2026-06"], "group_by": ["principal", "model"], "format": "csv"});
    let request = axum::http::Request::post("/v1/costs:query").header("content-type", "application/json");
    let request = request.body(axum::body::Body::from(question.to_string())).expect("a request");
    let asked_by_body = super::read::send(&world.router, request).await;
    let asked_by_query = get_well(&world.router, &format!("{path}&format=csv")).await;
    assert_eq!(asked_by_body.text(), asked_by_query.text());
}
