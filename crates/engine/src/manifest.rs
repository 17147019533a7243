use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bill::BillingPeriod;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::partition::partition_period;
use crate::place::{BucketPlace, DiskPlace, Place, SharedPlace, Stamp, file_name, join};
use crate::{EngineError, ExportLocation, ExportSource, FileAddress, blocking};

/// One delivery of one billing period of an export: a version of that month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The name of the export.
    pub export: String,
    /// The billing period, from the name of the partition folder.
    pub period: BillingPeriod,
    /// What makes this delivery another version than the one before: a SHA-256 in hex.
    ///
    /// It covers the bytes of the manifest and the name, size and time of change of each data file, and its entity tag in
    /// S3. The bytes alone would not do: an export in overwrite mode names the same files at every refresh and its manifest
    /// need not say when it was written, so two deliveries of different data may have manifests that are equal to the byte.
    /// A file that is merely touched costs one needless load; a delivery that is missed costs a wrong bill.
    pub identity: String,
    /// When the manifest was written.
    pub written_at: DateTime<Utc>,
    /// The manifest itself.
    pub address: FileAddress,
    /// The data files that it names, each once, in its order. Some may be empty, and one that has not arrived yet is an
    /// error when it is read.
    pub data_files: Vec<DataFile>,
    /// Where the export is delivered.
    pub location: ExportLocation,
    /// The manifest's way from the export's folder.
    within: String,
}

/// A data file that a manifest names. It displays as its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// Where it is.
    pub address: FileAddress,
    /// Its way from the export's folder.
    within: String,
    /// The state in which it was found; nothing where it was not there.
    stamp: Option<Stamp>,
}

impl DataFile {
    pub(crate) fn stamp(&self) -> Option<&Stamp> {
        self.stamp.as_ref()
    }
}

impl fmt::Display for DataFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}

/// What is read of a manifest. AWS publishes no schema of it, so everything else is ignored, whatever it is.
#[derive(Deserialize)]
struct ManifestFile {
    #[serde(rename = "dataFiles")]
    data_files: Vec<String>,
    #[serde(rename = "billingPeriod", default)]
    billing_period: serde_json::Value,
}

/// Reads the manifest of `period` at `path`. The error is a sentence for a [`crate::ManifestProblem`].
pub(crate) async fn read(
    export: &ExportSource,
    place: &SharedPlace,
    period: BillingPeriod,
    path: &str,
) -> Result<Manifest, String> {
    let bytes = place.read(path).await?;
    let (export, place, path) = (export.clone(), Arc::clone(place), path.to_owned());
    blocking::run(move || understand(export, &*place, period, path, &bytes)).await
}

fn understand(
    export: ExportSource,
    place: &dyn Place,
    period: BillingPeriod,
    path: String,
    bytes: &[u8],
) -> Result<Manifest, String> {
    let stamp = place.stamp(&path).ok_or("the manifest cannot be read: it has gone")?;
    let data_files = data_files(place, period, bytes)?;
    if place.has_times_of_delivery() {
        refuse_newer_data(&stamp, &data_files)?;
    }
    Ok(Manifest {
        export: export.name,
        period,
        identity: identity(bytes, &data_files),
        written_at: DateTime::<Utc>::from(stamp.modified),
        address: place.address(&path),
        data_files,
        location: export.location,
        within: path,
    })
}

fn data_files(place: &dyn Place, period: BillingPeriod, manifest: &[u8]) -> Result<Vec<DataFile>, String> {
    let parsed: ManifestFile = serde_json::from_slice(manifest).map_err(|error| {
        // The words of `serde_json` repeat what stands where something else is wanted, however long it is.
        let error = short(&error.to_string());
        format!("the manifest is not whole, or not a manifest ({error}); the last good version stays until it is")
    })?;
    if let Some(other) = stated_period(&parsed.billing_period).filter(|stated| *stated != period) {
        return Err(format!("the manifest is in the folder of {period} but says that it is of {other}"));
    }
    resolve_all(place, period, &parsed.data_files)
}

/// The ways from the export's folder of the data files that a manifest names, whatever is there: for [`crate::fuzzing`].
pub(crate) fn named_files(folder: PathBuf, period: BillingPeriod, manifest: &[u8]) -> Result<Vec<String>, String> {
    let files = data_files(&DiskPlace::new(folder), period, manifest)?;
    Ok(files.into_iter().map(|file| file.within).collect())
}

