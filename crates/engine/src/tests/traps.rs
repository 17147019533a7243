//! Where DataFusion and Trino differ: each difference that was met has a test, on the engine's own session.

use super::support::*;
use crate::{Parameter, trino};

/// The one value that an expression has, in the engine's session.
async fn value(expression: &str, parameters: &[Parameter]) -> String {
    values(&format!("select {expression} as value"), parameters).await.join(", ")
}

/// The column `value` of a query without a table, in the order in which it comes.
async fn values(query: &str, parameters: &[Parameter]) -> Vec<String> {
    let engine = engine();
    let frame = engine.plan_text(&engine.session(), query, parameters).await.unwrap_or_else(|e| panic!("{query}: {e}"));
    let batches = frame.collect().await.unwrap_or_else(|e| panic!("{query}: {e}"));
    batches.iter().flat_map(|batch| rows_of(batch, &["value"])).collect()
}

#[tokio::test]
async fn a_question_mark_is_a_parameter_unless_it_is_quoted_or_in_a_comment() {
    let text = "select ? || '?' /* ? */ || ? as value -- ?";
    assert_eq!(values(text, &[Parameter::text("a"), Parameter::text("b")]).await, ["a?b"]);
    assert_eq!(trino::parse(text).expect("parsed").parameters, 2);
    for given in [&[][..], &[Parameter::text("a")]] {
        let engine = engine();
        let error = engine.plan_text(&engine.session(), text, given).await.expect_err("too few").to_string();
        assert!(error.contains("the text takes 2 parameters"), "{error}");
    }
}

#[tokio::test]
async fn a_text_is_one_statement() {
    assert!(trino::parse("select 1; drop table cur2").is_err());
    assert!(trino::parse("select 1 ?").is_err());
}

#[tokio::test]
async fn concat_with_null_is_null() {
    assert_eq!(value("concat('a', null)", &[]).await, "NULL");
    assert_eq!(value("concat('a', 'b', ?)", &[Parameter::text("c")]).await, "abc");
    assert_eq!(value("'a' || cast(null as varchar)", &[]).await, "NULL");
}

#[tokio::test]
async fn regexp_replace_replaces_every_match() {
    assert_eq!(value("regexp_replace('a-b-c', '-', '+')", &[]).await, "a+b+c");
    assert_eq!(value("regexp_replace('ab', '(a)(b)', '$2$1')", &[]).await, "ba");
    assert_eq!(value("regexp_replace(cast(null as varchar), 'a', 'b')", &[]).await, "NULL");
}

#[tokio::test]
async fn a_literal_with_a_point_is_a_decimal() {
    assert_eq!(value("1.10", &[]).await, "1.10");
    assert_eq!(value("0.1 + 0.2", &[]).await, "0.3");
}

#[tokio::test]
async fn integers_divide_to_integers() {
    assert_eq!(value("7 / 2", &[]).await, "3");
    assert_eq!(value("-7 / 2", &[]).await, "-3");
}

#[tokio::test]
async fn nulls_sort_last_in_both_directions() {
    let rows = "from (values (1), (null), (2)) as numbers (value) order by value";
    assert_eq!(values(&format!("select value {rows}"), &[]).await, ["1", "2", "NULL"]);
    assert_eq!(values(&format!("select value {rows} desc"), &[]).await, ["2", "1", "NULL"]);
}

#[tokio::test]
async fn a_cast_to_decimal_rounds_half_away_from_zero() {
    for (number, decimal) in [("0.0000000000005", "0.000000000001"), ("-0.0000000000005", "-0.000000000001")] {
        assert_eq!(value(&format!("cast({number} as decimal(38, 12))"), &[]).await, decimal);
    }
}

#[tokio::test]
async fn a_key_that_a_map_does_not_have_is_null() {
    let tagged = line().map("tags", &[("iamPrincipal/team", "ds")]).text("line_item_usage_type", "a");
    let export = Export::of(&[tagged, line().map("tags", &[]), line()]);
    let manifest = export.only_manifest().await;
    let engine = engine();
    let session = engine.session();
    let probe = crate::probe::probe(&manifest).await.expect("a probe");
    crate::table::register(&session, manifest.period, probe).expect("a table");
    let text = "select coalesce(element_at(tags, ?), 'none') || coalesce(element_at(tags, 'iamPrincipal/Team'), '!') \
                || coalesce(json_format(cast(tags as json)), '-') as value from cur2";
    let frame = engine.plan_text(&session, text, &[Parameter::text("iamPrincipal/team")]).await.expect("a plan");
    let batches = frame.collect().await.expect("rows");
    let mut found: Vec<String> = batches.iter().flat_map(|batch| rows_of(batch, &["value"])).collect();
    found.sort();
    assert_eq!(found, [r#"ds!{"iamPrincipal/team":"ds"}"#, "none!-", "none!{}"]);
}

/// A sum of doubles depends on the order of the lines, which changes from run to run; a sum of decimals does not.
#[tokio::test]
async fn a_sum_is_the_same_whatever_the_order_of_the_lines() {
    let lines: Vec<Line> =
        (0..3000).map(|at| line().cost(1e6 / f64::from(at + 1)).amount("line_item_usage_amount", 0.1)).collect();
    let reversed: Vec<Line> = lines.iter().rev().cloned().collect();
    let columns = ["unblended_cost", "usage_quantity"];
    let sum = Export::of(&lines).daily_cost(&columns).await;
    assert_eq!(sum, Export::of(&reversed).daily_cost(&columns).await);
    assert!(sum[0].ends_with("| 300.000000000000"), "{sum:?}");
}
