//! Glue, as far as clients of Athena look at the catalog themselves
//! (<https://docs.aws.amazon.com/glue/latest/webapi/API_GetTable.html>).

use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::epoch_seconds;
use crate::fault::Fault;
use crate::tables::{Column, Content, FilesTable, Table};
use crate::world::World;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    name: String,
    database_name: String,
    table_name: String,
}

/// Answers one request.
pub(crate) fn answer(world: &World, operation: &str, body: &[u8]) -> Result<Value, Fault> {
    let request: Request =
        serde_json::from_slice(body).map_err(|error| Fault::new("InvalidInputException", error.to_string()))?;
    match operation {
        "GetDatabase" => {
            let databases = &world.catalog().databases;
            let name = request.name.to_lowercase();
            databases.get(&name).map(|_| json!({"Database": {"Name": name}})).ok_or_else(|| missing(&name))
        }
        "GetDatabases" => {
            let catalog = world.catalog();
            Ok(json!({"DatabaseList": catalog.databases.keys().map(|name| json!({"Name": name})).collect::<Vec<_>>()}))
        }
        "GetTable" => {
            let catalog = world.catalog();
            let table = catalog.table(&request.database_name, &request.name).ok_or_else(|| missing(&request.name))?;
            Ok(json!({"Table": view(&request.database_name, table)}))
        }
        "GetTables" => {
            let catalog = world.catalog();
            let database = request.database_name.to_lowercase();
            let tables = catalog.databases.get(&database).ok_or_else(|| missing(&database))?;
            Ok(json!({"TableList": tables.values().map(|table| view(&database, table)).collect::<Vec<_>>()}))
        }
        "GetPartitions" => {
            let catalog = world.catalog();
            let table = catalog.table(&request.database_name, &request.table_name);
            match table.map(|table| &table.content) {
                Some(Content::Files(files)) => partitions(world, files),
                _ => Err(missing(&request.table_name)),
            }
        }
        "DeleteTable" => {
            let mut catalog = world.catalog_mut();
            let tables = catalog.databases.get_mut(&request.database_name.to_lowercase());
            let dropped = tables.and_then(|tables| tables.remove(&request.name.to_lowercase()));
            dropped.map(|_| json!({})).ok_or_else(|| missing(&request.name))
        }
        _ => Err(Fault::new("UnknownOperationException", format!("the stand-in does not answer {operation}"))),
    }
}

fn partitions(world: &World, files: &FilesTable) -> Result<Value, Fault> {
    let found = files.partitions(world.root()).map_err(|reason| Fault::new("InvalidInputException", reason))?;
    let view = |partition: &crate::tables::Partition| {
        json!({
            "Values": partition.values,
            "StorageDescriptor": storage(files, &partition.place.to_string()),
        })
    };
    Ok(json!({"Partitions": found.iter().map(view).collect::<Vec<_>>()}))
}

fn view(database: &str, table: &Table) -> Value {
    let mut view = json!({
        "Name": table.name,
        "DatabaseName": database,
        "CreateTime": epoch_seconds(table.created),
    });
    match &table.content {
        Content::Files(files) => {
            view["TableType"] = json!("EXTERNAL_TABLE");
            view["PartitionKeys"] = json!(columns(&files.partition_keys));
            view["StorageDescriptor"] = storage(files, &files.location.to_string());
            view["Parameters"] = json!(files.properties);
        }
        Content::View(text) => {
            view["TableType"] = json!("VIRTUAL_VIEW");
            view["ViewOriginalText"] = json!(text);
        }
    }
    view
}

fn storage(files: &FilesTable, location: &str) -> Value {
    json!({
        "Columns": columns(&files.columns),
        "Location": location,
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    })
}

fn columns(columns: &[Column]) -> Vec<Value> {
    columns.iter().map(|column| json!({"Name": column.name, "Type": column.kind.to_string()})).collect()
}

fn missing(name: &str) -> Fault {
    Fault::new("EntityNotFoundException", format!("Entity Not Found: {name}"))
}
