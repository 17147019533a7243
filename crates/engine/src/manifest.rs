use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use bill::BillingPeriod;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::partition::partition_period;

/// One delivery of one billing period of an export: a version of that month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The name of the export.
    pub export: String,
    /// The billing period, from the name of the partition folder.
    pub period: BillingPeriod,
    /// What makes this delivery another version than the one before: a SHA-256 in hex.
    ///
    /// It covers the bytes of the manifest and the name, size and time of change of each data file. The bytes alone
    /// would not do: an export in overwrite mode names the same files at every refresh and its manifest need not say
    /// when it was written, so two deliveries of different data may have manifests that are equal to the byte. A file
    /// that is merely touched costs one needless load; a delivery that is missed costs a wrong bill.
    pub identity: String,
    /// When the manifest was written.
    pub written_at: DateTime<Utc>,
    /// The manifest itself.
    pub path: PathBuf,
    /// The data files that it names, each once, in its order. Some may be empty, and one that has not arrived yet is an
    /// error when it is read.
    pub data_files: Vec<PathBuf>,
}

/// What is read of a manifest. AWS publishes no schema of it, so everything else is ignored, whatever it is.
#[derive(Deserialize)]
struct ManifestFile {
    #[serde(rename = "dataFiles")]
    data_files: Vec<String>,
    #[serde(rename = "billingPeriod", default)]
    billing_period: serde_json::Value,
}

/// Reads a manifest of `period` whose export lies in the folder `location`. The error is a sentence for a
/// [`crate::ManifestProblem`].
pub(crate) fn read(export: &str, location: &Path, period: BillingPeriod, path: &Path) -> Result<Manifest, String> {
    let cannot_read = |error: std::io::Error| format!("the manifest cannot be read: {error}");
    let bytes = std::fs::read(path).map_err(cannot_read)?;
    let written_at = std::fs::metadata(path).and_then(|metadata| metadata.modified()).map_err(cannot_read)?;
    let parsed: ManifestFile = serde_json::from_slice(&bytes).map_err(|error| {
        format!("the manifest is not whole, or not a manifest ({error}); the last good version stays until it is")
    })?;
    if let Some(other) = stated_period(&parsed.billing_period).filter(|stated| *stated != period) {
        return Err(format!("the manifest is in the folder of {period} but says that it is of {other}"));
    }
    let data_files = resolve_all(location, period, &parsed.data_files)?;
    Ok(Manifest {
        export: export.to_owned(),
        period,
        identity: identity(&bytes, &data_files),
        written_at: DateTime::<Utc>::from(written_at),
        path: path.to_owned(),
        data_files,
    })
}

impl Manifest {
    /// Whether the delivery on disk is still this one. It is not when a refresh arrived since the discovery.
    pub fn is_current(&self) -> bool {
        std::fs::read(&self.path).is_ok_and(|bytes| identity(&bytes, &self.data_files) == self.identity)
    }
}

fn identity(manifest: &[u8], data_files: &[PathBuf]) -> String {
    let mut hash = Sha256::new();
    hash.update(manifest);
    for file in data_files {
        let name = file.file_name().unwrap_or_default().as_encoded_bytes();
        hash.update(name.len().to_le_bytes());
        hash.update(name);
        // A file that is not there yet counts too: when it arrives, the delivery is another one.
        if let Ok(metadata) = std::fs::metadata(file) {
            hash.update(metadata.len().to_le_bytes());
            hash.update(nanoseconds(metadata.modified().unwrap_or(UNIX_EPOCH)).to_le_bytes());
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn nanoseconds(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

/// The month that `billingPeriod.start` says, written as `2026-10-01T00:00:00.000Z` or `20261001T000000.000Z`.
fn stated_period(billing_period: &serde_json::Value) -> Option<BillingPeriod> {
    let start = billing_period.get("start")?.as_str()?;
    let digits: String = start.chars().filter(|character| *character != '-').take(8).collect();
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    BillingPeriod::new(digits[..4].parse().ok()?, digits[4..6].parse().ok()?)
}

fn resolve_all(location: &Path, period: BillingPeriod, addresses: &[String]) -> Result<Vec<PathBuf>, String> {
    let mut seen = HashSet::new();
    let mut files = Vec::with_capacity(addresses.len());
    for address in addresses {
        let file = resolve(location, period, address)?;
        // A file that is named twice holds its lines once.
        if seen.insert(file.clone()) {
            files.push(file);
        }
    }
    Ok(files)
}

/// The file in the export's folder that an address in a manifest means.
///
/// An export that was copied down from S3 keeps its addresses,
/// `s3://bucket/prefix/export/data/BILLING_PERIOD=2026-10/…`: the part from the last partition folder of the period
/// onwards is the same here as there. Whatever a manifest says, the file is in the data folder of this period: never
/// outside it, and never in another month.
fn resolve(location: &Path, period: BillingPeriod, address: &str) -> Result<PathBuf, String> {
    let segments: Vec<&str> = address.split(['/', '\\']).filter(|segment| !segment.is_empty()).collect();
    let is_step = |segment: &&str| matches!(*segment, "." | "..") || segment.contains('\0');
    if segments.iter().any(is_step) {
        return Err(format!("the manifest names `{}`, which leads out of the export's folder", short(address)));
    }
    let of_period = |segment: &str| partition_period(segment) == Some(period);
    let partition = segments.iter().rposition(|segment| of_period(segment));
    let Some((folder, inside)) = partition.map(|at| (segments[at], &segments[at + 1..])) else {
        return Err(format!(
            "the manifest names `{}`, which is not in the export's folder data/BILLING_PERIOD={period}",
            short(address)
        ));
    };
    if inside.is_empty() {
        return Err(format!("the manifest names the folder `{}`; it must name files", short(address)));
    }
    let data = location.join("data");
    let file = inside.iter().fold(partition_folder(&data, period, folder), |path, segment| path.join(segment));
    refuse_links_outwards(&data, &file, address)?;
    Ok(file)
}

/// The partition's folder as it is spelled on this disk, which may not be as in the address.
fn partition_folder(data: &Path, period: BillingPeriod, spelled: &str) -> PathBuf {
    let as_spelled = data.join(spelled);
    if as_spelled.is_dir() {
        return as_spelled;
    }
    let folders = std::fs::read_dir(data).into_iter().flatten().flatten();
    let mut names = folders.map(|folder| folder.file_name());
    names
        .find(|name| name.to_str().and_then(partition_period) == Some(period))
        .map_or(as_spelled, |name| data.join(name))
}

/// A file that is a link to somewhere else is somewhere else. What is not there cannot lead anywhere.
fn refuse_links_outwards(data: &Path, file: &Path, address: &str) -> Result<(), String> {
    let (Ok(data), Ok(file)) = (data.canonicalize(), file.canonicalize()) else { return Ok(()) };
    let inside = file.starts_with(&data) && file.components().all(|part| !matches!(part, Component::ParentDir));
    if inside {
        return Ok(());
    }
    Err(format!("the manifest names `{}`, which is a link that leads out of the export's folder", short(address)))
}

/// An address for a message: a manifest may be damaged, and a message should stay readable.
fn short(address: &str) -> String {
    address.chars().filter(|character| !character.is_control()).take(300).collect()
}
