//! Finding what was delivered.

use std::fs;

use super::support::*;
use crate::{EngineError, ExportLocation, ExportSource};

const FILE: &str = "s3://bucket/a/prefix/bill/data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet";

fn shown(discovery: &crate::Discovery) -> (Vec<String>, Vec<String>) {
    let problems = discovery.problems.iter();
    (
        discovery.manifests.iter().map(|manifest| manifest.period.to_string()).collect(),
        problems
            .map(|problem| format!("{:?} {}", problem.period.map(|period| period.to_string()), problem.reason))
            .collect(),
    )
}

#[tokio::test]
async fn the_latest_delivery_of_each_month_is_found_oldest_first() {
    let export = Export::new();
    for period in ["2026-10", "2026-08", "2026-09"] {
        let file = format!("BILLING_PERIOD={period}/bill-00001.snappy.parquet");
        export.chunk(&file, &[line()], &Shape::default());
        export.manifest(period, &[&format!("s3://bucket/bill/data/{file}")]);
    }
    let discovery = export.discover().await;
    assert_eq!(shown(&discovery), (vec!["2026-08".into(), "2026-09".into(), "2026-10".into()], vec![]));
    let october = &discovery.manifests[2];
    assert_eq!(october.export, "bill");
    let files: Vec<_> = october.data_files.iter().map(|file| file.address.as_path()).collect();
    assert_eq!(files, [Some(export.data("BILLING_PERIOD=2026-10/bill-00001.snappy.parquet").as_path())]);
    assert_eq!(october.identity.len(), 64);
}

#[tokio::test]
async fn a_create_new_export_is_read_by_its_latest_manifest_only() {
    let export = Export::new();
    for (execution, cost) in [("20261001T000000Z-aaaa", 1.0), ("20261002T000000Z-bbbb", 2.0)] {
        let file = format!("BILLING_PERIOD=2026-10/{execution}/bill-00001.snappy.parquet");
        export.chunk(&file, &[line().cost(cost)], &Shape::default());
        let manifest = manifest_text(&[&format!("s3://bucket/bill/data/{file}")]);
        export.metadata(&format!("BILLING_PERIOD=2026-10/{execution}/bill-Manifest.json"), &manifest);
        // The copy in the partition folder is overwritten by each delivery: here the second is still on its way.
        if cost < 1.5 {
            export.metadata("BILLING_PERIOD=2026-10/bill-Manifest.json", &manifest);
        }
    }
    assert_eq!(export.daily_cost(&["unblended_cost"]).await, ["1.000000000000"]);
    fs::remove_file(export.path().join("metadata/BILLING_PERIOD=2026-10/bill-Manifest.json")).expect("removed");
    assert_eq!(export.daily_cost(&["unblended_cost"]).await, ["2.000000000000"], "only copies: the newest");
}

#[tokio::test]
async fn folders_are_found_in_any_case() {
    let export = Export::new();
    export.chunk("billing_period=2026-10/x.parquet", &[line()], &Shape::default());
    let manifest = manifest_text(&["s3://bucket/bill/data/BILLING_PERIOD=2026-10/x.parquet"]);
    export.metadata("Billing_Period=2026-10/bill-manifest.json", &manifest);
    assert_eq!(export.daily_cost(&["unblended_cost"]).await, ["1.000000000000"]);
}

#[tokio::test]
async fn files_that_the_manifest_does_not_name_are_not_read() {
    let export = Export::of(&[line()]);
    export.chunk("BILLING_PERIOD=2026-10/bill-00002.snappy.parquet", &[line().cost(9.0)], &Shape::default());
    assert_eq!(export.daily_cost(&["unblended_cost"]).await, ["1.000000000000"]);
}

#[tokio::test]
async fn a_file_that_is_named_twice_counts_once() {
    let export = Export::of(&[line()]);
    export.manifest(PERIOD, &[FILE, FILE]);
    assert_eq!(export.daily_cost(&["unblended_cost"]).await, ["1.000000000000"]);
}

#[tokio::test]
async fn unknown_fields_of_a_manifest_are_ignored() {
    let export = Export::of(&[line()]);
    let text = serde_json::json!({
        "dataFiles": [FILE], "columns": "odd", "additionalOutputFiles": [1],
        "billingPeriod": { "start": "2026-10-01T00:00:00.000Z", "end": null },
    });
    export.metadata("BILLING_PERIOD=2026-10/bill-Manifest.json", &text.to_string());
    assert_eq!(export.daily_cost(&["unblended_cost"]).await, ["1.000000000000"]);
}

