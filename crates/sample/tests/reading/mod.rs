//! Reads what the sample wrote, by other means than those that wrote it.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::float_arithmetic)]

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, TimestampMillisecondType};
use bill::Amount;
use chrono::{DateTime, SecondsFormat};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// One row of a data file.
pub struct Line {
    batch: Rc<RecordBatch>,
    positions: Rc<HashMap<String, usize>>,
    row: usize,
}

/// All rows of some data files, in order.
pub fn read(files: &[PathBuf]) -> Vec<Line> {
    let batches = files.iter().flat_map(|file| {
        let file = File::open(file).expect("a data file");
        ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("a reader")
    });
    batches.flat_map(|batch| lines(batch.expect("a batch"))).collect()
}

fn lines(batch: RecordBatch) -> impl Iterator<Item = Line> {
    let names = batch.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    let positions = Rc::new(names.into_iter().zip(0..).collect::<HashMap<_, _>>());
    let batch = Rc::new(batch);
    (0..batch.num_rows()).map(move |row| Line { batch: Rc::clone(&batch), positions: Rc::clone(&positions), row })
}

/// Names and types of a data file's columns.
pub fn column_types(file: &Path) -> Vec<(String, DataType)> {
    let file = File::open(file).expect("a data file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    reader.schema().fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
}

/// Path below a folder, and content, of every file there.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("a path below").to_string_lossy().into_owned();
                found.push((name, fs::read(&path).expect("a file")));
            }
        }
    }
    found.sort();
    found
}

impl Line {
    fn column(&self, name: &str) -> Option<&dyn Array> {
        let column = self.batch.column(*self.positions.get(name).unwrap_or_else(|| panic!("no column {name}")));
        column.is_valid(self.row).then_some(column.as_ref())
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.column(name).map(|column| column.as_string::<i32>().value(self.row))
    }

    /// Cast as an engine casts: times 10^12 as a double, then rounded.
    pub fn number(&self, name: &str) -> Option<Amount> {
        let cast = |double: f64| Amount::from_raw((double * 1e12).round() as i128);
        self.column(name).map(|column| cast(column.as_primitive::<Float64Type>().value(self.row)))
    }

    pub fn time(&self, name: &str) -> Option<String> {
        let column = self.column(name)?;
        let millis = column.as_primitive::<TimestampMillisecondType>().value(self.row);
        DateTime::from_timestamp_millis(millis).map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
    }

    pub fn map(&self, name: &str) -> Option<Vec<(String, String)>> {
        let entries = self.column(name)?.as_map().value(self.row);
        let (keys, values) = (entries.column(0).as_string::<i32>(), entries.column(1).as_string::<i32>());
        Some((0..entries.len()).map(|row| (keys.value(row).to_owned(), values.value(row).to_owned())).collect())
    }

    pub fn label(&self, name: &str, key: &str) -> Option<String> {
        self.map(name)?.into_iter().find(|(found, _)| found == key).map(|(_, value)| value)
    }
}
