use std::fs;
use std::path::Path;

use bill::BillingPeriod;
use serde_json::{Value, json};

use super::batch::Layout;
use super::chunk::unfinished;
use crate::SampleError;

/// What a manifest says. AWS documents its role, not its whole schema; these are the fields that real readers use.
pub(super) struct Manifest<'a> {
    pub(super) export_name: &'a str,
    pub(super) account: &'a str,
    pub(super) period: BillingPeriod,
    pub(super) execution_id: &'a str,
    pub(super) layout: &'a Layout,
    /// Addresses in S3.
    pub(super) data_files: Vec<String>,
}

impl Manifest<'_> {
    fn json(&self) -> Value {
        let columns = self.layout.columns.iter();
        let columns: Vec<Value> =
            columns.map(|column| json!({"name": column.name, "type": column.type_name()})).collect();
        // In alphabetical order, which is how it comes out with or without the feature `preserve_order`.
        json!({
            "account": self.account,
            "additionalOutputFiles": [],
            "billingPeriod": {
                "end": format!("{}T00:00:00.000Z", self.period.end()),
                "start": format!("{}T00:00:00.000Z", self.period.first_day()),
            },
            "columns": columns,
            "compression": "Parquet",
            "contentType": "Parquet",
            "dataFiles": self.data_files,
            "executionId": self.execution_id,
            "exportName": self.export_name,
        })
    }

    /// Written aside and renamed: the manifest says that all its files are there, so half of one must never be seen.
    pub(super) fn write(&self, path: &Path) -> Result<(), SampleError> {
        let folder = path.parent().unwrap_or(path);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| SampleError::File { path, source }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let unfinished = unfinished(path);
        fs::write(&unfinished, format!("{:#}\n", self.json())).map_err(failed(&unfinished))?;
        fs::rename(&unfinished, path).map_err(failed(path))
    }
}
