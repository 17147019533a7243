//! Whatever S3 says, asking ends in a sentence for the person who must mend it.

use std::fs;
use std::time::SystemTime;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use s3s::S3ErrorCode;

use super::bucket::{Bucket, sdk, sdk_with};
use super::support::*;
use crate::{EngineError, ExportLocation, ExportSource, S3Location, S3Options, catalogue};

const FILE: &str = "BILLING_PERIOD=2026-10/bill-00001.snappy.parquet";

async fn export_in_a_bucket() -> (Export, Bucket) {
    let export = Export::of(&[line()]);
    let bucket = Bucket::serve(export.root()).await;
    (export, bucket)
}

async fn discovery_fails(source: ExportSource) -> String {
    source.discover().await.expect_err("a failure").to_string()
}

#[tokio::test]
async fn what_may_not_be_listed_or_read_is_told_what_to_allow() {
    let (_export, bucket) = export_in_a_bucket().await;
    bucket.fail("ListObjectsV2", S3ErrorCode::AccessDenied, 1);
    assert_eq!(
        discovery_fails(bucket.source()).await,
        "export `bill`: S3 refuses `s3:ListBucket` on arn:aws:s3:::bucket (AccessDenied: as the test wants); allow it in \
         the policy of these credentials and in that of the bucket; where the owner of the bucket lets requesters pay, set \
         `requester_pays = true`"
    );
    bucket.fail("GetObject", S3ErrorCode::AccessDenied, 1);
    let options = S3Options {
        expected_bucket_owner: Some("111122223333".to_owned()),
        region: Some("cn-north-1".to_owned()),
        ..bucket.options()
    };
    let discovery = bucket.source_with(options).discover().await.expect("a discovery");
    let reason = &discovery.problems[0].reason;
    assert!(
        reason.contains("`s3:GetObject` on arn:aws-cn:s3:::bucket/prefix/bill/metadata/BILLING_PERIOD=2026-10"),
        "{reason}"
    );
    assert!(reason.contains("`expected_bucket_owner` is not the owner"), "{reason}");

    let manifest = bucket.source().discover().await.expect("a discovery").manifests.remove(0);
    bucket.fail("GetObject", S3ErrorCode::AccessDenied, 100);
    let error = engine().probe(&manifest).await.expect_err("a failure").to_string();
    assert!(
        error.contains("export `bill`: S3 refuses `s3:GetObject` on arn:aws:s3:::bucket/prefix/bill/data/"),
        "{error}"
    );
}

#[tokio::test]
async fn credentials_that_have_expired_or_are_none_are_named() {
    let (_export, bucket) = export_in_a_bucket().await;
    bucket.fail("ListObjectsV2", S3ErrorCode::ExpiredToken, 1);
    assert_eq!(
        discovery_fails(bucket.source()).await,
        "export `bill`: S3 does not accept the AWS credentials for s3://bucket/prefix/bill/ (ExpiredToken: as the test \
         wants); renew them"
    );
    let with = |sdk| {
        let location =
            S3Location::with_sdk_config("s3://bucket/prefix/bill", bucket.options(), sdk).expect("an address");
        ExportSource { name: "bill".to_owned(), location: ExportLocation::S3(location) }
    };
    let unknown = Credentials::new("AKIDEXAMPLE", "another secret", None, None, "test");
    let error = discovery_fails(with(sdk_with(unknown))).await;
    assert!(error.contains("does not accept the AWS credentials"), "{error}");
    let nothing_set = EnvironmentVariableCredentialsProvider::new();
    let none = sdk().into_builder().credentials_provider(SharedCredentialsProvider::new(nothing_set));
    let error = discovery_fails(with(none.build())).await;
    assert!(error.contains("there are no AWS credentials for s3://bucket/prefix/bill/"), "{error}");
}

/// Between two questions of a refresh: it is not said that the export has changed.
#[tokio::test]
async fn credentials_that_expire_between_two_questions_are_named() {
    let (_export, bucket) = export_in_a_bucket().await;
    let manifest = bucket.source().discover().await.expect("a discovery").manifests.remove(0);
    assert!(manifest.is_current().await.expect("an answer"));
    bucket.fail("ListObjectsV2", S3ErrorCode::ExpiredToken, usize::MAX);
    let error = engine().ask(&catalogue::BILL_TOTAL, &[period()], &manifest).await.expect_err("a failure").to_string();
    assert!(error.contains("export `bill`: S3 does not accept the AWS credentials"), "{error}");
}

/// In the middle of a question, when its footers have been read.
#[tokio::test]
async fn credentials_that_expire_while_rows_are_read_end_the_question_plainly() {
    let export = Export::sample(3_000);
    let bucket = Bucket::serve(export.root()).await;
    let manifest = bucket.source().discover().await.expect("a discovery").manifests.remove(0);
    let answer = engine().ask(&catalogue::BILL_TOTAL, &[period()], &manifest).await.expect("an answer");
    bucket.fail("GetObject", S3ErrorCode::ExpiredToken, usize::MAX);
    let error = rows(answer, &[]).await.expect_err("a failure");
    assert!(matches!(error, EngineError::S3 { .. }), "{error:?}");
    assert!(
        error.to_string().contains("does not accept the AWS credentials for s3://bucket/prefix/bill/data/"),
        "{error}"
    );
}

