//! What is written is what was asked for: read back with nothing but `parquet` and `arrow`.

mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use arrow::datatypes::DataType;
use bill::{Amount, BillingPeriod};
use reading::{Line, column_types, read};
use sample::{Delivery, ExportWriter, Labels, LineItem, SampleError, write_lines};

fn october() -> BillingPeriod {
    "2026-10".parse().expect("a period")
}

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn manifest(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).expect("a manifest")).expect("JSON")
}

#[test]
fn a_line_comes_back_as_it_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = LineItem {
        iam_principal: Some("arn:aws:iam::123456789012:user/user-1".into()),
        unblended_cost: amount("0.0693"),
        net_unblended_cost: Some(amount("0.063063")),
        list_cost: Some(amount("0.0693")),
        usage_quantity: amount("23.1"),
        tags: [("iamPrincipal/team", "BedrockDataScience"), ("iamPrincipal/cost-center", "12345")].into(),
        resource_tags: Labels::NULL,
        ..LineItem::bedrock_usage(october())
    };
    let summary = write_lines(folder.path(), "tiny", october(), &[written]).expect("an export");
    let lines = read(&summary.data_files);
    let [line] = &lines[..] else { panic!("one line, not {}", lines.len()) };
    assert_eq!(line.text("line_item_iam_principal"), Some("arn:aws:iam::123456789012:user/user-1"));
    assert_eq!(line.text("line_item_usage_type"), Some("USE1-Claude4.6Sonnet-input-tokens"));
    assert_eq!(line.text("line_item_resource_id"), None);
    assert_eq!(line.text("identity_time_interval"), Some("2026-10-01T00:00:00Z/2026-10-01T01:00:00Z"));
    assert_eq!(line.number("line_item_unblended_cost"), Some(amount("0.0693")));
    assert_eq!(line.number("line_item_net_unblended_cost"), Some(amount("0.063063")));
    assert_eq!(line.number("line_item_usage_amount"), Some(amount("23.1")));
    assert_eq!(line.number("reservation_effective_cost"), None);
    assert_eq!(line.time("bill_billing_period_end_date"), Some("2026-11-01T00:00:00Z".to_owned()));
    assert_eq!(line.time("line_item_usage_end_date"), Some("2026-10-01T01:00:00Z".to_owned()));
    let tags = [("iamPrincipal/team", "BedrockDataScience"), ("iamPrincipal/cost-center", "12345")];
    assert_eq!(line.map("tags"), Some(tags.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec()));
    assert_eq!((line.map("resource_tags"), line.map("cost_category")), (None, Some(vec![])));
}

#[test]
fn all_131_columns_are_there_with_their_types() {
    let folder = tempfile::tempdir().expect("a folder");
    let summary = write_lines(folder.path(), "tiny", october(), &[]).expect("an export");
    let types = column_types(&summary.data_files[0]);
    assert_eq!(types.len(), 131);
    let count = |wanted: fn(&DataType) -> bool| types.iter().filter(|(_, found)| wanted(found)).count();
    let maps: Vec<_> = types.iter().filter(|(_, found)| matches!(found, DataType::Map(..))).collect();
    assert_eq!(count(|found| matches!(found, DataType::Timestamp(..))), 4);
    assert_eq!(
        maps.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["cost_category", "discount", "product", "resource_tags", "tags"]
    );
    for (name, found) in &types {
        let text = name.ends_with("_rate") && !name.starts_with("savings_plan") || name.ends_with("_time");
        assert!(!text || *found == DataType::Utf8, "{name} is a string");
        assert!(!name.ends_with("_cost") || *found == DataType::Float64, "{name} is a double");
    }
    assert_eq!(count(|found| *found == DataType::Utf8) + count(|found| *found == DataType::Float64), 131 - 9);
}

