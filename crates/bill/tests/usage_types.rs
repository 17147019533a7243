//! Every string of the collected list is read as it says there.

use bill::usage::{Status, Usage, UsageLine, classify};

const LIST: &[u8] = include_bytes!("data/usage_types.csv");

/// Prefixes of the list and their regions, written out here so that the test does not ask the code under test.
const REGIONS: [(&str, &str); 7] = [
    ("USE1", "us-east-1"),
    ("USE2", "us-east-2"),
    ("USW2", "us-west-2"),
    ("APN1", "ap-northeast-1"),
    ("APS7", "ap-southeast-5"),
    ("EU", "eu-west-1"),
    ("", ""),
];

fn rows() -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(LIST).into_records().collect::<Result<_, _>>().expect("a CSV file")
}

fn told(usage: &Usage) -> [&str; 7] {
    let fields = [
        &usage.region,
        &usage.model_as_billed,
        &usage.provider,
        &usage.token_kind,
        &usage.cache,
        &usage.tier,
        &usage.routing,
    ];
    fields.map(|field| field.as_deref().unwrap_or(""))
}

#[test]
fn every_row_is_read_as_the_list_says() {
    let rows = rows();
    assert!(rows.len() > 140, "the list has {} rows", rows.len());
    for row in &rows {
        // usage_type,product_code,operation,region_prefix,model,provider,token_kind,cache,tier,routing,unit,source
        let unit = Some(&row[10]).filter(|unit| !unit.is_empty());
        let usage = classify(&UsageLine { usage_type: &row[0], pricing_unit: unit, ..UsageLine::default() });
        let region = REGIONS.iter().find(|(prefix, _)| *prefix == &row[3]).expect("a prefix of the list").1;
        assert_eq!(told(&usage), [region, &row[4], &row[5], &row[6], &row[7], &row[8], &row[9]], "{}", &row[0]);
        assert_eq!((usage.status, usage.unit.as_deref()), (Status::Classified, unit), "{}", &row[0]);
    }
}

#[test]
fn every_model_of_the_list_has_a_name_of_its_own() {
    for row in rows().iter().filter(|row| !row[4].is_empty()) {
        let usage = classify(&UsageLine { usage_type: &row[0], ..UsageLine::default() });
        let model = usage.model.expect("a model");
        let is_plain = |text: &str| text.contains(['.']) && text.starts_with(|c: char| c.is_ascii_lowercase());
        assert!(!is_plain(&model), "{} is still called {model}", &row[4]);
    }
}

#[test]
fn only_meters_belong_to_agentcore() {
    for row in rows() {
        let usage = classify(&UsageLine { usage_type: &row[0], ..UsageLine::default() });
        assert_eq!(usage.agentcore, row[6].starts_with("meter:"), "{}", &row[0]);
    }
}

#[test]
fn tokens_are_counted_on_token_lines_alone() {
    for row in rows() {
        let usage = classify(&UsageLine { usage_type: &row[0], ..UsageLine::default() });
        let is_token_line = row[0].to_lowercase().contains("token");
        assert_eq!(usage.token_class.is_some(), is_token_line, "{}", &row[0]);
    }
}
