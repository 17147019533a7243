use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bill::BillingPeriod;
use futures::{StreamExt, stream};

use crate::partition::partition_value;
use crate::place::{BucketPlace, DiskPlace, Entry, Place, SharedPlace, join};
use crate::s3::S3Location;
use crate::{EngineError, FileAddress, Manifest, blocking, manifest};

/// How many manifests are read at a time.
const MANIFESTS_AT_A_TIME: usize = 8;

/// One Data Export, and where it is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSource {
    /// The name by which the installation knows the export. Several payers have several exports.
    pub name: String,
    /// Where its `data` and `metadata` folders are.
    pub location: ExportLocation,
}

/// Where an export is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportLocation {
    /// A folder on this machine: the one that holds `data` and `metadata`.
    Disk(PathBuf),
    /// What AWS delivers to, `s3://bucket/prefix/export-name`, or a copy of it.
    S3(S3Location),
}

/// What has been delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The latest manifest of each billing period, oldest period first.
    pub manifests: Vec<Manifest>,
    /// Periods that cannot be read now. They change nothing: what was loaded before stays.
    pub problems: Vec<ManifestProblem>,
}

/// A period whose manifest is missing, half-written or not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestProblem {
    /// The period, where the folder's name tells it.
    pub period: Option<BillingPeriod>,
    /// The manifest, or the folder in which it should be.
    pub address: FileAddress,
    /// What is wrong with it, as a sentence.
    pub reason: String,
}

impl ExportSource {
    /// Lists the latest delivery of every billing period.
    ///
    /// The manifest is the commit point: AWS writes it after all data files of a refresh
    /// (<https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html>), so a period without a
    /// whole manifest has nothing new to say and becomes a [`ManifestProblem`]. Reading the data folder instead would
    /// count each line of an export in create-new mode once per refresh.
    ///
    /// In S3 this is one listing. Manifests that have not changed since they were last read are not read again.
    ///
    /// # Errors
    ///
    /// When the location is not there, its folders cannot be listed, or S3 does not answer.
    pub async fn discover(&self) -> Result<Discovery, EngineError> {
        let place = self.open().await?;
        let survey = {
            let place = Arc::clone(&place);
            blocking::run(move || Survey::of(&*place)).await?
        };
        let mut discovery = Discovery { manifests: Vec::new(), problems: survey.before };
        let place = &place;
        let found = survey.found.into_iter().map(|(period, path)| async move {
            let path = path?;
            let read = manifest::read(self, place, period, &path).await;
            read.map_err(|reason| problem(&**place, Some(period), &path, reason))
        });
        // Made before they are polled: a closure in a stream would have to live as long as anything.
        let found: Vec<_> = found.collect();
        // Not all of many months at once, and in their order.
        let mut read = stream::iter(found).buffered(MANIFESTS_AT_A_TIME);
        while let Some(read) = read.next().await {
            match read {
                Ok(manifest) => discovery.manifests.push(manifest),
                Err(problem) => discovery.problems.push(problem),
            }
        }
        discovery.problems.extend(survey.after);
        Ok(discovery)
    }

    async fn open(&self) -> Result<SharedPlace, EngineError> {
        let missing = |address| EngineError::LocationMissing { export: self.name.clone(), address };
        match &self.location {
            ExportLocation::Disk(folder) => {
                if !folder.is_dir() {
                    return Err(missing(FileAddress::Disk(folder.clone())));
                }
                Ok(Arc::new(DiskPlace::new(folder.clone())))
            }
            ExportLocation::S3(location) => {
                let listed = BucketPlace::list(location).await;
                let place = listed.map_err(|source| EngineError::S3 { export: self.name.clone(), source })?;
                if place.is_empty() {
                    let (bucket, key) = (location.bucket().to_owned(), location.prefix().to_owned());
                    return Err(missing(FileAddress::S3 { bucket, key }));
                }
                Ok(Arc::new(place))
            }
        }
    }
}

/// Which manifests there are, before any is read.
#[derive(Default)]
struct Survey {
    /// Problems that concern no manifest.
    before: Vec<ManifestProblem>,
    /// The manifest of each period, or why it cannot be told.
    found: Vec<(BillingPeriod, Result<String, ManifestProblem>)>,
    /// Data that no manifest speaks of.
    after: Vec<ManifestProblem>,
}