#[tokio::test]
async fn a_month_that_cannot_be_read_is_reported_and_the_others_are_listed() {
    let export = Export::of(&[line()]);
    let manifest = |period: &str, text: &str| {
        export.metadata(&format!("BILLING_PERIOD={period}/bill-Manifest.json"), text);
    };
    manifest("2026-01", r#"{"dataFiles": ["s3://b/da"#);
    manifest("2026-02", r#"{"columns": []}"#);
    manifest("2026-03", r#"{"dataFiles": ["s3://b/x/data/BILLING_PERIOD=2026-03/../../../../secret"]}"#);
    manifest("2026-04", r#"{"dataFiles": ["s3://b/x/data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet"]}"#);
    manifest("2026-05", r#"{"dataFiles": [], "billingPeriod": {"start": "20261001T000000.000Z"}}"#);
    manifest("2026-06", r#"{"dataFiles": ["/etc/passwd"]}"#);
    manifest("2026-13", "{}");
    export.metadata("BILLING_PERIOD=2026-07/notes.txt", "");
    export.metadata("BILLING_PERIOD=2026-08/a-Manifest.json", "{}");
    export.metadata("BILLING_PERIOD=2026-08/b-Manifest.json", "{}");
    export.chunk("BILLING_PERIOD=2026-09/bill-00001.snappy.parquet", &[line()], &Shape::default());

    let (periods, problems) = shown(&export.discover().await);
    assert_eq!(periods, [PERIOD]);
    let expected = [
        (None, "`BILLING_PERIOD=2026-13` does not say a billing period"),
        (Some("2026-01"), "the manifest is not whole"),
        (Some("2026-02"), "missing field `dataFiles`"),
        (Some("2026-03"), "leads out of the export's folder"),
        (Some("2026-04"), "which is not in the export's folder data/BILLING_PERIOD=2026-04"),
        (Some("2026-05"), "in the folder of 2026-05 but says that it is of 2026-10"),
        (Some("2026-06"), "which is not in the export's folder"),
        (Some("2026-07"), "there is no manifest"),
        (Some("2026-08"), "there are two manifests"),
        (Some("2026-09"), "data has arrived, but no manifest yet"),
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, (period, reason)) in problems.iter().zip(expected) {
        let period = format!("{:?} ", period.map(str::to_owned));
        assert!(problem.starts_with(&period) && problem.contains(reason), "{problem} is not {period}{reason}");
    }
}

#[tokio::test]
async fn a_message_repeats_only_so_much_of_a_damaged_manifest() {
    let export = Export::of(&[line()]);
    let long = "x".repeat(100_000);
    export.metadata("BILLING_PERIOD=2026-10/bill-Manifest.json", &format!(r#"{{"dataFiles": "{long}"}}"#));
    let (_, problems) = shown(&export.discover().await);
    assert!(problems[0].contains("not a manifest (invalid type: string \"xxx"), "{}", problems[0]);
    assert!(problems[0].contains("the last good version stays") && problems[0].len() < 1_000, "{}", problems[0].len());
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_that_leads_out_of_the_export_is_refused() {
    let (outside, export) = (Export::of(&[line()]), Export::of(&[line()]));
    let file = export.data("BILLING_PERIOD=2026-10/bill-00001.snappy.parquet");
    fs::remove_file(&file).expect("removed");
    let target = outside.data("BILLING_PERIOD=2026-10/bill-00001.snappy.parquet");
    std::os::unix::fs::symlink(target, &file).expect("a link");
    let (periods, problems) = shown(&export.discover().await);
    assert_eq!(periods, [""; 0]);
    assert!(problems[0].contains("a link that leads out of the export's folder"), "{problems:?}");
}

#[tokio::test]
async fn a_new_delivery_has_another_identity_even_if_its_manifest_is_the_same() {
    let export = Export::of(&[line()]);
    let first = export.only_manifest().await;
    assert_eq!(export.only_manifest().await, first, "nothing changed");
    assert!(first.is_current().await.expect("an answer"));

    let file = export.data("BILLING_PERIOD=2026-10/bill-00001.snappy.parquet");
    let bytes = fs::read(&file).expect("the file");
    fs::write(&file, &bytes).expect("written");
    let handle = fs::File::options().write(true).open(&file).expect("the file");
    handle.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("another time");
    let second = export.only_manifest().await;
    assert_ne!(second.identity, first.identity, "same bytes, delivered again");
    assert!(!first.is_current().await.expect("an answer"));

    export.chunk("BILLING_PERIOD=2026-10/bill-00002.snappy.parquet", &[line()], &Shape::default());
    export.manifest(PERIOD, &[FILE, "data/BILLING_PERIOD=2026-10/bill-00002.snappy.parquet"]);
    assert_ne!(export.only_manifest().await.identity, second.identity, "another manifest");
}

#[tokio::test]
async fn an_export_that_is_not_there_or_not_yet_delivered_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &std::path::Path| ExportSource {
        name: "acme".to_owned(),
        location: ExportLocation::Disk(path.to_owned()),
    };
    let missing = folder.path().join("missing");
    let error = at(&missing).discover().await.expect_err("no folder");
    assert!(matches!(error, EngineError::LocationMissing { .. }));
    let message = error.to_string();
    assert!(message.contains("acme") && message.contains(&missing.display().to_string()), "{message}");
    let (periods, problems) = shown(&at(folder.path()).discover().await.expect("a discovery"));
    assert_eq!(periods, [""; 0]);
    assert!(problems[0].contains("AWS delivers the first manifest within 24 hours"), "{problems:?}");
}