/// The manifest is written last. A data file that is newer belongs to a delivery whose manifest has not been written yet,
/// or is not listed yet, and stands beside older ones that it may not fit.
fn refuse_newer_data(manifest: &Stamp, data_files: &[DataFile]) -> Result<(), String> {
    // S3 counts whole seconds. Surplus files are emptied whenever it pleases AWS, and hold nothing.
    let newer = |file: &&DataFile| {
        file.stamp.as_ref().is_some_and(|stamp| {
            stamp.size > 0
                && stamp.modified.duration_since(manifest.modified).is_ok_and(|by| by >= Duration::from_secs(1))
        })
    };
    match data_files.iter().find(newer) {
        None => Ok(()),
        Some(file) => Err(format!(
            "{file} is newer than the manifest: AWS is delivering, or a copy was made in another order (data files first, \
             manifests last); the last good version stays until a newer manifest is there"
        )),
    }
}

impl Manifest {
    /// Whether the delivery is still this one. It is not when a refresh arrived since the discovery.
    ///
    /// # Errors
    ///
    /// When S3 does not answer.
    pub async fn is_current(&self) -> Result<bool, EngineError> {
        let place: SharedPlace = match &self.location {
            ExportLocation::Disk(folder) => Arc::new(DiskPlace::new(folder.clone())),
            ExportLocation::S3(location) => {
                let folders = self.folders();
                let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
                let listed = BucketPlace::list_folders(location, &folders).await;
                Arc::new(listed.map_err(|source| EngineError::S3 { export: self.export.clone(), source })?)
            }
        };
        // A manifest that cannot be read is not the one that was read.
        let Ok(bytes) = place.read(&self.within).await else { return Ok(false) };
        let this = self.clone();
        let is_this = blocking::run(move || {
            let again = |file: DataFile| DataFile { stamp: place.stamp(&file.within), ..file };
            identity(&bytes, &this.data_files.into_iter().map(again).collect::<Vec<_>>()) == this.identity
        });
        Ok(is_this.await)
    }

    /// The folders that hold the manifest and its data files, each with a slash at its end.
    fn folders(&self) -> Vec<String> {
        let folder = |within: &str| within.rsplit_once('/').map(|(folder, _)| join(folder, ""));
        let mut folders: Vec<String> = self
            .data_files
            .iter()
            .map(|file| file.within.as_str())
            .chain([self.within.as_str()])
            .filter_map(folder)
            .collect();
        folders.sort();
        folders.dedup_by(|folder, before| folder.starts_with(before.as_str()));
        folders
    }
}

fn identity(manifest: &[u8], data_files: &[DataFile]) -> String {
    let mut hash = Sha256::new();
    hash.update(manifest);
    for file in data_files {
        let name = file_name(&file.within);
        hash.update(name.len().to_le_bytes());
        hash.update(name);
        // A file that is not there yet counts too: when it arrives, the delivery is another one.
        if let Some(stamp) = &file.stamp {
            stamp.hash_into(&mut hash);
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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

fn resolve_all(place: &dyn Place, period: BillingPeriod, addresses: &[String]) -> Result<Vec<DataFile>, String> {
    let mut seen = HashSet::new();
    let mut files = Vec::with_capacity(addresses.len());
    for address in addresses {
        let within = resolve(place, period, address)?;
        // A file that is named twice holds its lines once.
        if seen.insert(within.clone()) {
            files.push(DataFile { address: place.address(&within), stamp: place.stamp(&within), within });
        }
    }
    Ok(files)
}

/// The file in the export's folder that an address in a manifest means.
///
/// An export that was copied keeps its addresses, `s3://bucket/prefix/export/data/BILLING_PERIOD=2026-10/…`: the part from
/// the last partition folder of the period onwards is the same here as there. Whatever a manifest says, the file is in the
/// data folder of this period: never outside it, and never in another month.
fn resolve(place: &dyn Place, period: BillingPeriod, address: &str) -> Result<String, String> {
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
    let file = inside.iter().fold(partition_folder(place, period, folder), |path, segment| join(&path, segment));
    if place.leads_out_of("data", &file) {
        return Err(format!(
            "the manifest names `{}`, which is a link that leads out of the export's folder",
            short(address)
        ));
    }
    Ok(file)
}

/// The partition's folder as it is spelled here, which may not be as in the address.
fn partition_folder(place: &dyn Place, period: BillingPeriod, spelled: &str) -> String {
    let as_spelled = join("data", spelled);
    if place.has_folder(&as_spelled) {
        return as_spelled;
    }
    let mut folders = place.entries("data").unwrap_or_default().into_iter();
    folders
        .find(|folder| partition_period(&folder.name) == Some(period))
        .map_or(as_spelled, |folder| join("data", &folder.name))
}

/// A part of a manifest for a message: a manifest may be damaged, and a message should stay readable.
fn short(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(300).collect()
}
