//! Whatever is wrong, asking ends in a sentence that says what and where, and never in a smaller bill.

use std::fs;

use super::support::*;
use crate::{EngineError, Parameter, catalogue};

const FILE: &str = "BILLING_PERIOD=2026-10/bill-00001.snappy.parquet";

async fn failure(export: &Export) -> String {
    export.failure(&catalogue::BILL_TOTAL, &[period()]).await.to_string()
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named_with_its_manifest() {
    let export = Export::of(&[line()]);
    fs::remove_file(export.data(FILE)).expect("removed");
    let message = failure(&export).await;
    assert!(message.contains("bill-Manifest.json names") && message.contains("bill-00001"), "{message}");
}

#[tokio::test]
async fn a_truncated_file_is_named() {
    let export = Export::of(&[line()]);
    let bytes = fs::read(export.data(FILE)).expect("the file");
    fs::write(export.data(FILE), &bytes[..bytes.len() / 2]).expect("cut");
    let message = failure(&export).await;
    assert!(message.contains("bill-00001") && message.contains("truncated or damaged"), "{message}");
}

#[tokio::test]
async fn a_file_with_damage_inside_is_named() {
    let lines: Vec<Line> = (0..2000).map(|at| line().cost(f64::from(at)).principal(&format!("arn:{at}"))).collect();
    let export = Export::of(&lines);
    export.chunk("BILLING_PERIOD=2026-10/whole", &lines, &Shape::default());
    export.manifest(PERIOD, &["BILLING_PERIOD=2026-10/whole", FILE]);
    let mut bytes = fs::read(export.data(FILE)).expect("the file");
    let middle = bytes.len() * 2 / 3;
    bytes[4..middle].fill(0x5a);
    fs::write(export.data(FILE), &bytes).expect("damaged");
    let message = failure(&export).await;
    assert!(message.contains("bill-00001.snappy.parquet cannot be read: it is damaged"), "{message}");
}

#[tokio::test]
async fn an_export_as_csv_is_told_how_to_mend_it() {
    let export = Export::of(&[line()]);
    fs::write(export.data("BILLING_PERIOD=2026-10/bill-00001.csv.gz"), "gz").expect("a file");
    export.manifest(PERIOD, &["BILLING_PERIOD=2026-10/bill-00001.csv.gz"]);
    let message = failure(&export).await;
    assert!(message.contains("delivered as CSV; create it with the format Parquet"), "{message}");
}

#[tokio::test]
async fn another_period_than_the_manifests_is_an_error_and_not_a_month_without_cost() {
    let export = Export::of(&[line()]);
    for asked in ["2026-09", "2026-1", "", "2026-10-01", "' or 1 = 1 --"] {
        let error = export.failure(&catalogue::BILL_TOTAL, &[Parameter::text(asked)]).await;
        let sentence =
            format!("question `bill_total` asks for billing period `{asked}`, but the manifest holds 2026-10");
        assert_eq!(error.to_string(), sentence);
    }
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_counted() {
    let error = Export::of(&[line()]).failure(&catalogue::DAILY_COST, &[period()]).await;
    assert_eq!(error.to_string(), "question `daily_cost` takes 3 parameters, 1 were given");
}

#[tokio::test]
async fn a_pattern_that_is_none_is_an_error() {
    let export = Export::of(&[line().principal("arn:aws:iam::1:root")]);
    let parameters = [Parameter::text("("), Parameter::text(""), period()];
    let error = export.failure(&catalogue::DAILY_COST, &parameters).await;
    assert!(error.to_string().contains("regexp_replace cannot use the pattern `(`"), "{error}");
}

/// A parameter is a value, whatever is written in it.
#[tokio::test]
async fn a_quote_in_a_parameter_is_only_a_quote() {
    let quoted = "'; drop table cur2 --";
    let export = Export::of(&[line().principal("arn:aws:iam::1:user/x"), line().principal(quoted)]);
    let parameters = [Parameter::text("user/x"), Parameter::text(quoted), period()];
    let answer = engine().ask(&catalogue::DAILY_COST, &parameters, &export.only_manifest().await).await;
    assert_eq!(
        rows(answer.expect("an answer"), &["iam_principal"]).await.expect("rows"),
        ["'; drop table cur2 --", "arn:aws:iam::1:'; drop table cur2 --"]
    );
}

#[tokio::test]
async fn a_delivery_that_was_replaced_since_is_not_read_by_halves() {
    let export = Export::of(&[line()]);
    let manifest = export.only_manifest().await;
    export.chunk(FILE, &[line(), line()], &Shape::default());
    let error = engine().ask(&catalogue::BILL_TOTAL, &[period()], &manifest).await.expect_err("a failure");
    assert!(matches!(error, EngineError::ExportChanged { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "export `bill`, 2026-10: a new version was delivered while this one was being read; discover it again"
    );
}

#[tokio::test]
async fn a_cost_that_no_decimal_can_hold_is_an_error() {
    for cost in [f64::NAN, f64::INFINITY, 1e30] {
        let error = Export::of(&[line().cost(cost)]).failure(&catalogue::BILL_TOTAL, &[period()]).await;
        assert!(matches!(error, EngineError::DataFileDamaged { .. }), "{cost}: {error:?}");
        let message = error.to_string();
        assert!(message.contains("bill-00001") && message.contains("column `line_item_unblended_cost`"), "{message}");
    }
}