#[tokio::test]
async fn throttling_is_waited_for_and_then_said() {
    let (_export, bucket) = export_in_a_bucket().await;
    bucket.fail("ListObjectsV2", S3ErrorCode::SlowDown, 2);
    assert_eq!(bucket.source().discover().await.expect("the third attempt").manifests.len(), 1);
    bucket.fail("ListObjectsV2", S3ErrorCode::SlowDown, 3);
    let error = discovery_fails(bucket.source()).await;
    assert!(error.contains("S3 wants fewer requests for s3://bucket/prefix/bill/ (SlowDown"), "{error}");
}

#[tokio::test]
async fn a_fault_of_s3_is_tried_again() {
    let (_export, bucket) = export_in_a_bucket().await;
    bucket.fail("GetObject", S3ErrorCode::InternalError, 2);
    assert_eq!(bucket.source().discover().await.expect("the third attempt").problems, []);
}

#[tokio::test]
async fn the_wrong_region_is_named_with_the_right_one() {
    let (_export, bucket) = export_in_a_bucket().await;
    bucket.behaviour().headers = vec![("x-amz-bucket-region", "eu-central-1")];
    bucket.fail("ListObjectsV2", S3ErrorCode::PermanentRedirect, 1);
    let options = S3Options { region: Some("us-west-2".to_owned()), ..bucket.options() };
    assert_eq!(
        discovery_fails(bucket.source_with(options)).await,
        "export `bill`: the bucket `bucket` is in eu-central-1 and not in us-west-2; correct `region` of the export, or \
         leave it out to have it found"
    );
}

#[tokio::test]
async fn nobody_there_is_said_with_what_to_check() {
    let options = S3Options { endpoint_url: Some("http://127.0.0.1:9".to_owned()), ..S3Options::default() };
    let location = S3Location::with_sdk_config("s3://bucket/prefix/bill", options, sdk()).expect("an address");
    let source = ExportSource { name: "bill".to_owned(), location: ExportLocation::S3(location) };
    let error = discovery_fails(source).await;
    assert!(
        error.contains("S3 did not answer for s3://bucket/prefix/bill/") && error.contains("`endpoint_url`"),
        "{error}"
    );
}

/// A listing may be a second older than what is there.
#[tokio::test]
async fn a_file_that_is_listed_and_gone_or_not_listed_yet_is_no_smaller_bill() {
    let (export, bucket) = export_in_a_bucket().await;
    let manifest = bucket.source().discover().await.expect("a discovery").manifests.remove(0);
    fs::remove_file(export.data(FILE)).expect("removed");
    let error = engine().ask(&catalogue::BILL_TOTAL, &[period()], &manifest).await.expect_err("a failure");
    assert!(matches!(error, EngineError::DataFileMissing { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "manifest s3://bucket/prefix/bill/metadata/BILLING_PERIOD=2026-10/bill-Manifest.json names \
         s3://bucket/prefix/bill/data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet, which is not there; copy the \
         export again, data files first and manifests last"
    );

    let (_export, bucket) = export_in_a_bucket().await;
    bucket.behaviour().hidden = [format!("prefix/bill/data/{FILE}")].into();
    let manifest = bucket.source().discover().await.expect("a discovery").manifests.remove(0);
    let error = engine().ask(&catalogue::BILL_TOTAL, &[period()], &manifest).await.expect_err("a failure");
    assert!(matches!(error, EngineError::DataFileMissing { .. }), "{error:?}");
    bucket.behaviour().hidden.clear();
    let later = bucket.source().discover().await.expect("a discovery").manifests.remove(0);
    assert_ne!(later.identity, manifest.identity, "what has arrived is another delivery");
}

#[tokio::test]
async fn a_delivery_that_was_replaced_since_is_not_read_by_halves() {
    let (export, bucket) = export_in_a_bucket().await;
    let manifest = bucket.source().discover().await.expect("a discovery").manifests.remove(0);
    export.chunk(FILE, &[line(), line()], &Shape::default());
    let error = engine().ask(&catalogue::BILL_TOTAL, &[period()], &manifest).await.expect_err("a failure");
    assert!(matches!(error, EngineError::ExportChanged { .. }), "{error:?}");

    // Only the manifest was written anew: its files are those that it named.
    let (export, bucket) = export_in_a_bucket().await;
    let manifest = bucket.source().discover().await.expect("a discovery").manifests.remove(0);
    let path = export.path().join("metadata/BILLING_PERIOD=2026-10/bill-Manifest.json");
    fs::write(&path, manifest_text(&[FILE, FILE])).expect("written");
    let file = fs::File::options().write(true).open(&path).expect("the manifest");
    file.set_modified(SystemTime::now()).expect("another time");
    let error = engine().ask(&catalogue::BILL_TOTAL, &[period()], &manifest).await.expect_err("a failure");
    assert!(matches!(error, EngineError::ExportChanged { .. }), "{error:?}");
}
