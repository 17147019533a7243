//! What lies in an export's folder, as the rules of discovery ask for it: on a disk, or in one listing of a bucket.
//!
//! Everything is named by its way from the export's folder, with a slash between names: `data/BILLING_PERIOD=2026-10`.

mod bucket;
mod disk;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use sha2::{Digest, Sha256};

pub(crate) use self::bucket::BucketPlace;
pub(crate) use self::disk::DiskPlace;
use crate::FileAddress;

/// A place is asked for many things at a time and shared by those who ask.
pub(crate) type SharedPlace = Arc<dyn Place>;

/// An export's folder.
#[async_trait]
pub(crate) trait Place: Debug + Send + Sync {
    /// Whether there is a folder of this name.
    fn has_folder(&self, folder: &str) -> bool;

    /// What a folder holds, by name. A folder that is not there holds nothing.
    fn entries(&self, folder: &str) -> std::io::Result<Vec<Entry>>;

    /// Which state a file is in; nothing where it is not there.
    fn stamp(&self, file: &str) -> Option<Stamp>;

    /// Whether a file is a link to somewhere outside the folder. What is not there leads nowhere.
    fn leads_out_of(&self, folder: &str, file: &str) -> bool;

    /// Whether the times of files are those at which AWS delivered them. On a disk they are a copy's and say nothing.
    fn has_times_of_delivery(&self) -> bool;

    /// Where something is, for people.
    fn address(&self, within: &str) -> FileAddress;

    /// The bytes of a manifest. The error is a sentence for a [`crate::ManifestProblem`].
    async fn read(&self, file: &str) -> Result<Vec<u8>, String>;
}

/// A file or a folder in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) is_folder: bool,
}

/// The state of a file: another one means that it was delivered again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    pub(crate) modified: SystemTime,
    /// What S3 gives to each content. Only S3 does.
    pub(crate) e_tag: Option<String>,
}

impl Stamp {
    /// Adds the state to a digest.
    pub(crate) fn hash_into(&self, hash: &mut Sha256) {
        hash.update(self.size.to_le_bytes());
        hash.update(self.modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_le_bytes());
        if let Some(e_tag) = &self.e_tag {
            hash.update(e_tag.len().to_le_bytes());
            hash.update(e_tag);
        }
    }
}

/// `folder/name`.
pub(crate) fn join(folder: &str, name: &str) -> String {
    format!("{folder}/{name}")
}

/// What stands behind the last slash.
pub(crate) fn file_name(within: &str) -> &str {
    within.rsplit('/').next().unwrap_or(within)
}
