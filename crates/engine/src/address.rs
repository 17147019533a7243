use std::fmt;
use std::path::{Path, PathBuf};

/// Where a file or a folder of an export is. It displays as a path, or as `s3://bucket/key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FileAddress {
    /// On this machine.
    Disk(PathBuf),
    /// In S3. A folder's key has no slash at its end.
    S3 {
        /// The bucket.
        bucket: String,
        /// The object's key, or what the keys of a folder begin with.
        key: String,
    },
}

impl FileAddress {
    /// The path, where it is one of this machine.
    pub fn as_path(&self) -> Option<&Path> {
        match self {
            Self::Disk(path) => Some(path),
            Self::S3 { .. } => None,
        }
    }
}

impl fmt::Display for FileAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(path) => path.display().fmt(formatter),
            Self::S3 { bucket, key } => write!(formatter, "s3://{bucket}/{key}"),
        }
    }
}