impl Survey {
    fn of(place: &dyn Place) -> Result<Self, EngineError> {
        let mut survey = Self::default();
        if !place.has_folder("metadata") {
            let reason = "there is no metadata folder; AWS delivers the first manifest within 24 hours, and a copy of an \
                          export must hold both `data` and `metadata`";
            survey.before.push(problem(place, None, "metadata", reason.to_owned()));
        }
        let partitions = Partitions::list(place, "metadata")?;
        for (name, path) in &partitions.unreadable {
            let reason = format!("`{name}` does not say a billing period, such as 2026-10");
            survey.before.push(problem(place, None, path, reason));
        }
        for (period, folders) in &partitions.folders {
            survey.found.push((*period, manifest_of(place, *period, folders)));
        }
        for (period, folders) in Partitions::list(place, "data")?.folders {
            if !partitions.folders.contains_key(&period) {
                let reason = "data has arrived, but no manifest yet".to_owned();
                survey.after.push(problem(place, Some(period), &folders[0], reason));
            }
        }
        Ok(survey)
    }
}

fn problem(place: &dyn Place, period: Option<BillingPeriod>, path: &str, reason: String) -> ManifestProblem {
    ManifestProblem { period, address: place.address(path), reason }
}

fn manifest_of(place: &dyn Place, period: BillingPeriod, folders: &[String]) -> Result<String, ManifestProblem> {
    let [folder] = folders else {
        let reason = "two folders stand for the same billing period; keep one".to_owned();
        return Err(problem(place, Some(period), &folders[0], reason));
    };
    latest_manifest(place, folder).map_err(|reason| problem(place, Some(period), folder, reason))
}

/// The partition folders below `data` or `metadata`.
#[derive(Default)]
struct Partitions {
    /// More than one folder for a period happens where names differ in case only.
    folders: BTreeMap<BillingPeriod, Vec<String>>,
    unreadable: Vec<(String, String)>,
}

impl Partitions {
    fn list(place: &dyn Place, folder: &str) -> Result<Self, EngineError> {
        let mut partitions = Self::default();
        let unreadable = |source| EngineError::Unreadable { address: place.address(folder), source };
        for Entry { name, .. } in place.entries(folder).map_err(unreadable)?.into_iter().filter(|entry| entry.is_folder)
        {
            let path = join(folder, &name);
            let Some(value) = partition_value(&name) else { continue };
            match value.parse() {
                Ok(period) => partitions.folders.entry(period).or_default().push(path),
                Err(_) => partitions.unreadable.push((name, path)),
            }
        }
        Ok(partitions)
    }
}

/// The manifest of a partition: the one in its folder, which AWS overwrites at each refresh; else, where only the
/// copies that create-new mode keeps in `<timestamp>-<execution-id>` were brought along, the one in the newest of
/// those.
fn latest_manifest(place: &dyn Place, folder: &str) -> Result<String, String> {
    if let Some(manifest) = only_manifest_in(place, folder)? {
        return Ok(manifest);
    }
    let executions = place.entries(folder).map_err(cannot_list)?.into_iter().filter(|entry| entry.is_folder);
    for execution in executions.rev() {
        if let Some(manifest) = only_manifest_in(place, &join(folder, &execution.name))? {
            return Ok(manifest);
        }
    }
    Err("there is no manifest (its name ends in `-Manifest.json`) in the folder".to_owned())
}

fn only_manifest_in(place: &dyn Place, folder: &str) -> Result<Option<String>, String> {
    let is_manifest = |entry: &Entry| entry.name.to_ascii_lowercase().ends_with("-manifest.json");
    let mut manifests = place.entries(folder).map_err(cannot_list)?.into_iter().filter(is_manifest);
    match (manifests.next(), manifests.next()) {
        (Some(first), Some(second)) => Err(format!(
            "there are two manifests, `{}` and `{}`; the location must hold one export",
            first.name, second.name
        )),
        (manifest, _) => Ok(manifest.map(|manifest| join(folder, &manifest.name))),
    }
}

fn cannot_list(error: std::io::Error) -> String {
    format!("the folder cannot be listed: {error}")
}
