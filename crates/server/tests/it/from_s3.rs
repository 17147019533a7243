//! The same export, on a disk and in a bucket: the same bill, to the last digit of every answer.

use std::process::Command;

use crate::support::s3::{ACCESS_KEY, ADDRESS, BucketOnThisMachine, SECRET_KEY};
use crate::support::{World, amount, database_url, period};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use engine::{ExportLocation, S3Location, S3Options};
use sample::LineItem;
use serde_json::Value;
use sqlx::PgPool;

fn in_bucket(bucket: &BucketOnThisMachine) -> ExportLocation {
    let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test");
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let options = S3Options { endpoint_url: Some(bucket.url.clone()), ..S3Options::default() };
    ExportLocation::S3(S3Location::with_sdk_config(ADDRESS, options, sdk).expect("an address"))
}

/// What is asked, with everything that tells versions of the data apart taken out.
async fn answers(world: &World) -> Vec<Value> {
    let mut answers = Vec::new();
    for question in [
        "/v1/costs?period=2026-10&group_by=team,principal,model,token_kind,charge_type,usage_type",
        "/v1/costs?period=2026-09&granularity=daily&group_by=account,tag:cost-center&cost=net_unblended",
        "/v1/costs?period=2026-04,2026-08,2026-09,2026-10&granularity=monthly&group_by=invoice,product&cost=list",
        "/v1/teams/data-science/showback?period=2026-10",
        "/v1/teams?period=2026-10",
    ] {
        let mut answer = world.get(question).await;
        assert!(answer["data"].as_array().is_none_or(|rows| !rows.is_empty()), "{question}");
        let version = answer.pointer_mut("/meta/data_version").expect("a version");
        *version = Value::Null;
        answers.push(answer);
    }
    answers
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refresh_from_a_bucket_gives_the_answers_of_a_disk(pool: PgPool) {
    let mut world = World::with_sample(pool, 2_000).await;
    let on_disk = answers(&world).await;
    let before = world.get("/v1/periods/2026-10").await;

    let bucket = BucketOnThisMachine::with_copy_of(&world.export_folder()).await;
    world.refresher.exports[0].location = in_bucket(&bucket);
    let outcomes = world.refresh().await;
    assert_eq!(outcomes.len(), 4);
    assert!(outcomes.iter().all(|outcome| outcome.result == "published"), "{outcomes:#?}");
    assert_eq!(answers(&world).await, on_disk);
    let after = world.get("/v1/periods/2026-10").await;
    assert_eq!(after["control"], before["control"]);

    let outcomes = world.refresh().await;
    assert!(outcomes.iter().all(|outcome| outcome.result == "unchanged"), "{outcomes:#?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_wrong_in_a_bucket_is_told_with_its_address_and_what_was_served_is_served_still(pool: PgPool) {
    let mut world = World::new(pool).await;
    let line = |cost: &str| LineItem { unblended_cost: amount(cost), ..LineItem::bedrock_usage(period("2026-09")) };
    world.write(period("2026-09"), &[line("7.5")]);
    let bucket = BucketOnThisMachine::with_copy_of(&world.export_folder()).await;
    world.refresher.exports[0].location = in_bucket(&bucket);
    world.refresh_well().await;

    let file = bucket.export_folder().join("data/BILLING_PERIOD=2026-09/sample-00001.snappy.parquet");
    std::fs::remove_file(file).expect("removed");
    assert_eq!(
        world.refresh_badly().await,
        "manifest s3://acme-bills/finops/sample/metadata/BILLING_PERIOD=2026-09/sample-Manifest.json names \
         s3://acme-bills/finops/sample/data/BILLING_PERIOD=2026-09/sample-00001.snappy.parquet, which is not there; copy \
         the export again, data files first and manifests last"
    );
    let answer = world.get("/v1/costs?period=2026-09").await;
    assert_eq!(answer["meta"]["totals"][0]["cost"], "7.5");

    world.write(period("2026-09"), &[line("8.25")]);
    bucket.copy(&world.export_folder());
    world.refresh_well().await;
    assert_eq!(world.get("/v1/costs?period=2026-09").await["meta"]["totals"][0]["cost"], "8.25");
}

/// The real binary: an address in its configuration, credentials in its environment.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_binary_reads_a_bucket_by_configuration_alone(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let line = LineItem { unblended_cost: amount("7.5"), ..LineItem::bedrock_usage(period("2026-09")) };
    world.write(period("2026-09"), &[line]);
    let bucket = BucketOnThisMachine::with_copy_of(&world.export_folder()).await;
    let config = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
    let text = format!(
        "[store]\nurl = \"{}\"\n[[export]]\nname = \"sample\"\nlocation = \"{ADDRESS}\"\nregion = \"eu-central-1\"\n",
        database_url(&pool)
    );
    std::fs::write(config.path(), text).expect("a configuration");
    let run = |secret: &'static str| {
        let (file, url) = (config.path().to_owned(), bucket.url.clone());
        tokio::task::spawn_blocking(move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_chargeback"));
            command.args(["refresh", "--config"]).arg(file);
            command.env("AWS_ENDPOINT_URL_S3", url).env("AWS_EC2_METADATA_DISABLED", "true");
            command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", secret);
            command.output().expect("it runs")
        })
    };
    let refused = run("another secret").await.expect("it ends");
    let said = String::from_utf8_lossy(&refused.stdout).into_owned() + &String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{said}");
    assert!(said.contains("S3 does not accept the AWS credentials for s3://acme-bills/finops/sample/"), "{said}");
    assert!(!said.contains("another secret"), "{said}");

    let read = run(SECRET_KEY).await.expect("it ends");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    assert_eq!(world.get("/v1/costs?period=2026-09").await["meta"]["totals"][0]["cost"], "7.5");
}
