use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::S3Location;

/// How Athena is asked.
#[derive(Clone, Debug)]
pub struct AthenaOptions {
    /// The region; the SDK's default chain says it where it is not given.
    pub region: Option<String>,
    /// Another Athena than Amazon's, such as `http://127.0.0.1:4566`.
    pub endpoint_url: Option<String>,
    /// The workgroup in which queries run.
    pub workgroup: String,
    /// The data catalog of the table.
    pub catalog: String,
    /// The database of the table `cur2`.
    pub database: String,
    /// Exports whose table `cur2` is in a database of its own: the database by the export's name.
    pub databases: BTreeMap<String, String>,
    /// Where results are put, and removed from again: a prefix that nothing else uses. Without one they are where the
    /// workgroup puts them, and are left to whatever clears them away there.
    pub results: Option<S3Location>,
    /// How results are encrypted.
    pub encryption: Option<ResultEncryption>,
    /// The account that must own the bucket of the results, 12 digits.
    pub expected_bucket_owner: Option<String>,
    /// How results are fetched.
    pub fetch: Fetch,
    /// When this process began: what was submitted before, another one submitted.
    pub began_at: DateTime<Utc>,
}

impl AthenaOptions {
    /// The usual workgroup and catalog, and results wherever the workgroup puts them.
    pub fn new(database: impl Into<String>, began_at: DateTime<Utc>) -> Self {
        Self {
            region: None,
            endpoint_url: None,
            workgroup: "primary".to_owned(),
            catalog: "AwsDataCatalog".to_owned(),
            database: database.into(),
            databases: BTreeMap::new(),
            results: None,
            encryption: None,
            expected_bucket_owner: None,
            fetch: Fetch::Auto,
            began_at,
        }
    }

    /// The database in which the table of an export is.
    pub(super) fn database_of(&self, export: &str) -> &str {
        self.databases.get(export).unwrap_or(&self.database)
    }
}

/// How results are encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultEncryption {
    /// With keys of S3's.
    SseS3,
    /// With this key of KMS.
    SseKms(String),
}

/// How results are fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fetch {
    /// By UNLOAD where there is a place for results and Athena allows it, else from the result file, else by pages.
    #[default]
    Auto,
    /// As Parquet, written by UNLOAD: the fastest for many rows.
    Unload,
    /// From the CSV that Athena writes for each query.
    Csv,
    /// A thousand rows at a time through Athena's API: the slowest, and the only one for managed results.
    Pages,
}

impl Fetch {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Unload => "unload",
            Self::Csv => "csv",
            Self::Pages => "pages",
        }
    }
}
