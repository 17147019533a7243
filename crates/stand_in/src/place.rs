//! Places in S3, and where they are on this machine.

use std::path::{Path, PathBuf};

/// `s3://bucket/key`, where the key may end in `/` or be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl Place {
    /// Reads an address. Nothing when it is not one, or would lead out of the bucket.
    pub(crate) fn parse(address: &str) -> Option<Self> {
        let (bucket, key) = address.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, "")))?;
        let is_name = |part: &str| !part.is_empty() && !part.starts_with('.');
        let leads_out = key.split('/').any(|part| part == ".." || part == ".");
        (is_name(bucket) && !leads_out).then(|| Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The same place as a folder: with a `/` at its end.
    pub(crate) fn folder(mut self) -> Self {
        if !self.key.is_empty() && !self.key.ends_with('/') {
            self.key.push('/');
        }
        self
    }

    /// What lies in this folder under a name.
    pub(crate) fn join(&self, name: &str) -> Self {
        Self { bucket: self.bucket.clone(), key: format!("{}{name}", self.key) }
    }

    /// Where it is on this machine, below the folder of buckets.
    pub(crate) fn path(&self, root: &Path) -> PathBuf {
        let mut path = root.join(&self.bucket);
        path.extend(self.key.split('/').filter(|part| !part.is_empty()));
        path
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "s3://{}/{}", self.bucket, self.key)
    }
}
