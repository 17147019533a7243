//! Athena's JSON 1.1 protocol (<https://docs.aws.amazon.com/athena/latest/APIReference/API_Operations.html>).

mod data_catalog;
mod executions;
mod results;
mod start;
mod workgroups;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connection::Connection;
use crate::fault::Fault;
use crate::world::World;

/// Answers one request.
pub(crate) async fn answer(
    world: &Arc<World>,
    connection: &Connection,
    operation: &str,
    body: &[u8],
) -> Result<Value, Fault> {
    throttle(world, operation)?;
    if operation == "GetQueryExecution" && world.loses_poll() {
        world.counters().polls_lost += 1;
        connection.lose();
    }
    match operation {
        "StartQueryExecution" => start::start(world, read(body)?),
        "GetQueryExecution" => executions::get(world, &read(body)?),
        "BatchGetQueryExecution" => executions::batch_get(world, read(body)?),
        "ListQueryExecutions" => Ok(executions::list(world)),
        "StopQueryExecution" => executions::stop(world, &read(body)?),
        "GetQueryResults" => results::get(world, read(body)?).await,
        "GetWorkGroup" => workgroups::get(world, &read(body)?),
        "ListWorkGroups" => Ok(workgroups::list(world)),
        "GetTableMetadata" => data_catalog::get_table(world, &read(body)?).await,
        "ListTableMetadata" => data_catalog::list_tables(world, &read(body)?).await,
        "GetDatabase" => data_catalog::get_database(world, &read(body)?),
        "ListDatabases" => Ok(data_catalog::list_databases(world)),
        "ListDataCatalogs" => Ok(data_catalog::list_catalogs()),
        _ => Err(Fault::new("UnknownOperationException", format!("the stand-in does not answer {operation}"))),
    }
}

/// Refuses some requests before anything happens, in one of the ways in which Athena does.
fn throttle(world: &World, operation: &str) -> Result<(), Fault> {
    if world.chance(100) >= world.settings().throttle_percent {
        return Ok(());
    }
    world.counters().throttled += 1;
    let has_limit_of_queries = operation == "StartQueryExecution";
    match world.chance(3) {
        0 if has_limit_of_queries => Err(Fault::too_many_requests()),
        1 => Err(Fault::internal()),
        _ => Err(Fault::throttled()),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::invalid("INVALID_INPUT", error.to_string()))
}