#[test]
fn the_manifest_names_columns_and_files_as_they_were_in_s3() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = LineItem::bedrock_usage(october());
    let (export, chunk) = (ExportWriter::new(folder.path(), "tiny"), [line]);
    let summary = export.write_period(october(), 1, &[&chunk, &chunk]).expect("an export");
    assert_eq!(summary.manifest, folder.path().join("metadata/BILLING_PERIOD=2026-10/tiny-Manifest.json"));
    let manifest = manifest(&summary.manifest);
    let data = "s3://example-billing-exports/finops/cur2/tiny/data/BILLING_PERIOD=2026-10";
    assert_eq!(
        manifest["dataFiles"],
        serde_json::json!([format!("{data}/tiny-00001.snappy.parquet"), format!("{data}/tiny-00002.snappy.parquet")])
    );
    assert_eq!(
        manifest["billingPeriod"],
        serde_json::json!({"start": "2026-10-01T00:00:00.000Z", "end": "2026-11-01T00:00:00.000Z"})
    );
    assert_eq!((&manifest["exportName"], &manifest["account"]), (&"tiny".into(), &"123456789012".into()));
    assert_eq!(manifest["columns"].as_array().map(Vec::len), Some(131));
    assert_eq!(manifest["columns"][11], serde_json::json!({"name": "cost_category", "type": "map<string,string>"}));
    assert!(summary.data_files.iter().all(|file| file.exists()));
}

#[test]
fn nothing_half_written_is_left_under_any_name() {
    let folder = tempfile::tempdir().expect("a folder");
    write_lines(folder.path(), "tiny", october(), &[LineItem::bedrock_usage(october())]).expect("an export");
    let mut names: Vec<String> = reading::files(folder.path()).into_iter().map(|(name, _)| name).collect();
    names.sort();
    assert_eq!(
        names,
        ["data/BILLING_PERIOD=2026-10/tiny-00001.snappy.parquet", "metadata/BILLING_PERIOD=2026-10/tiny-Manifest.json"]
    );
}

#[test]
fn in_overwrite_delivery_surplus_chunks_become_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    let chunk = [LineItem { unblended_cost: amount("2"), ..LineItem::bedrock_usage(october()) }];
    let export = ExportWriter::new(folder.path(), "tiny");
    let first = export.write_period(october(), 1, &[&chunk, &chunk, &chunk]);
    let first = first.expect("a first version");
    let first_manifest = fs::read(&first.manifest).expect("a manifest");
    let second = export.write_period(october(), 2, &[&chunk]).expect("a second version");
    assert_eq!(first.data_files, second.data_files, "the same names, two of them empty now");
    let lines: Vec<usize> = second.data_files.iter().map(|file| read(std::slice::from_ref(file)).len()).collect();
    assert_eq!(lines, [1, 0, 0]);
    assert_eq!(second.totals.bill["USD"].unblended, amount("2"));
    assert_ne!(first_manifest, fs::read(&second.manifest).expect("a manifest"), "another execution");
}

#[test]
fn in_create_new_delivery_both_versions_stay_and_the_manifest_points_to_the_newer() {
    let folder = tempfile::tempdir().expect("a folder");
    let chunk = [LineItem { unblended_cost: amount("2"), ..LineItem::bedrock_usage(october()) }];
    let export = ExportWriter { delivery: Delivery::CreateNew, ..ExportWriter::new(folder.path(), "tiny") };
    let first = export.write_period(october(), 1, &[&chunk]).expect("a first version");
    let second = export.write_period(october(), 2, &[&chunk]).expect("a second version");
    assert_ne!(first.data_files, second.data_files);
    assert_eq!(read(&first.data_files).len() + read(&second.data_files).len(), 2);
    assert_eq!(first.manifest, second.manifest);
    let execution = second.data_files[0].parent().and_then(Path::file_name).expect("a folder").to_os_string();
    assert!(execution.to_string_lossy().starts_with("20261103T041007Z-"), "{execution:?}");
    let copy = second.manifest.with_file_name(&execution).join("tiny-Manifest.json");
    assert_eq!(manifest(&second.manifest), manifest(&copy));
    let named = manifest(&second.manifest)["dataFiles"][0].to_string();
    assert!(named.contains(&*execution.to_string_lossy()), "{named}");
}

