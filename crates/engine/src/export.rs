use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bill::BillingPeriod;

use crate::partition::partition_value;
use crate::{EngineError, Manifest, blocking, manifest};

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
    pub path: PathBuf,
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
    /// # Errors
    ///
    /// When the location is not there or its folders cannot be listed.
    pub async fn discover(&self) -> Result<Discovery, EngineError> {
        let source = self.clone();
        let ExportLocation::Disk(location) = self.location.clone();
        blocking::run(move || source.discover_on_disk(&location)).await
    }

    fn discover_on_disk(&self, location: &Path) -> Result<Discovery, EngineError> {
        if !location.is_dir() {
            return Err(EngineError::LocationMissing { export: self.name.clone(), path: location.to_owned() });
        }
        let mut discovery = Discovery::default();
        let metadata = location.join("metadata");
        if !metadata.is_dir() {
            discovery.problem(
                None,
                &metadata,
                "there is no metadata folder; AWS delivers the first manifest within 24 hours, and a copy of an export \
                 must hold both `data` and `metadata`"
                    .to_owned(),
            );
        }
        let partitions = Partitions::list(&metadata)?;
        for (name, path) in &partitions.unreadable {
            discovery.problem(None, path, format!("`{name}` does not say a billing period, such as 2026-10"));
        }
        for (period, folders) in &partitions.folders {
            match self.read_partition(location, *period, folders) {
                Ok(manifest) => discovery.manifests.push(manifest),
                Err(problem) => discovery.problems.push(problem),
            }
        }
        for (period, folders) in Partitions::list(&location.join("data"))?.folders {
            if !partitions.folders.contains_key(&period) {
                discovery.problem(Some(period), &folders[0], "data has arrived, but no manifest yet".to_owned());
            }
        }
        Ok(discovery)
    }

    fn read_partition(
        &self,
        location: &Path,
        period: BillingPeriod,
        folders: &[PathBuf],
    ) -> Result<Manifest, ManifestProblem> {
        let problem = |path: &Path, reason| ManifestProblem { period: Some(period), path: path.to_owned(), reason };
        let [folder] = folders else {
            let reason = "two folders stand for the same billing period; keep one".to_owned();
            return Err(problem(&folders[0], reason));
        };
        let path = latest_manifest(folder).map_err(|reason| problem(folder, reason))?;
        manifest::read(&self.name, location, period, &path).map_err(|reason| problem(&path, reason))
    }
}

impl Discovery {
    fn problem(&mut self, period: Option<BillingPeriod>, path: &Path, reason: String) {
        self.problems.push(ManifestProblem { period, path: path.to_owned(), reason });
    }
}

/// The partition folders below `data` or `metadata`.
#[derive(Default)]
struct Partitions {
    /// More than one folder for a period happens where names differ in case only.
    folders: BTreeMap<BillingPeriod, Vec<PathBuf>>,
    unreadable: Vec<(String, PathBuf)>,
}

impl Partitions {
    fn list(folder: &Path) -> Result<Self, EngineError> {
        let mut partitions = Self::default();
        if !folder.is_dir() {
            return Ok(partitions);
        }
        let unreadable = |source| EngineError::Unreadable { path: folder.to_owned(), source };
        for path in entries(folder).map_err(unreadable)?.into_iter().filter(|path| path.is_dir()) {
            let name = file_name(&path);
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
fn latest_manifest(folder: &Path) -> Result<PathBuf, String> {
    let cannot_list = |error: std::io::Error| format!("the folder cannot be listed: {error}");
    if let Some(manifest) = only_manifest_in(folder)? {
        return Ok(manifest);
    }
    let executions = entries(folder).map_err(cannot_list)?.into_iter().filter(|path| path.is_dir());
    for execution in executions.rev() {
        if let Some(manifest) = only_manifest_in(&execution)? {
            return Ok(manifest);
        }
    }
    Err("there is no manifest (its name ends in `-Manifest.json`) in the folder".to_owned())
}

fn only_manifest_in(folder: &Path) -> Result<Option<PathBuf>, String> {
    let cannot_list = |error: std::io::Error| format!("the folder cannot be listed: {error}");
    let is_manifest = |path: &PathBuf| file_name(path).to_ascii_lowercase().ends_with("-manifest.json");
    let mut manifests = entries(folder).map_err(cannot_list)?.into_iter().filter(is_manifest);
    match (manifests.next(), manifests.next()) {
        (Some(first), Some(second)) => Err(format!(
            "there are two manifests, `{}` and `{}`; the location must hold one export",
            file_name(&first),
            file_name(&second)
        )),
        (manifest, _) => Ok(manifest),
    }
}

/// What a folder holds, by name.
fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
