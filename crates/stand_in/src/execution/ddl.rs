//! Changes of the data catalog.

use super::{Execution, Outcome};
use crate::place::Place;
use crate::sql::{CreateExternalTable, NewPartition, Statement, TableName};
use crate::tables::{Column, Content, FilesTable, HiveType, Partitions, Table};
use crate::world::World;
use crate::{Failure, clock};

/// Makes a change, or says why it cannot be made.
pub(super) fn change(world: &World, execution: &Execution, statement: &Statement) -> Result<Outcome, Failure> {
    let database = |name: &TableName| name.database.clone().unwrap_or_else(|| execution.order.database().to_owned());
    match statement {
        Statement::CreateExternalTable(table) => create(world, &database(&table.name), table)?,
        Statement::CreateDatabase { name, if_not_exists } => {
            let mut catalog = world.catalog_mut();
            if catalog.databases.contains_key(name) && !if_not_exists {
                return Err(failed(format!("AlreadyExistsException: Database {name} already exists")));
            }
            catalog.databases.entry(name.clone()).or_default();
        }
        Statement::CreateView { name, text, replace } => {
            let mut catalog = world.catalog_mut();
            let database = database(name);
            if catalog.table(&database, &name.table).is_some() && !replace {
                return Err(failed(format!("AlreadyExistsException: View {} already exists", name.table)));
            }
            let view = Table { name: name.table.clone(), content: Content::View(text.clone()), created: clock::now() };
            catalog.put(&database, view);
        }
        Statement::DropTable { name, if_exists } | Statement::DropView { name, if_exists } => {
            let mut catalog = world.catalog_mut();
            let tables = catalog.databases.get_mut(&database(name));
            let dropped = tables.and_then(|tables| tables.remove(&name.table));
            if dropped.is_none() && !if_exists {
                return Err(failed(format!("Table not found {}.{}", database(name), name.table)));
            }
        }
        Statement::AddColumns { name, columns } => {
            with_files(world, &database(name), name, |table| add_columns(table, columns))?;
        }
        Statement::AddPartitions { name, partitions } => {
            with_files(world, &database(name), name, |table| add_partitions(table, partitions))?;
        }
        Statement::RepairTable { name } => {
            let root = world.root().to_owned();
            with_files(world, &database(name), name, |table| {
                table.partitions = Partitions::Added(table.repaired(&root).map_err(failed)?);
                Ok(())
            })?;
        }
        Statement::Select(_) | Statement::Unload { .. } | Statement::CreateTableAs { .. } => {}
    }
    Ok(Outcome::Done)
}

fn create(world: &World, database: &str, table: &CreateExternalTable) -> Result<(), Failure> {
    let mut catalog = world.catalog_mut();
    if !catalog.databases.contains_key(database) {
        return Err(failed(format!("SemanticException [Error 10072]: Database does not exist: {database}")));
    }
    if catalog.table(database, &table.name.table).is_some() {
        if table.if_not_exists {
            return Ok(());
        }
        return Err(failed(format!("AlreadyExistsException: Table {} already exists", table.name.table)));
    }
    let location = Place::parse(&table.location).map(Place::folder);
    let location = location.ok_or_else(|| failed(format!("`{}` is not a place in S3", table.location)))?;
    let is_projected = table.properties.get("projection.enabled").is_some_and(|on| on.eq_ignore_ascii_case("true"));
    let columns = |columns: &[(String, HiveType)]| columns.iter().cloned().map(Column::from).collect();
    let files = FilesTable {
        columns: columns(&table.columns),
        partition_keys: columns(&table.partition_keys),
        location,
        partitions: if is_projected { Partitions::Projected } else { Partitions::Added(Default::default()) },
        properties: table.properties.clone(),
    };
    // Says at once what a query would say later.
    files.partitions(world.root()).map_err(failed)?;
    catalog
        .put(database, Table { name: table.name.table.clone(), content: Content::Files(files), created: clock::now() });
    Ok(())
}

fn add_columns(table: &mut FilesTable, columns: &[(String, HiveType)]) -> Result<(), Failure> {
    for (name, kind) in columns {
        if table.columns.iter().chain(&table.partition_keys).any(|column| column.name == *name) {
            return Err(failed(format!("Duplicate column name: {name}")));
        }
        table.columns.push(Column { name: name.clone(), kind: kind.clone() });
    }
    Ok(())
}

fn add_partitions(table: &mut FilesTable, partitions: &[NewPartition]) -> Result<(), Failure> {
    let Partitions::Added(known) = &mut table.partitions else {
        return Err(failed("the table's partitions are projected or crawled, and cannot be added".to_owned()));
    };
    for partition in partitions {
        let value = |key: &Column| partition.values.get(&key.name).cloned();
        let values: Option<Vec<String>> = table.partition_keys.iter().map(value).collect();
        let values = values.ok_or_else(|| failed("a partition needs a value for each key".to_owned()))?;
        let folders = table.partition_keys.iter().zip(&values).map(|(key, value)| format!("{}={value}/", key.name));
        let standard = table.location.join(&folders.collect::<String>());
        let place = match &partition.location {
            Some(address) => Place::parse(address).map(Place::folder),
            None => Some(standard),
        };
        known.insert(values, place.ok_or_else(|| failed("a partition's location is not a place in S3".to_owned()))?);
    }
    Ok(())
}

fn with_files(
    world: &World,
    database: &str,
    name: &TableName,
    change: impl FnOnce(&mut FilesTable) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut catalog = world.catalog_mut();
    let table = catalog.databases.get_mut(database).and_then(|tables| tables.get_mut(&name.table));
    match table.map(|table| &mut table.content) {
        Some(Content::Files(files)) => change(files),
        _ => Err(failed(format!("Table not found {database}.{}", name.table))),
    }
}

/// Hive's errors come whole, behind one code.
fn failed(sentence: String) -> Failure {
    Failure::user(
        "FAILED",
        format!("Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. {sentence}"),
    )
}
