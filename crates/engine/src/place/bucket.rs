use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{Entry, Place, Stamp, join};
use crate::FileAddress;
use crate::s3::{ListedObject, S3Error, S3Location};

/// An export's folder in a bucket, as one listing showed it: all questions but for the bytes are answered from memory.
#[derive(Debug)]
pub(crate) struct BucketPlace {
    location: S3Location,
    /// By the way from the export's folder.
    files: BTreeMap<String, Stamp>,
}

impl BucketPlace {
    /// Lists the export's whole folder.
    pub(crate) async fn list(location: &S3Location) -> Result<Self, S3Error> {
        Self::list_folders(location, &[""]).await
    }

    /// Lists some of its folders: names that end in a slash.
    pub(crate) async fn list_folders(location: &S3Location, folders: &[&str]) -> Result<Self, S3Error> {
        let beginning = join(location.prefix(), "");
        let mut files = BTreeMap::new();
        for folder in folders {
            for ListedObject { key, stamp } in location.list(&format!("{beginning}{folder}")).await? {
                if let Some(within) = key.strip_prefix(&beginning) {
                    files.insert(within.to_owned(), stamp);
                }
            }
        }
        Ok(Self { location: location.clone(), files })
    }

    /// Whether there is nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What the folder holds, by the way from it to there.
    fn below(&self, folder: &str) -> impl Iterator<Item = &str> {
        let beginning = join(folder, "");
        let from = beginning.clone();
        self.files.range(from..).map_while(move |(within, _)| within.strip_prefix(&beginning))
    }
}

#[async_trait]
impl Place for BucketPlace {
    fn has_folder(&self, folder: &str) -> bool {
        self.below(folder).next().is_some()
    }

    fn entries(&self, folder: &str) -> std::io::Result<Vec<Entry>> {
        let entries: BTreeSet<Entry> = self
            .below(folder)
            .filter_map(|within| match within.split_once('/') {
                Some((name, _)) => Some(Entry { name: name.to_owned(), is_folder: true }),
                // A console writes an empty object `folder/` where somebody makes a folder.
                None if within.is_empty() => None,
                None => Some(Entry { name: within.to_owned(), is_folder: false }),
            })
            .collect();
        Ok(entries.into_iter().collect())
    }

    fn stamp(&self, file: &str) -> Option<Stamp> {
        self.files.get(file).cloned()
    }

    fn leads_out_of(&self, _: &str, _: &str) -> bool {
        false
    }

    fn has_times_of_delivery(&self) -> bool {
        true
    }

    fn address(&self, within: &str) -> FileAddress {
        self.location.address(within)
    }

    async fn read(&self, file: &str) -> Result<Vec<u8>, String> {
        let listed = self.stamp(file).ok_or_else(|| "the manifest is not there".to_owned())?;
        match self.location.manifest(file, &listed).await {
            Ok(bytes) => Ok(bytes),
            Err(S3Error::NoSuchObject { .. } | S3Error::Overwritten { .. }) => Err(
                "the manifest was listed a moment ago and is now another one or gone, as while AWS delivers; the last \
                 good version stays, and the next look finds what has arrived"
                    .to_owned(),
            ),
            Err(error) => Err(error.to_string()),
        }
    }
}
