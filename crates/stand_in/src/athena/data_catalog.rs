//! The data catalog as Athena tells of it
//! (<https://docs.aws.amazon.com/athena/latest/APIReference/API_TableMetadata.html>).

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::epoch_seconds;
use crate::fault::Fault;
use crate::sql::Query;
use crate::tables::session::{self, SessionOptions};
use crate::tables::{Column, Content, FilesTable, HiveType, Partitions, Table};
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TableRequest {
    catalog_name: String,
    database_name: String,
    table_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TablesRequest {
    catalog_name: String,
    database_name: String,
    expression: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DatabaseRequest {
    catalog_name: String,
    database_name: String,
}

pub(super) async fn get_table(world: &Arc<World>, request: &TableRequest) -> Result<Value, Fault> {
    check_catalog(&request.catalog_name)?;
    let (database, name) = (&request.database_name, &request.table_name);
    let table = world.catalog().table(database, name).cloned();
    let table = table.ok_or_else(|| Fault::not_in_catalog(&format!("Table {database}.{name}")))?;
    Ok(json!({"TableMetadata": view(world, database, &table).await}))
}

pub(super) async fn list_tables(world: &Arc<World>, request: &TablesRequest) -> Result<Value, Fault> {
    check_catalog(&request.catalog_name)?;
    let database = request.database_name.to_lowercase();
    let tables = world.catalog().databases.get(&database).cloned();
    let tables = tables.ok_or_else(|| Fault::not_in_catalog(&format!("Database {database}")))?;
    let wanted = request.expression.as_deref().unwrap_or("*").to_lowercase();
    let mut views = Vec::new();
    for table in tables.values().filter(|table| matches(&table.name, &wanted)) {
        views.push(view(world, &database, table).await);
    }
    Ok(json!({"TableMetadataList": views}))
}

pub(super) fn get_database(world: &World, request: &DatabaseRequest) -> Result<Value, Fault> {
    check_catalog(&request.catalog_name)?;
    let name = request.database_name.to_lowercase();
    if !world.catalog().databases.contains_key(&name) {
        return Err(Fault::not_in_catalog(&format!("Database {name}")));
    }
    Ok(json!({"Database": {"Name": name}}))
}

pub(super) fn list_databases(world: &World) -> Value {
    let catalog = world.catalog();
    json!({"DatabaseList": catalog.databases.keys().map(|name| json!({"Name": name})).collect::<Vec<_>>()})
}

pub(super) fn list_catalogs() -> Value {
    json!({"DataCatalogsSummary": [{"CatalogName": "AwsDataCatalog", "Type": "GLUE", "Status": "CREATE_COMPLETE"}]})
}

fn check_catalog(name: &str) -> Result<(), Fault> {
    if name.eq_ignore_ascii_case(session::DATA_CATALOG) {
        return Ok(());
    }
    Err(Fault::invalid("DATACATALOG_NOT_FOUND", format!("Data catalog {name} was not found")))
}

/// A pattern in which `*` stands for anything and `|` for or.
fn matches(name: &str, pattern: &str) -> bool {
    pattern.split('|').any(|pattern| {
        let mut rest = name;
        let parts = pattern.split('*').collect::<Vec<_>>();
        for (number, part) in parts.iter().enumerate() {
            let found = if number == 0 { rest.starts_with(part).then_some(0) } else { rest.find(part) };
            let Some(found) = found else { return false };
            rest = &rest[found + part.len()..];
        }
        rest.is_empty() || parts.last() == Some(&"")
    })
}

async fn view(world: &Arc<World>, database: &str, table: &Table) -> Value {
    let columns = columns_of(world, database, table).await;
    let list = |columns: &[Column]| {
        columns.iter().map(|column| json!({"Name": column.name, "Type": column.kind.to_string()})).collect::<Vec<_>>()
    };
    let (kind, keys, parameters) = match &table.content {
        Content::Files(files) => ("EXTERNAL_TABLE", list(&files.partition_keys), parameters(files)),
        Content::View(_) => ("VIRTUAL_VIEW", Vec::new(), json!({"presto_view": "true", "comment": "Presto View"})),
    };
    json!({
        "Name": table.name,
        "CreateTime": epoch_seconds(table.created),
        "LastAccessTime": 0,
        "TableType": kind,
        "Columns": list(&columns),
        "PartitionKeys": keys,
        "Parameters": parameters,
    })
}

fn parameters(files: &FilesTable) -> Value {
    let mut parameters = json!({
        "EXTERNAL": "TRUE",
        "location": files.location.to_string(),
        "inputformat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "outputformat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "serde.serialization.lib": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "serde.param.serialization.format": "1",
    });
    for (name, value) in &files.properties {
        parameters[name] = json!(value);
    }
    if matches!(files.partitions, Partitions::Projected) {
        parameters["projection.enabled"] = json!("true");
    }
    parameters
}

/// The columns of a table; a view's are those of its query, or none when it cannot be planned any more.
async fn columns_of(world: &Arc<World>, database: &str, table: &Table) -> Vec<Column> {
    let text = match &table.content {
        Content::Files(files) => return files.columns.clone(),
        Content::View(text) => text,
    };
    let Ok(query) = Query::parse(text) else { return Vec::new() };
    let catalog = world.catalog().clone();
    let options = SessionOptions {
        root: world.root(),
        catalog: &catalog,
        database,
        names_path: query.names_path,
        missing_map_key: world.settings().missing_map_key,
        bytes_read: Arc::default(),
    };
    let Ok(session) = session::open(&options).await else { return Vec::new() };
    let Ok(plan) = session::plan(&session, *query.statement).await else { return Vec::new() };
    let fields = plan.schema().fields().iter();
    let column = |field: &Arc<arrow::datatypes::Field>| {
        Some(Column { name: field.name().to_lowercase(), kind: HiveType::of(field.data_type()).ok()? })
    };
    fields.filter_map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn an_expression_chooses_tables() {
        assert!(matches("cur2", "*") && matches("cur2", "cur2") && matches("cur2", "cu*") && matches("cur2", "a|*r2"));
        assert!(!matches("cur2", "cur") && !matches("cur2", "ur2") && !matches("cur2", "*r"));
    }
}
