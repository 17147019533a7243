//! The files of a partition.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::place::Place;

/// An object that holds rows.
#[derive(Clone, Debug)]
pub(crate) struct DataFile {
    pub(crate) place: Place,
    pub(crate) size: u64,
    pub(crate) modified: DateTime<Utc>,
}

/// Everything below a folder, as deep as it goes: Athena reads it whether or not it belongs to the table. Names that begin
/// with `_` or `.` are hidden (<https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html>), and there is
/// nothing in an empty file.
pub(crate) fn list(root: &Path, folder: &Place) -> Vec<DataFile> {
    let mut found = Vec::new();
    let mut folders = vec![folder.clone()];
    while let Some(folder) = folders.pop() {
        // A place that is not there is a folder without files.
        let Ok(entries) = std::fs::read_dir(folder.path(root)) else { continue };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let Ok(metadata) = entry.metadata() else { continue };
            if name.starts_with(['_', '.']) {
                continue;
            }
            if metadata.is_dir() {
                folders.push(folder.join(&format!("{name}/")));
            } else if metadata.len() > 0 {
                let modified = metadata.modified().map(DateTime::from).unwrap_or_default();
                found.push(DataFile { place: folder.join(&name), size: metadata.len(), modified });
            }
        }
    }
    found.sort_by(|left, right| left.place.key.cmp(&right.place.key));
    found
}
