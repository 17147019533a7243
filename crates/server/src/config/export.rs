use std::path::Path;

use engine::{ExportLocation, S3AddressError, S3Location, S3Options};
use figment::value::magic::RelativePathBuf;
use serde::Deserialize;

/// `[[export]]`: one CUR 2.0 Data Export.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportConfig {
    /// A name of your choice: it appears in answers and in the log.
    pub name: String,
    /// What holds `data/` and `metadata/`: `s3://bucket/prefix/export-name`, or a folder, relative to the configuration
    /// file.
    pub location: RelativePathBuf,
    /// The region of the bucket; found out where not set.
    pub region: Option<String>,
    /// Whether this one pays for the requests, where the owner of the bucket wants requesters to pay.
    #[serde(default)]
    pub requester_pays: bool,
    /// The account that must own the bucket: nothing is read from one that has come into other hands.
    pub expected_bucket_owner: Option<String>,
    /// Another S3 than Amazon's.
    pub endpoint_url: Option<String>,
    /// The database of this export's table `cur2`, where Athena is asked and it is another than `[athena] database`.
    pub database: Option<String>,
}

/// Why the location of an export cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// It should be in S3, and is not.
    #[error("{0}")]
    S3(#[from] S3AddressError),
    /// A folder needs nothing of what buckets need.
    #[error("`{key}` belongs to an export in S3, and `location` is the folder `{folder}`")]
    OptionOfS3 {
        /// The key.
        key: &'static str,
        /// The location.
        folder: String,
    },
}

impl ExportConfig {
    /// An export in a folder.
    pub fn in_folder(name: impl Into<String>, folder: &Path) -> Self {
        Self {
            name: name.into(),
            location: folder.into(),
            region: None,
            requester_pays: false,
            expected_bucket_owner: None,
            endpoint_url: None,
            database: None,
        }
    }

    /// Where the export is. A folder is resolved against the configuration file's.
    ///
    /// # Errors
    /// When it is an address of something else than S3 or a folder, or an option does not fit it.
    pub fn location(&self) -> Result<ExportLocation, LocationError> {
        let written = self.location.original().to_string_lossy();
        if is_address(&written) {
            return Ok(ExportLocation::S3(S3Location::new(&written, self.s3_options())?));
        }
        let set = [
            ("region", self.region.is_some()),
            ("requester_pays", self.requester_pays),
            ("expected_bucket_owner", self.expected_bucket_owner.is_some()),
            ("endpoint_url", self.endpoint_url.is_some()),
        ];
        match set.into_iter().find(|(_, set)| *set) {
            Some((key, _)) => Err(LocationError::OptionOfS3 { key, folder: written.into_owned() }),
            None => Ok(ExportLocation::Disk(self.location.relative())),
        }
    }

    fn s3_options(&self) -> S3Options {
        S3Options {
            region: self.region.clone(),
            requester_pays: self.requester_pays,
            expected_bucket_owner: self.expected_bucket_owner.clone(),
            endpoint_url: self.endpoint_url.clone(),
        }
    }
}

/// An address, or a slip of the pen in one: no folder is meant by `s3:/bucket` or by an ARN.
fn is_address(location: &str) -> bool {
    let lower = location.to_ascii_lowercase();
    lower.contains("://") || lower.starts_with("s3:") || lower.starts_with("arn:")
}
