//! A table of files as DataFusion asks for it.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::DFSchema;
use datafusion::config::TableParquetOptions;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path as ObjectPath;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::scalar::ScalarValue;

use super::{DataFile, FilesTable, list_files};

/// The hidden column that says which file a row comes from.
const PATH: &str = "$path";

/// The files of a table: columns, then partition keys, then `"$path"` where a query names it.
///
/// The column is hidden: a `select *` must not show it. So it is there only for a text that names it, and a text that has
/// both would see it twice.
#[derive(Debug)]
pub(super) struct FilesProvider {
    table: FilesTable,
    root: PathBuf,
    table_schema: TableSchema,
}

impl FilesProvider {
    pub(super) fn new(table: FilesTable, root: PathBuf, with_path: bool) -> Self {
        let fields = |columns: &[super::Column]| {
            columns.iter().map(|column| Field::new(&column.name, column.kind.arrow(), true)).collect::<Vec<_>>()
        };
        let file_schema = Arc::new(Schema::new(fields(&table.columns)));
        // A partition's value is text in the name of a folder, whatever type the table gives it.
        let mut constants: Vec<_> =
            table.partition_keys.iter().map(|key| Arc::new(Field::new(&key.name, DataType::Utf8, true))).collect();
        if with_path {
            constants.push(Arc::new(Field::new(PATH, DataType::Utf8, true)));
        }
        let table_schema = TableSchema::builder(file_schema).with_table_partition_cols(constants).build();
        Self { table, root, table_schema }
    }

    /// Every file with the values that are the same in all of its rows.
    fn files(&self) -> Result<Vec<(DataFile, Vec<String>)>> {
        let partitions = self.table.partitions(&self.root).map_err(DataFusionError::Plan)?;
        let with_path = self.table_schema.table_partition_cols().len() > self.table.partition_keys.len();
        let mut found = Vec::new();
        for partition in partitions {
            for file in list_files(&self.root, &partition.place) {
                let mut constants = partition.values.clone();
                if with_path {
                    constants.push(file.place.to_string());
                }
                found.push((file, constants));
            }
        }
        Ok(found)
    }

    /// Leaves out files that a filter on partitions or on `"$path"` excludes.
    fn prune(
        &self,
        session: &dyn Session,
        files: Vec<(DataFile, Vec<String>)>,
        filters: &[Expr],
    ) -> Result<Vec<(DataFile, Vec<String>)>> {
        let fields = self.table_schema.table_partition_cols();
        if files.is_empty() || fields.is_empty() {
            return Ok(files);
        }
        let columns = (0..fields.len()).map(|column| {
            let values = files.iter().map(|(_, constants)| constants[column].as_str());
            Arc::new(StringArray::from_iter_values(values)) as ArrayRef
        });
        let schema = Arc::new(Schema::new(fields.clone()));
        let constants = RecordBatch::try_new(Arc::clone(&schema), columns.collect())?;
        let schema = DFSchema::try_from(schema)?;
        let mut kept = vec![true; files.len()];
        for filter in filters {
            let is_constant = filter.column_refs().iter().all(|column| fields.find(column.name()).is_some());
            if !is_constant {
                continue;
            }
            let matches = session.create_physical_expr(filter.clone(), &schema)?.evaluate(&constants)?;
            let matches = matches.into_array(files.len())?;
            let Some(matches) = matches.as_any().downcast_ref::<BooleanArray>() else { continue };
            for (kept, matches) in kept.iter_mut().zip(matches) {
                *kept &= matches == Some(true);
            }
        }
        Ok(files.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(file, _)| file).collect())
    }

    /// One scan for each bucket that the files lie in.
    fn scan_bucket(
        &self,
        session: &dyn Session,
        bucket: &str,
        files: Vec<PartitionedFile>,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut options = TableParquetOptions {
            global: session.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        // Years beyond 2262 do not fit into nanoseconds.
        options.global.coerce_int96 = Some("ms".to_owned());
        let source = ParquetSource::new(self.table_schema.clone()).with_table_parquet_options(options);
        let groups = FileGroup::new(files).split_files(session.config().target_partitions());
        let scan = FileScanConfigBuilder::new(ObjectStoreUrl::parse(format!("s3://{bucket}"))?, Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}

#[async_trait]
impl TableProvider for FilesProvider {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.table_schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Filters choose files here; rows are chosen above.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.prune(session, self.files()?, filters)?;
        let mut buckets: Vec<(String, Vec<PartitionedFile>)> = Vec::new();
        for (file, constants) in files {
            let bucket = file.place.bucket.clone();
            let file = partitioned_file(&file, constants)?;
            match buckets.iter_mut().find(|(name, _)| *name == bucket) {
                Some((_, files)) => files.push(file),
                None => buckets.push((bucket, vec![file])),
            }
        }
        let mut scans = Vec::new();
        for (bucket, files) in buckets {
            scans.push(self.scan_bucket(session, &bucket, files, projection, limit)?);
        }
        match scans.len() {
            0 => {
                let schema = match projection {
                    Some(columns) => Arc::new(self.schema().project(columns)?),
                    None => self.schema(),
                };
                Ok(Arc::new(EmptyExec::new(schema)))
            }
            1 => Ok(scans.remove(0)),
            _ => UnionExec::try_new(scans),
        }
    }
}

fn partitioned_file(file: &DataFile, constants: Vec<String>) -> Result<PartitionedFile> {
    let location = ObjectPath::parse(&file.place.key).map_err(|error| DataFusionError::External(Box::new(error)))?;
    let meta = ObjectMeta { location, last_modified: file.modified, size: file.size, e_tag: None, version: None };
    let mut partitioned = PartitionedFile::new_from_meta(meta);
    partitioned.partition_values = constants.into_iter().map(|value| ScalarValue::Utf8(Some(value))).collect();
    Ok(partitioned)
}
