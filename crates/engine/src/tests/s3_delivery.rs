//! Finding what was delivered to a bucket: the same rules as on a disk, in few requests.

use super::bucket::{Bucket, sdk};
use super::support::*;
use crate::{Discovery, EngineError, ExportLocation, ExportSource, S3Location, S3Options};

fn shown(discovery: &Discovery) -> (Vec<String>, Vec<String>) {
    let period = |period: Option<bill::BillingPeriod>| period.map(|period| period.to_string());
    (
        discovery.manifests.iter().map(|manifest| manifest.period.to_string()).collect(),
        discovery.problems.iter().map(|problem| format!("{:?} {}", period(problem.period), problem.reason)).collect(),
    )
}

fn operations(bucket: &Bucket) -> Vec<&'static str> {
    bucket.arrived().iter().map(|arrived| arrived.operation).collect()
}

/// Everything that the rules tell apart, in one export.
fn many_shapes() -> Export {
    let export = Export::of(&[line()]);
    let manifest = |period: &str, text: &str| {
        export.metadata(&format!("BILLING_PERIOD={period}/bill-Manifest.json"), text);
    };
    for execution in ["20261001T000000Z-aaaa", "20261002T000000Z-bbbb"] {
        let file = format!("BILLING_PERIOD=2026-07/{execution}/bill-00001.snappy.parquet");
        export.chunk(&file, &[line()], &Shape::default());
        let text = manifest_text(&[&format!("s3://elsewhere/bill/data/{file}")]);
        export.metadata(&format!("BILLING_PERIOD=2026-07/{execution}/bill-Manifest.json"), &text);
    }
    export.chunk("billing_period=2026-11/x.parquet", &[line()], &Shape::default());
    let text = manifest_text(&["s3://b/bill/data/BILLING_PERIOD=2026-11/x.parquet"]);
    export.metadata("Billing_Period=2026-11/bill-manifest.json", &text);
    manifest("2026-01", r#"{"dataFiles": ["s3://b/da"#);
    manifest("2026-02", r#"{"columns": []}"#);
    manifest("2026-03", r#"{"dataFiles": ["s3://b/x/data/BILLING_PERIOD=2026-03/../../../../secret"]}"#);
    manifest("2026-04", r#"{"dataFiles": ["s3://b/x/data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet"]}"#);
    manifest("2026-05", r#"{"dataFiles": [], "billingPeriod": {"start": "20261001T000000.000Z"}}"#);
    manifest("2026-06", r#"{"dataFiles": ["s3://b/data/BILLING_PERIOD=2026-06/"]}"#);
    manifest("2026-13", "{}");
    export.metadata("BILLING_PERIOD=2026-08/a-Manifest.json", "{}");
    export.metadata("BILLING_PERIOD=2026-08/b-Manifest.json", "{}");
    export.metadata("BILLING_PERIOD=2026-12/notes.txt", "");
    export.chunk("BILLING_PERIOD=2026-09/bill-00001.snappy.parquet", &[line()], &Shape::default());
    export
}

#[tokio::test]
async fn a_bucket_is_read_by_the_rules_of_a_disk() {
    let export = many_shapes();
    let bucket = Bucket::serve(export.root()).await;
    let (on_disk, in_s3) = (export.discover().await, bucket.source().discover().await.expect("a discovery"));
    assert_eq!(shown(&in_s3), shown(&on_disk));
    assert_eq!(shown(&in_s3).0, ["2026-07", "2026-10", "2026-11"]);
    assert_eq!(in_s3.problems.len(), 10, "{:#?}", in_s3.problems);

    let addresses = |discovery: &Discovery| -> Vec<String> {
        let files = discovery.manifests.iter().flat_map(|manifest| {
            std::iter::once(manifest.address.to_string()).chain(manifest.data_files.iter().map(ToString::to_string))
        });
        files.chain(discovery.problems.iter().map(|problem| problem.address.to_string())).collect()
    };
    let folder = export.path().display().to_string();
    let moved = addresses(&on_disk)
        .iter()
        .map(|address| address.replace(&folder, "s3://bucket/prefix/bill"))
        .collect::<Vec<_>>();
    assert_eq!(addresses(&in_s3), moved);
    assert!(
        moved.contains(&"s3://bucket/prefix/bill/data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet".to_owned())
    );
    assert!(
        addresses(&in_s3).iter().any(|address| address.contains("2026-07/20261002T000000Z-bbbb/bill-Manifest.json")),
        "where there are only copies, the newest"
    );
}

#[tokio::test]
async fn an_export_that_has_not_changed_costs_one_listing() {
    let export = Export::of(&[line()]);
    let bucket = Bucket::serve(export.root()).await;
    let source = bucket.source();
    let first = source.discover().await.expect("a discovery");
    assert_eq!(operations(&bucket), ["ListObjectsV2", "GetObject"], "the manifest is read once");
    assert_eq!(source.discover().await.expect("a discovery"), first);
    assert_eq!(operations(&bucket), ["ListObjectsV2"]);
    assert!(first.manifests[0].is_current().await.expect("an answer"));
    assert_eq!(operations(&bucket), ["ListObjectsV2"; 2], "the folders of the month, and nothing is read");
}

#[tokio::test]
async fn a_new_delivery_has_another_identity_even_if_its_manifest_is_the_same() {
    let export = Export::of(&[line()]);
    let bucket = Bucket::serve(export.root()).await;
    let source = bucket.source();
    let first = source.discover().await.expect("a discovery").manifests.remove(0);
    export.chunk("BILLING_PERIOD=2026-10/bill-00001.snappy.parquet", &[line().cost(2.0)], &Shape::default());
    export.manifest(PERIOD, &["s3://bucket/prefix/bill/data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet"]);
    let second = source.discover().await.expect("a discovery").manifests.remove(0);
    assert_ne!(second.identity, first.identity);
    assert!(!first.is_current().await.expect("an answer") && second.is_current().await.expect("an answer"));
}

#[tokio::test]
async fn a_listing_of_many_pages_is_read_to_its_end() {
    let export = Export::of(&[line()]);
    let names: Vec<String> = (1..=1_100).map(|at| format!("BILLING_PERIOD=2026-09/bill-{at:05}.parquet")).collect();
    for name in &names {
        std::fs::write(export.data(name), "").expect("a file");
    }
    export.chunk(&names[1_099], &[line().cost(7.0)], &Shape::default());
    let addresses: Vec<String> = names.iter().map(|name| format!("s3://bucket/prefix/bill/data/{name}")).collect();
    export.manifest("2026-09", &addresses.iter().map(String::as_str).collect::<Vec<_>>());
    let bucket = Bucket::serve(export.root()).await;
    for (page, pages) in [(0, 2), (250, 5)] {
        bucket.behaviour().page = page;
        let discovery = bucket.source().discover().await.expect("a discovery");
        assert_eq!(shown(&discovery), (vec!["2026-09".into(), "2026-10".into()], vec![]));
        assert_eq!(operations(&bucket).iter().filter(|operation| **operation == "ListObjectsV2").count(), pages);
        let files = &discovery.manifests[0].data_files;
        assert_eq!(files.len(), 1_100);
        assert!(files.iter().all(|file| file.stamp().is_some()), "all were listed");
    }
}

#[tokio::test]
async fn data_that_is_newer_than_the_manifest_is_a_delivery_on_its_way() {
    let export = Export::of(&[line()]);
    let bucket = Bucket::serve(export.root()).await;
    let manifest = export.path().join("metadata/BILLING_PERIOD=2026-10/bill-Manifest.json");
    let file = std::fs::File::options().write(true).open(manifest).expect("the manifest");
    let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    file.set_modified(hour_ago).expect("another time");
    let (periods, problems) = shown(&bucket.source().discover().await.expect("a discovery"));
    assert_eq!(periods, [""; 0]);
    assert!(
        problems[0].contains("bill-00001.snappy.parquet is newer than the manifest: AWS is delivering"),
        "{problems:?}"
    );
    assert_eq!(shown(&export.discover().await).0, [PERIOD], "on a disk the times are a copy's");
}

#[tokio::test]
async fn a_manifest_that_was_listed_and_is_gone_is_a_problem_of_its_month_only() {
    let export = Export::of(&[line()]);
    for period in ["2026-08", "2026-09"] {
        let file = format!("BILLING_PERIOD={period}/x.parquet");
        export.chunk(&file, &[line()], &Shape::default());
        export.manifest(period, &[&file]);
    }
    let bucket = Bucket::serve(export.root()).await;
    let folder = export.path().join("metadata/BILLING_PERIOD=2026-09");
    bucket.behaviour().meanwhile = Some(Box::new(move |_| drop(std::fs::remove_dir_all(&folder))));
    let (periods, problems) = shown(&bucket.source().discover().await.expect("a discovery"));
    assert_eq!(periods, ["2026-08", "2026-10"]);
    assert!(problems[0].contains("2026-09") && problems[0].contains("listed a moment ago"), "{problems:?}");
}

#[tokio::test]
async fn an_export_that_is_not_there_says_so() {
    let export = Export::of(&[line()]);
    let bucket = Bucket::serve(export.root()).await;
    let at = |address: &str| {
        let location = S3Location::with_sdk_config(address, bucket.options(), sdk()).expect("an address");
        ExportSource { name: "acme".to_owned(), location: ExportLocation::S3(location) }
    };
    let error = at("s3://bucket/prefix/bil").discover().await.expect_err("no folder");
    assert!(matches!(error, EngineError::LocationMissing { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "export `acme`: no folder at s3://bucket/prefix/bil; `location` must name the folder that holds `data` and `metadata`"
    );
    let error = at("s3://another-bucket/prefix/bill").discover().await.expect_err("no bucket");
    assert_eq!(error.to_string(), "export `acme`: there is no bucket `another-bucket` in S3; correct `location`");
    let (periods, problems) = shown(&at("s3://bucket/prefix").discover().await.expect("a discovery"));
    assert_eq!(periods, [""; 0]);
    assert!(problems[0].contains("there is no metadata folder"), "{problems:?}");
}

#[tokio::test]
async fn requester_pays_and_the_expected_owner_are_said_with_every_request() {
    let export = Export::of(&[line()]);
    let bucket = Bucket::serve(export.root()).await;
    let options =
        S3Options { requester_pays: true, expected_bucket_owner: Some("111122223333".to_owned()), ..bucket.options() };
    let manifest = bucket.source_with(options).discover().await.expect("a discovery").manifests.remove(0);
    let answer = engine().ask(&crate::catalogue::BILL_TOTAL, &[period()], &manifest).await.expect("an answer");
    assert_eq!(rows(answer, &["unblended_cost"]).await.expect("rows"), ["1.000000000000"]);
    let arrived = bucket.arrived();
    assert!(arrived.iter().filter(|arrived| arrived.operation == "GetObject").count() >= 2);
    for arrived in arrived {
        assert_eq!(arrived.payer.as_deref(), Some("requester"), "{arrived:?}");
        assert_eq!(arrived.owner.as_deref(), Some("111122223333"), "{arrived:?}");
        assert_eq!(arrived.conditional, arrived.operation == "GetObject", "{arrived:?}");
    }
}
