//! The table `cur2`: the files of one delivery, with the partition as a column.

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, SchemaRef};
use async_trait::async_trait;
use bill::BillingPeriod;
use datafusion::catalog::{Session, TableProvider};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, lit};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path as ObjectPath;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::prelude::{SessionContext, ident};
use datafusion::scalar::ScalarValue;

use crate::probe::{Probe, ReadableFile};
use crate::s3::S3FileReaders;
use crate::{FileAddress, columns};

/// The name by which every text knows the table.
const NAME: &str = "cur2";

/// Registers `cur2` over these files.
///
/// The partition is a value of the manifest and not read from folder names: a column `billing_period` that was declared
/// over folders `BILLING_PERIOD=…` would read as no rows, without an error.
pub(crate) fn register(session: &SessionContext, period: BillingPeriod, probe: Probe) -> Result<()> {
    let in_files = columns::schema(&probe.exact_amounts);
    let path = Arc::new(Field::new(columns::PATH, DataType::Utf8View, false));
    let schema = TableSchema::builder(in_files).with_table_partition_cols(vec![path]).build();
    let files = session.read_table(Arc::new(ExportFiles { schema, files: probe.files }))?;
    let mut selected: Vec<Expr> = columns::COLUMNS.iter().map(|(name, _)| ident(*name)).collect();
    selected.push(ident(columns::PATH));
    selected.push(lit(ScalarValue::Utf8View(Some(period.to_string()))).alias(columns::BILLING_PERIOD));
    session.register_table(NAME, files.select(selected)?.into_view())?;
    Ok(())
}

/// Exactly these files, each with its address in `"$path"`, read as the declared schema: what a file lacks is NULL, what it has besides is not read, and a
/// column of another type is cast.
///
/// DataFusion's own listing table is not used: it takes a file that has gone since it was named for an empty folder,
/// and so for no cost.
#[derive(Debug)]
struct ExportFiles {
    schema: TableSchema,
    files: Vec<ReadableFile>,
}

#[async_trait]
impl TableProvider for ExportFiles {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.schema().project(columns)?),
                None => self.schema(),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let in_s3 = self.files.iter().any(|file| file.in_s3.is_some());
        let files = self.files.iter().map(partitioned_file).collect::<Result<Vec<_>>>()?;
        let mut options = TableParquetOptions {
            global: session.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        // A legacy timestamp has nanoseconds, and years beyond 2262 do not fit: some tools write 9999 for "never".
        options.global.coerce_int96 = Some("us".to_owned());
        let mut source = ParquetSource::new(self.schema.clone()).with_table_parquet_options(options);
        if in_s3 {
            source = source.with_parquet_file_reader_factory(Arc::new(S3FileReaders));
        }
        let groups = FileGroup::new(files).split_files(session.config().target_partitions());
        // Files in S3 bring their readers with them, and never ask the store of this address.
        let scan = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}

fn partitioned_file(file: &ReadableFile) -> Result<PartitionedFile> {
    let location = match &file.address {
        FileAddress::Disk(path) => object_path(path)?,
        FileAddress::S3 { key, .. } => ObjectPath::from(key.as_str()),
    };
    let mut partitioned = PartitionedFile::new_from_meta(ObjectMeta {
        location,
        last_modified: file.modified.into(),
        size: file.size,
        e_tag: None,
        version: None,
    });
    let address = match &file.address {
        FileAddress::Disk(path) => format!("file://{}", path.display()),
        in_s3 => in_s3.to_string(),
    };
    partitioned.partition_values = vec![ScalarValue::Utf8View(Some(address))];
    if let Some(reader) = &file.in_s3 {
        partitioned.extensions.insert(reader.clone());
    }
    Ok(partitioned)
}

fn object_path(path: &Path) -> Result<ObjectPath> {
    let absolute = std::path::absolute(path).map_err(|error| DataFusionError::External(Box::new(error)))?;
    ObjectPath::from_absolute_path(absolute).map_err(|error| DataFusionError::External(Box::new(error)))
}
