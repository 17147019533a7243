//! Queries: their rows, and where they go.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::run::End;
use super::{Execution, Outcome};
use crate::output::parquet::ParquetFile;
use crate::output::{columns, csv, metadata};
use crate::place::Place;
use crate::sql::{Options, Query, TableName, naming, operands, parameters};
use crate::tables::session::{self, SessionOptions};
use crate::tables::{Column, Content, FilesTable, HiveType, Partitions, Table};
use crate::world::World;
use crate::{Failure, clock};
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, execute_stream};
use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt};
use parquet::basic::Compression;

/// A query that is ready to be run.
struct Planned {
    plan: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
    schema: SchemaRef,
}

/// Writes `<id>.csv` and what describes it.
pub(super) async fn select(world: &World, execution: &Execution, query: &Query) -> Result<Outcome, End> {
    let planned = plan(world, execution, query).await?;
    let columns = columns::of(&planned.schema);
    let unfinished = world.unfinished(&execution.id);
    let mut writer = csv::ResultWriter::new(unfinished, &columns).map_err(Failure::internal)?;
    let mut batches = execute_stream(planned.plan, planned.context).map_err(Failure::from)?;
    while let Some(batch) = batches.next().await {
        check_cutoff(execution)?;
        writer.write(&batch.map_err(Failure::from)?)?;
    }
    check_cutoff(execution)?;
    let path = world.result_path(execution, "csv");
    let file = writer.finish(&path, columns.len()).map_err(writing)?;
    let described = path.with_extension("csv.metadata");
    std::fs::write(described, metadata::message(&columns)).map_err(writing)?;
    Ok(Outcome::Rows { columns, file })
}

/// <https://docs.aws.amazon.com/athena/latest/ug/unload.html>: Parquet files under an empty prefix, and a list of them.
pub(super) async fn unload(
    world: &World,
    execution: &Execution,
    query: &Query,
    to: &str,
    options: &Options,
) -> Result<Outcome, End> {
    if world.settings().refuse_unload {
        return Err(End::Failed(Failure::permission(format!(
            "PERMISSION_DENIED: Access Denied when writing to {to} (Service: Amazon S3; Status Code: 403)"
        ))));
    }
    let written = write(world, execution, query, to, options).await?;
    Ok(Outcome::Written { rows: written.rows, manifest: written.manifest })
}

/// <https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html>
pub(super) async fn create_table_as(
    world: &World,
    execution: &Execution,
    name: &TableName,
    query: &Query,
    options: &Options,
) -> Result<Outcome, End> {
    let database = name.database.as_deref().unwrap_or(execution.order.database());
    if world.catalog().table(database, &name.table).is_some() {
        return Err(End::Failed(Failure::user(
            "TABLE_ALREADY_EXISTS",
            format!("line 1:1: Destination table '{database}.{}' already exists", name.table),
        )));
    }
    let to = match (options.get("external_location"), &execution.order.output_location) {
        (Some(location), _) => location.clone(),
        (None, Some(location)) => format!("{}/tables/{}/", location.trim_end_matches('/'), execution.id),
        (None, None) => {
            return Err(End::Failed(Failure::user("INVALID_TABLE_PROPERTY", "line 1:1: external_location is needed")));
        }
    };
    let written = write(world, execution, query, &to, options).await?;
    let columns = written.schema.fields().iter().map(|field| {
        let kind = HiveType::of(field.data_type()).map_err(|error| Failure::user("NOT_SUPPORTED", error))?;
        Ok(Column { name: field.name().to_lowercase(), kind })
    });
    let files = FilesTable {
        columns: columns.collect::<Result<_, Failure>>()?,
        partition_keys: Vec::new(),
        location: written.place,
        partitions: Partitions::Crawled,
        properties: BTreeMap::from([("classification".to_owned(), "parquet".to_owned())]),
    };
    let table = Table { name: name.table.clone(), content: Content::Files(files), created: clock::now() };
    world.catalog_mut().put(database, table);
    Ok(Outcome::Written { rows: written.rows, manifest: written.manifest })
}

struct Written {
    rows: u64,
    manifest: Option<String>,
    schema: SchemaRef,
    place: Place,
}

async fn write(
    world: &World,
    execution: &Execution,
    query: &Query,
    to: &str,
    options: &Options,
) -> Result<Written, End> {
    let compression = compression(options)?;
    let place = Place::parse(to)
        .map(Place::folder)
        .ok_or_else(|| Failure::user("INVALID_FUNCTION_ARGUMENT", format!("line 1:1: `{to}` is not a place in S3")))?;
    if !world.has_bucket(&place.bucket) {
        return Err(End::Failed(Failure::writing(format!("NoSuchBucket: the bucket {} does not exist", place.bucket))));
    }
    let folder = place.path(world.root());
    if folder.exists() && std::fs::read_dir(&folder).map_err(writing)?.next().is_some() {
        return Err(End::Failed(Failure::user(
            "HIVE_PATH_ALREADY_EXISTS",
            format!("Target directory for table is not empty: {to}"),
        )));
    }
    let planned = plan(world, execution, query).await?;
    let schema = Arc::clone(&planned.schema);
    let parts = parts(&planned)?;
    let parts = parts
        .into_iter()
        .enumerate()
        .map(|(number, part)| write_part(world, execution, part, &place, number, compression));
    let written = try_join_all(parts).await?;
    let rows = written.iter().flatten().map(|(_, rows)| rows).sum();
    let files = written.iter().flatten().map(|(place, _)| place.to_string()).collect::<Vec<_>>();
    check_cutoff(execution)?;
    let manifest = world.result_address(execution, "-manifest.csv");
    if manifest.is_some() {
        let path = world.result_path(execution, "manifest");
        let path = path.with_file_name(format!("{}-manifest.csv", execution.id));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(writing)?;
        }
        let lines = files.iter().map(|file| format!("{file}\n")).collect::<String>();
        std::fs::write(path, lines).map_err(writing)?;
    }
    Ok(Written { rows, manifest, schema, place })
}

