use std::path::{Component, PathBuf};

use async_trait::async_trait;

use super::{Entry, Place, Stamp};
use crate::{FileAddress, blocking};

/// An export's folder on this machine. Each question is put to the disk.
#[derive(Debug)]
pub(crate) struct DiskPlace {
    folder: PathBuf,
}

impl DiskPlace {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self, within: &str) -> PathBuf {
        within.split('/').fold(self.folder.clone(), |path, name| path.join(name))
    }
}

#[async_trait]
impl Place for DiskPlace {
    fn has_folder(&self, folder: &str) -> bool {
        self.path(folder).is_dir()
    }

    fn entries(&self, folder: &str) -> std::io::Result<Vec<Entry>> {
        let folder = self.path(folder);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut entries = std::fs::read_dir(folder)?
            .map(|entry| {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                // A link to a folder is a folder.
                Ok(Entry { name, is_folder: entry.path().is_dir() })
            })
            .collect::<std::io::Result<Vec<_>>>()?;
        entries.sort();
        Ok(entries)
    }

    fn stamp(&self, file: &str) -> Option<Stamp> {
        let metadata = std::fs::metadata(self.path(file)).ok()?;
        let modified = metadata.modified().unwrap_or(std::time::UNIX_EPOCH);
        Some(Stamp { size: metadata.len(), modified, e_tag: None })
    }

    fn leads_out_of(&self, folder: &str, file: &str) -> bool {
        let (Ok(folder), Ok(file)) = (self.path(folder).canonicalize(), self.path(file).canonicalize()) else {
            return false;
        };
        !file.starts_with(&folder) || file.components().any(|part| matches!(part, Component::ParentDir))
    }

    fn has_times_of_delivery(&self) -> bool {
        false
    }

    fn address(&self, within: &str) -> FileAddress {
        FileAddress::Disk(self.path(within))
    }

    async fn read(&self, file: &str) -> Result<Vec<u8>, String> {
        let path = self.path(file);
        let read = blocking::run(move || std::fs::read(path)).await;
        read.map_err(|error| format!("the manifest cannot be read: {error}"))
    }
}
