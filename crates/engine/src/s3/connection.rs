//! How AWS is connected to: credentials, region, retries and time limits.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_types::service_config::ServiceConfigKey;

use super::S3Options;
use super::error::{Asked, S3Error};

/// How often a request is tried before its failure is reported. Between attempts the SDK waits a random time that grows
/// from up to 1 s to up to 20 s.
pub(super) const ATTEMPTS: u32 = 6;

/// Where buckets are asked after whose region is not known, when nothing else is configured.
const ANY_REGION: &str = "us-east-1";

/// The SDK's configuration: its default chain for credentials (environment, profile, SSO, web identity, container,
/// instance), and for the region where none is given.
pub(crate) async fn sdk_config(region: Option<&str>) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(5))
                .read_timeout(Duration::from_secs(30))
                .operation_attempt_timeout(Duration::from_secs(60))
                .operation_timeout(Duration::from_secs(240))
                .build(),
        )
        .stalled_stream_protection(
            StalledStreamProtectionConfig::enabled().grace_period(Duration::from_secs(20)).build(),
        );
    if let Ok(name) = AppName::new("chargeback") {
        loader = loader.app_name(name);
    }
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    loader.load().await
}

/// A client for one bucket, and the bucket's region.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) region: String,
}

impl Connection {
    /// Connects to the S3 that has the bucket; finds the bucket's region where it is not configured.
    pub(super) async fn open(bucket: &str, options: &S3Options, sdk: &SdkConfig) -> Result<Self, S3Error> {
        let builder = aws_sdk_s3::config::Builder::from(sdk);
        let elsewhere = options.endpoint_url.clone().or_else(|| endpoint_of_the_environment(sdk));
        let known = options.region.clone();
        if let Some(endpoint) = elsewhere {
            let region = known.or_else(|| region_of(sdk)).unwrap_or_else(|| ANY_REGION.to_owned());
            let builder = builder.endpoint_url(endpoint).force_path_style(true);
            return Ok(Self::of(builder, region));
        }
        let region = match known {
            Some(region) => region,
            None => find_region(bucket, options, sdk).await?,
        };
        Ok(Self::of(builder, region))
    }

    fn of(builder: aws_sdk_s3::config::Builder, region: String) -> Self {
        let config = builder.region(Region::new(region.clone())).build();
        Self { client: Client::from_conf(config), region }
    }
}

fn region_of(sdk: &SdkConfig) -> Option<String> {
    sdk.region().map(ToString::to_string)
}

/// `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, or what a profile says in their place.
fn endpoint_of_the_environment(sdk: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok();
    let of_s3 = key.and_then(|key| sdk.service_config()?.load_config(key));
    of_s3.or_else(|| sdk.endpoint_url().map(str::to_owned))
}

/// S3 says the region of a bucket in a header of its answer, also where it refuses or sends one elsewhere
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>).
async fn find_region(bucket: &str, options: &S3Options, sdk: &SdkConfig) -> Result<String, S3Error> {
    let asked = region_of(sdk).unwrap_or_else(|| ANY_REGION.to_owned());
    let builder = aws_sdk_s3::config::Builder::from(sdk).region(Region::new(asked.clone()));
    let client = Client::from_conf(builder.build());
    ask_for_region(&client, bucket, options, &asked).await
}

async fn ask_for_region(client: &Client, bucket: &str, options: &S3Options, asked: &str) -> Result<String, S3Error> {
    let request = client.head_bucket().bucket(bucket);
    let error = match request.set_expected_bucket_owner(options.expected_bucket_owner.clone()).send().await {
        Ok(answer) => return Ok(answer.bucket_region().unwrap_or(asked).to_owned()),
        Err(error) => error,
    };
    let raw = error.raw_response();
    if let Some(region) = raw.and_then(|raw| raw.headers().get("x-amz-bucket-region")) {
        return Ok(region.to_owned());
    }
    // An answer to HEAD has no body, and so no code.
    if raw.is_some_and(|raw| raw.status().as_u16() == 404) {
        return Err(S3Error::NoSuchBucket { bucket: bucket.to_owned() });
    }
    let (requester_pays, names_owner) = (options.requester_pays, options.expected_bucket_owner.is_some());
    let question = Asked { action: "s3:ListBucket", bucket, key: "", region: Some(asked), requester_pays, names_owner };
    Err(question.failed(&error))
}

#[cfg(test)]
mod tests {
    use s3s::S3ErrorCode;

    use super::*;
    use crate::tests::bucket::{Bucket, sdk};

    #[tokio::test]
    async fn the_region_of_a_bucket_is_found_whatever_s3_answers() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("acme-bills")).expect("a bucket");
        let bucket = Bucket::serve(folder.path()).await;
        let config = aws_sdk_s3::config::Builder::from(&sdk()).endpoint_url(&bucket.url).force_path_style(true);
        let client = Client::from_conf(config.build());
        let find = |name: &'static str| {
            let client = client.clone();
            async move { ask_for_region(&client, name, &S3Options::default(), "us-east-1").await }
        };
        assert_eq!(find("acme-bills").await, Ok("us-east-1".to_owned()), "an S3 that does not say it");
        bucket.behaviour().headers = vec![("x-amz-bucket-region", "eu-central-1")];
        for code in [S3ErrorCode::PermanentRedirect, S3ErrorCode::AccessDenied] {
            bucket.fail("HeadBucket", code, 1);
            assert_eq!(find("acme-bills").await, Ok("eu-central-1".to_owned()));
        }
        bucket.behaviour().headers.clear();
        let missing = find("no-such-bucket").await;
        assert_eq!(missing, Err(S3Error::NoSuchBucket { bucket: "no-such-bucket".to_owned() }));
        bucket.fail("HeadBucket", S3ErrorCode::AccessDenied, 1);
        let refused = find("acme-bills").await.expect_err("refused").to_string();
        assert!(refused.contains("S3 refuses `s3:ListBucket` on arn:aws:s3:::acme-bills"), "{refused}");
    }

    #[tokio::test]
    async fn an_endpoint_of_the_environment_is_used_with_the_bucket_in_the_path() {
        let sdk = sdk().into_builder().endpoint_url("http://127.0.0.1:4566").build();
        let connection = Connection::open("acme-bills", &S3Options::default(), &sdk).await.expect("no request is made");
        assert_eq!(connection.region, "us-east-1");
        let options = S3Options { region: Some("eu-central-1".to_owned()), ..S3Options::default() };
        assert_eq!(Connection::open("acme-bills", &options, &sdk).await.expect("no request").region, "eu-central-1");
    }
}
