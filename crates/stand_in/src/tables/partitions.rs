//! Which partitions a table has, and where they lie.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Datelike, NaiveDate};

use super::{Column, FilesTable};
use crate::place::Place;

/// How a table knows its partitions.
#[derive(Clone, Debug)]
pub(crate) enum Partitions {
    /// Every folder `key=value` is one, as a crawler would find it, whatever the case of its key.
    Crawled,
    /// Those that ALTER TABLE or MSCK REPAIR TABLE added: values in the order of the keys, and their place.
    Added(BTreeMap<Vec<String>, Place>),
    /// Computed from the table's properties
    /// (<https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html>).
    Projected,
}

/// A partition: values in the order of the keys, and the folder of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) values: Vec<String>,
    pub(crate) place: Place,
}

impl FilesTable {
    /// The partitions that the table has now; a table without keys is one partition without values.
    pub(crate) fn partitions(&self, root: &Path) -> Result<Vec<Partition>, String> {
        if self.partition_keys.is_empty() {
            return Ok(vec![Partition { values: Vec::new(), place: self.location.clone() }]);
        }
        match &self.partitions {
            Partitions::Crawled => self.folders(root, |found, key| found.eq_ignore_ascii_case(key)),
            Partitions::Added(partitions) => {
                let partition = |(values, place): (&Vec<String>, &Place)| Partition {
                    values: values.clone(),
                    place: place.clone().folder(),
                };
                Ok(partitions.iter().map(partition).collect())
            }
            Partitions::Projected => self.projected(),
        }
    }

    /// Partitions that MSCK REPAIR TABLE finds: their folders are named as the keys are, in lower case.
    pub(crate) fn repaired(&self, root: &Path) -> Result<BTreeMap<Vec<String>, Place>, String> {
        let found = self.folders(root, |found, key| found == key)?;
        Ok(found.into_iter().map(|partition| (partition.values, partition.place)).collect())
    }

    fn folders(&self, root: &Path, is_key: fn(&str, &str) -> bool) -> Result<Vec<Partition>, String> {
        let mut found = vec![Partition { values: Vec::new(), place: self.location.clone().folder() }];
        for key in &self.partition_keys {
            let mut deeper = Vec::new();
            for partition in found {
                for name in folder_names(&partition.place.path(root)) {
                    let Some((_, value)) = name.split_once('=').filter(|(found, _)| is_key(found, &key.name)) else {
                        continue;
                    };
                    let mut values = partition.values.clone();
                    values.push(value.to_owned());
                    deeper.push(Partition { values, place: partition.place.join(&format!("{name}/")) });
                }
            }
            found = deeper;
        }
        Ok(found)
    }

    fn projected(&self) -> Result<Vec<Partition>, String> {
        let mut found = vec![Vec::new()];
        for key in &self.partition_keys {
            let values = self.projected_values(key)?;
            found = found
                .into_iter()
                .flat_map(|before: Vec<String>| {
                    values.iter().map(move |value| before.iter().cloned().chain([value.clone()]).collect())
                })
                .collect();
        }
        found.into_iter().map(|values| Ok(Partition { place: self.projected_place(&values)?, values })).collect()
    }

    fn projected_place(&self, values: &[String]) -> Result<Place, String> {
        let folders = self.partition_keys.iter().map(|key| format!("{0}=${{{0}}}/", key.name)).collect::<String>();
        let standard = self.location.clone().folder().join(&folders).to_string();
        let mut place = self.properties.get("storage.location.template").cloned().unwrap_or(standard);
        for (key, value) in self.partition_keys.iter().zip(values) {
            place = place.replace(&format!("${{{}}}", key.name), value);
        }
        Place::parse(&place).map(Place::folder).ok_or_else(|| format!("`{place}` is not a place in S3"))
    }

    fn projected_values(&self, key: &Column) -> Result<Vec<String>, String> {
        let property = |name: &str| self.properties.get(&format!("projection.{}.{name}", key.name)).map(String::as_str);
        match property("type") {
            Some("enum") => {
                Ok(property("values").unwrap_or_default().split(',').map(|value| value.trim().to_owned()).collect())
            }
            Some("date") if property("format") == Some("yyyy-MM") => {
                let range = property("range").unwrap_or_default();
                let ends = range.split_once(',').and_then(|(first, last)| Some((month(first)?, month(last)?)));
                let (first, last) = ends.ok_or_else(|| format!("`{range}` is not a range of months"))?;
                Ok((first..=last)
                    .map(|month| format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1))
                    .collect())
            }
            other => Err(format!(
                "the stand-in projects partitions of type enum, or date with the format yyyy-MM, and {} has {other:?}",
                key.name
            )),
        }
    }
}

/// A month counted from the year 0: `2026-10`, or `NOW` with or without some months.
fn month(text: &str) -> Option<i32> {
    let number = |date: NaiveDate| date.year() * 12 + i32::try_from(date.month0()).unwrap_or_default();
    let text = text.trim();
    match text.strip_prefix("NOW") {
        Some("") => Some(number(crate::clock::now().date_naive())),
        Some(offset) => {
            let months = offset.strip_suffix("MONTHS").or_else(|| offset.strip_suffix("MONTH"))?;
            Some(number(crate::clock::now().date_naive()) + months.parse::<i32>().ok()?)
        }
        None => Some(number(format!("{text}-01").parse().ok()?)),
    }
}

fn folder_names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    let mut names = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect::<Vec<_>>();
    names.sort();
    names
}
