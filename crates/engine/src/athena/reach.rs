//! What Athena would read: a table reads its whole partition folder, whatever a manifest says.
//!
//! A question is restricted to the addresses that begin as those of the delivery's files do, and a listing proves that
//! nothing else with lines in it begins so.

use std::collections::HashSet;

use super::error::AthenaError;
use crate::place::Stamp;
use crate::s3::{S3Reader, footer_rows};
use crate::{ExportLocation, FileAddress, Manifest, S3Location};

/// How many files whose names do not give them away are looked into.
const LOOKED_INTO: usize = 32;

/// The files of a delivery, as Athena is told of them.
#[derive(Debug)]
pub(super) struct Reach {
    location: S3Location,
    /// The keys of the delivery's files.
    named: HashSet<String>,
    /// What all of them begin with.
    beginning: String,
}

impl Reach {
    pub(super) fn of(manifest: &Manifest) -> Result<Self, AthenaError> {
        let ExportLocation::S3(location) = &manifest.location else {
            return Err(AthenaError::NotInS3(manifest.address.to_string()));
        };
        let key = |address: &FileAddress| match address {
            FileAddress::S3 { key, .. } => Ok(key.clone()),
            FileAddress::Disk(_) => Err(AthenaError::NotInS3(address.to_string())),
        };
        let named: Vec<String> = manifest.data_files.iter().map(|file| key(&file.address)).collect::<Result<_, _>>()?;
        let beginning = match named.split_first() {
            Some((first, others)) => others.iter().fold(first.as_str(), |shared, key| common(shared, key)).to_owned(),
            // No file at all: nothing begins like the manifest.
            None => key(&manifest.address)?,
        };
        Ok(Self { location: location.clone(), named: named.into_iter().collect(), beginning })
    }

    /// What the addresses of the delivery's files begin with.
    pub(super) fn address(&self) -> String {
        format!("s3://{}/{}", self.location.bucket(), self.beginning)
    }

    /// Proves that nothing else would be read.
    pub(super) async fn prove_alone(&self) -> Result<(), AthenaError> {
        let mut strays = Vec::new();
        let listed = self.location.list(&self.beginning).await?;
        let others = listed.into_iter().filter(|object| object.stamp.size > 0 && !self.named.contains(&object.key));
        for object in others.filter(|object| !is_hidden(&object.key)) {
            if strays.len() >= LOOKED_INTO || self.has_rows(&object.key, object.stamp).await? {
                strays.push(format!("s3://{}/{}", self.location.bucket(), object.key));
            }
        }
        match strays.is_empty() {
            true => Ok(()),
            false => Err(AthenaError::Strays { under: self.address(), strays }),
        }
    }

    /// AWS empties the surplus files of a delivery with fewer of them; one may be a Parquet file without rows.
    async fn has_rows(&self, key: &str, stamp: Stamp) -> Result<bool, AthenaError> {
        let reader = S3Reader::new(self.location.clone(), key, stamp);
        Ok(footer_rows(reader).await != Some(0))
    }
}

/// Athena does not read files whose names begin with an underscore or a dot, nor folders like that
/// (<https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html>).
fn is_hidden(key: &str) -> bool {
    key.split('/').any(|name| name.starts_with(['_', '.']))
}

/// What both begin with, cut between characters.
fn common<'a>(one: &'a str, other: &str) -> &'a str {
    let length =
        one.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b).map(|((at, a), _)| at + a.len_utf8());
    &one[..length.last().unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_share_is_as_long_as_can_be() {
        assert_eq!(common("data/p/a-00001.parquet", "data/p/a-00002.parquet"), "data/p/a-0000");
        assert_eq!(common("data/é1", "data/è1"), "data/");
        assert_eq!(common("data/é1", "data/é1"), "data/é1");
        assert_eq!(common("", "x"), "");
    }

    #[test]
    fn hidden_files_are_not_read() {
        assert!(is_hidden("data/p/_SUCCESS") && is_hidden("data/_tmp/a.parquet") && is_hidden("data/p/.a.crc"));
        assert!(!is_hidden("data/BILLING_PERIOD=2026-10/a_b.snappy.parquet"));
    }
}
