//! The data catalog: databases, tables, and the files that a table reads.

mod counted_store;
mod crawl;
mod files;
mod hive_type;
mod partitions;
mod provider;
pub(crate) mod session;

use std::collections::BTreeMap;

use crate::place::Place;
pub(crate) use crawl::columns as crawl;
pub(crate) use files::{DataFile, list as list_files};
pub(crate) use hive_type::HiveType;
pub(crate) use partitions::{Partition, Partitions};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name, in lower case.
    pub(crate) name: String,
    /// Its type.
    pub(crate) kind: HiveType,
}

/// A table or a view.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) content: Content,
    pub(crate) created: chrono::DateTime<chrono::Utc>,
}

/// What a table reads.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Files(FilesTable),
    View(String),
}

/// A table over the Parquet files below a place.
#[derive(Clone, Debug)]
pub(crate) struct FilesTable {
    pub(crate) columns: Vec<Column>,
    pub(crate) partition_keys: Vec<Column>,
    pub(crate) location: Place,
    pub(crate) partitions: Partitions,
    pub(crate) properties: BTreeMap<String, String>,
}

/// Every database with its tables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) databases: BTreeMap<String, BTreeMap<String, Table>>,
}

impl Catalog {
    pub(crate) fn table(&self, database: &str, name: &str) -> Option<&Table> {
        self.databases.get(&database.to_lowercase())?.get(&name.to_lowercase())
    }

    pub(crate) fn put(&mut self, database: &str, table: Table) {
        self.databases.entry(database.to_lowercase()).or_default().insert(table.name.clone(), table);
    }
}