/// The parts of an answer, each of which becomes a file.
fn parts(planned: &Planned) -> Result<Vec<SendableRecordBatchStream>, Failure> {
    let count = planned.plan.output_partitioning().partition_count();
    (0..count).map(|part| planned.plan.execute(part, Arc::clone(&planned.context)).map_err(Failure::from)).collect()
}

async fn write_part(
    world: &World,
    execution: &Execution,
    mut batches: SendableRecordBatchStream,
    place: &Place,
    number: usize,
    compression: Compression,
) -> Result<Option<(Place, u64)>, End> {
    let mut file: Option<ParquetFile> = None;
    while let Some(batch) = batches.try_next().await.map_err(Failure::from)? {
        check_cutoff(execution)?;
        if batch.num_rows() == 0 {
            continue;
        }
        let batch = without_metadata(&batch)?;
        if file.is_none() {
            let unfinished = world.unfinished(&format!("{}-{number}", execution.id));
            file = Some(ParquetFile::new(unfinished, batch.schema(), compression).map_err(Failure::internal)?);
        }
        if let Some(file) = &mut file {
            file.write(&batch).map_err(Failure::internal)?;
        }
    }
    let Some(file) = file else { return Ok(None) };
    let stamp = execution.submitted.format("%Y%m%d_%H%M%S");
    let place = place.join(&format!("{stamp}_{number:05}_{}", &execution.id));
    let rows = file.rows;
    file.finish(&place.path(world.root())).map_err(|error| Failure::writing(error.to_string()))?;
    Ok(Some((place, rows)))
}

/// Without what only this engine knows.
fn without_metadata(batch: &RecordBatch) -> Result<RecordBatch, Failure> {
    let fields = batch
        .schema()
        .fields()
        .iter()
        .map(|field| field.as_ref().clone().with_metadata(Default::default()))
        .collect::<Vec<_>>();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), batch.columns().to_vec())
        .map_err(|error| DataFusionError::from(error).into())
}

/// Athena's own default is GZIP. No codec for it is built here, so that without an option files are written plain; readers
/// are told by the file itself.
fn compression(options: &Options) -> Result<Compression, Failure> {
    let format = options.get("format").map_or("PARQUET", String::as_str);
    if !format.eq_ignore_ascii_case("parquet") {
        return Err(Failure::user("NOT_SUPPORTED", format!("the stand-in writes PARQUET only, not {format}")));
    }
    let named = ["compression", "write_compression", "parquet_compression"];
    let name = named.iter().find_map(|name| options.get(*name)).map_or("GZIP", String::as_str);
    match name.to_uppercase().as_str() {
        "SNAPPY" => Ok(Compression::SNAPPY),
        "GZIP" | "NONE" | "UNCOMPRESSED" => Ok(Compression::UNCOMPRESSED),
        other => Err(Failure::user("NOT_SUPPORTED", format!("the stand-in does not write {other}; ask for SNAPPY"))),
    }
}

async fn plan(world: &World, execution: &Execution, query: &Query) -> Result<Planned, Failure> {
    let mut statement = parameters::bind(query, &execution.order.parameters)?;
    naming::name_columns(&mut statement);
    let settings = world.settings();
    let catalog = world.catalog().clone();
    let options = SessionOptions {
        root: world.root(),
        catalog: &catalog,
        database: execution.order.database(),
        names_path: query.names_path,
        missing_map_key: settings.missing_map_key,
        bytes_read: Arc::clone(&execution.bytes_read),
    };
    let session = session::open(&options).await?;
    let logical = session::plan(&session, statement).await?;
    operands::check(&logical)?;
    let schema = Arc::new(logical.schema().as_arrow().clone());
    let plan = session.state().create_physical_plan(&logical).await?;
    Ok(Planned { plan, context: session.task_ctx(), schema })
}

fn check_cutoff(execution: &Execution) -> Result<(), End> {
    match execution.order.workgroup.bytes_scanned_cutoff {
        Some(cutoff) if execution.bytes_scanned() > cutoff => Err(End::TooManyBytes),
        _ => Ok(()),
    }
}

fn writing(error: std::io::Error) -> Failure {
    Failure::writing(format!("GENERIC_INTERNAL_ERROR: the result cannot be written: {error}"))
}
