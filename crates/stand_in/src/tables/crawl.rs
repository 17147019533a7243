//! What a crawler would make of a folder of Parquet files.

use std::fs::File;
use std::path::Path;

use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use super::{Column, HiveType, files};
use crate::place::Place;

/// The columns that any file below a place has, in the order in which they are found.
pub(crate) fn columns(root: &Path, location: &Place) -> Result<Vec<Column>, String> {
    let mut columns: Vec<Column> = Vec::new();
    for file in files::list(root, location) {
        let path = file.place.path(root);
        let footer = File::open(&path).map_err(|error| error.to_string()).and_then(|opened| {
            ArrowReaderMetadata::load(&opened, ArrowReaderOptions::new()).map_err(|error| error.to_string())
        });
        // A crawler is told to leave out what is not Parquet.
        let Ok(footer) = footer else { continue };
        for field in footer.schema().fields() {
            let name = field.name().to_lowercase();
            if columns.iter().all(|column| column.name != name) {
                columns.push(Column { name, kind: HiveType::of(field.data_type())? });
            }
        }
    }
    if columns.is_empty() {
        return Err(format!("no Parquet file lies below {location}"));
    }
    Ok(columns)
}
