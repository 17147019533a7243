//! A world whose export is in S3 and is asked through Athena, both of them the stand-in's.

use std::path::Path;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use engine::{AthenaEngine, AthenaOptions, Engine, ExportLocation, Fetch, S3Location, S3Options};
use sqlx::PgPool;
use stand_in::{ExecutionRecord, Settings, StandIn, Workgroup};
use tempfile::TempDir;

use crate::support::{World, now};

/// The address of the export, and where results go.
pub(crate) const EXPORT: &str = "s3://exports/cur2/sample";
pub(crate) const RESULTS: &str = "s3://results/chargeback";

pub(crate) struct Cloud {
    pub(crate) stand_in: StandIn,
    folder: TempDir,
}

impl Cloud {
    /// The stand-in with a copy of this export, and the table `billing.cur2` over it.
    pub(crate) async fn with_copy_of(export: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = Settings::default();
        let results = Workgroup { output_location: Some("s3://results/".to_owned()), ..Workgroup::default() };
        settings.workgroups.insert("primary".to_owned(), results);
        let address = "127.0.0.1:0".parse().expect("an address");
        let stand_in = StandIn::start(folder.path(), address, settings).await.expect("it listens");
        stand_in.create_bucket("exports").expect("a bucket");
        stand_in.create_bucket("results").expect("a bucket");
        stand_in.create_database("billing");
        let cloud = Self { stand_in, folder };
        cloud.deliver(export);
        cloud
            .stand_in
            .crawl_table("billing", "cur2", &format!("{EXPORT}/data/"), &["billing_period"])
            .expect("a table");
        cloud
    }

    /// Delivers the export as it is now: data first, manifests last.
    pub(crate) fn deliver(&self, export: &Path) {
        for folder in ["data", "metadata"] {
            copy(&export.join(folder), &self.path("exports/cur2/sample").join(folder));
        }
    }

    pub(crate) fn path(&self, within: &str) -> std::path::PathBuf {
        self.folder.path().join(within)
    }

    /// Credentials that the stand-in takes, as it takes any.
    fn sdk(&self) -> SdkConfig {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
    }

    fn place(&self, address: &str) -> S3Location {
        let options = S3Options { endpoint_url: Some(self.stand_in.url()), ..S3Options::default() };
        S3Location::with_sdk_config(address, options, self.sdk()).expect("an address")
    }

    pub(crate) fn location(&self) -> ExportLocation {
        ExportLocation::S3(self.place(EXPORT))
    }

    /// Athena, whose results are fetched in this way.
    pub(crate) fn athena(&self, fetch: Fetch) -> Engine {
        let options = AthenaOptions {
            endpoint_url: Some(self.stand_in.url()),
            results: Some(self.place(RESULTS)),
            fetch,
            ..AthenaOptions::new("billing", now())
        };
        Engine::Athena(AthenaEngine::with_sdk_config(options, self.sdk()))
    }

    /// The queries that put a question: those of UNLOAD have more around it.
    pub(crate) fn queries_of(&self, words: &str) -> Vec<ExecutionRecord> {
        self.stand_in.executions().into_iter().filter(|execution| execution.query.contains(words)).collect()
    }
}

/// A world with a small sample, which is in S3 and asked through Athena.
pub(crate) async fn through_athena(pool: PgPool, fetch: Fetch) -> (World, Cloud) {
    let mut world = World::new(pool).await;
    let options = sample::SampleOptions {
        lines: 2_000,
        folder: world.export_folder(),
        export_name: "sample".to_owned(),
        ..sample::SampleOptions::default()
    };
    sample::write(&options, |_| {}).expect("a sample");
    let cloud = Cloud::with_copy_of(&world.export_folder()).await;
    world.refresher.exports[0].location = cloud.location();
    world.refresher.engine = cloud.athena(fetch);
    (world, cloud)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::write(to, std::fs::read(path).expect("a file")).expect("a copy");
        }
    }
}