#[test]
fn columns_that_an_export_lacks_are_in_neither_files_nor_manifest() {
    let folder = tempfile::tempdir().expect("a folder");
    let export =
        ExportWriter { principal_column: false, net_columns: false, ..ExportWriter::new(folder.path(), "tiny") };
    let summary = export.write_period(october(), 1, &[&[LineItem::bedrock_usage(october())]]).expect("an export");
    let columns = column_types(&summary.data_files[0]);
    let lacking = |name: &str| !columns.iter().any(|(found, _)| found == name);
    assert!(lacking("line_item_iam_principal") && lacking("line_item_net_unblended_cost"));
    assert!(!lacking("line_item_unblended_cost") && columns.iter().all(|(name, _)| !name.contains("_net_")));
    assert_eq!(manifest(&summary.manifest)["columns"].as_array().map(Vec::len), Some(columns.len()));
}

#[test]
fn totals_keep_currencies_and_costs_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let dollars = LineItem {
        unblended_cost: amount("10"),
        net_unblended_cost: Some(amount("9")),
        list_cost: Some(amount("11")),
        ..LineItem::bedrock_usage(october())
    };
    let euros = LineItem { currency: "EUR".into(), unblended_cost: amount("-3"), ..LineItem::other_usage(october()) };
    let summary = write_lines(folder.path(), "tiny", october(), &[dollars, euros]).expect("an export");
    let costs = |map: &BTreeMap<String, sample::Costs>| {
        let shown = |costs: &sample::Costs| [costs.unblended, costs.net_unblended, costs.list].map(|c| c.to_string());
        map.iter().map(|(currency, costs)| (currency.clone(), shown(costs))).collect::<Vec<_>>()
    };
    assert_eq!(
        costs(&summary.totals.bill),
        [
            ("EUR".to_owned(), ["-3", "-3", "0"].map(str::to_owned)),
            ("USD".to_owned(), ["10", "9", "11"].map(str::to_owned))
        ]
    );
    assert_eq!(costs(&summary.totals.bedrock), [("USD".to_owned(), ["10", "9", "11"].map(str::to_owned))]);
    assert_eq!((summary.totals.lines, summary.totals.bedrock_lines), (2, 1));
}

#[test]
fn a_cost_that_a_double_cannot_keep_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = LineItem { unblended_cost: amount("54321.123456789123"), ..LineItem::bedrock_usage(october()) };
    let refused = write_lines(folder.path(), "tiny", october(), &[line]);
    assert!(matches!(&refused, Err(SampleError::InexactAmount { column: "line_item_unblended_cost", .. })));
    assert!(!folder.path().join("metadata").exists(), "no manifest for what was not written");
    let whole = LineItem { unblended_cost: amount("54321"), ..LineItem::bedrock_usage(october()) };
    assert!(write_lines(folder.path(), "tiny", october(), &[whole]).is_ok());
}

#[test]
fn a_name_that_would_leave_the_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["", "../elsewhere", "a b"] {
        let refused = write_lines(folder.path(), name, october(), &[]);
        assert!(matches!(refused, Err(SampleError::ExportName { .. })), "{name}");
    }
}

#[test]
fn line_item_ids_are_unique_and_change_with_each_delivery() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = LineItem::bedrock_usage(october());
    let ids = |version| -> BTreeSet<String> {
        let chunk = vec![line.clone(); 300];
        let export = ExportWriter::new(folder.path(), "tiny");
        let summary = export.write_period(october(), version, &[&chunk, &chunk]).expect("an export");
        let id = |line: &Line| line.text("identity_line_item_id").expect("an id").to_owned();
        read(&summary.data_files).iter().map(id).collect()
    };
    let (first, second) = (ids(1), ids(2));
    assert_eq!((first.len(), first.intersection(&second).count()), (600, 0));
}
