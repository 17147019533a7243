//! Queries that were started, as Athena tells of them
//! (<https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecution.html>).

use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::epoch_seconds;
use crate::execution::{Execution, Outcome};
use crate::fault::Fault;
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct One {
    query_execution_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Many {
    query_execution_ids: Vec<String>,
}

pub(super) fn get(world: &World, request: &One) -> Result<Value, Fault> {
    let execution = find(world, &request.query_execution_id)?;
    Ok(json!({"QueryExecution": view(world, &execution)}))
}

pub(super) fn batch_get(world: &World, request: Many) -> Result<Value, Fault> {
    if request.query_execution_ids.is_empty() || request.query_execution_ids.len() > 50 {
        return Err(Fault::invalid("INVALID_INPUT", "QueryExecutionIds must have between 1 and 50 ids"));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for id in request.query_execution_ids {
        match world.executions.get(&id) {
            Some(execution) => found.push(view(world, &execution)),
            None => missing.push(json!({
                "QueryExecutionId": id,
                "ErrorCode": "INVALID_INPUT",
                "ErrorMessage": format!("QueryExecution {id} was not found"),
            })),
        }
    }
    Ok(json!({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}))
}

pub(super) fn list(world: &World) -> Value {
    json!({"QueryExecutionIds": world.executions.ids()})
}

/// A query that has ended already stays as it is, and that is no error.
pub(super) fn stop(world: &World, request: &One) -> Result<Value, Fault> {
    find(world, &request.query_execution_id)?.stop.cancel();
    Ok(json!({}))
}

pub(super) fn find(world: &World, id: &str) -> Result<Execution, Fault> {
    let missing = || Fault::invalid("INVALID_QUERY_EXECUTION_ID", format!("QueryExecution {id} was not found"));
    world.executions.get(id).ok_or_else(missing)
}

fn view(world: &World, execution: &Execution) -> Value {
    let order = &execution.order;
    let mut view = json!({
        "QueryExecutionId": execution.id,
        "Query": order.query,
        "StatementType": execution.statement.kind(),
        "SubstatementType": execution.statement.substatement(),
        "QueryExecutionContext": {
            "Database": order.database.as_deref().map(str::to_lowercase),
            "Catalog": order.catalog.as_deref().map(str::to_lowercase),
        },
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": false}},
        "Status": status(execution),
        "Statistics": statistics(execution),
        "WorkGroup": order.workgroup_name,
        "EngineVersion": {
            "SelectedEngineVersion": "AUTO",
            "EffectiveEngineVersion": "Athena engine version 3",
        },
    });
    if !order.parameters.is_empty() {
        view["ExecutionParameters"] = json!(order.parameters);
    }
    if order.workgroup.managed_results {
        view["ManagedQueryResultsConfiguration"] = json!({"Enabled": true});
    } else {
        let ending = match execution.statement.substatement() {
            "SELECT" => ".csv",
            "UNLOAD" | "CREATE_TABLE_AS_SELECT" => "",
            _ => ".txt",
        };
        let mut results = json!({"OutputLocation": world.result_address(execution, ending)});
        if let Some(encryption) = &order.encryption {
            results["EncryptionConfiguration"] = json!(encryption);
        }
        view["ResultConfiguration"] = results;
    }
    view
}

fn status(execution: &Execution) -> Value {
    let mut status = json!({
        "State": execution.state.name(),
        "SubmissionDateTime": epoch_seconds(execution.submitted),
    });
    if let Some(completed) = execution.completed {
        status["CompletionDateTime"] = epoch_seconds(completed);
    }
    if let Some(failure) = &execution.failure {
        status["StateChangeReason"] = json!(failure.message);
        status["AthenaError"] = json!({
            "ErrorCategory": failure.category,
            "ErrorType": failure.error_type,
            "Retryable": failure.retryable,
            "ErrorMessage": failure.message,
        });
    }
    status
}

fn statistics(execution: &Execution) -> Value {
    let until = execution.completed.unwrap_or_else(crate::clock::now);
    let started = execution.running.unwrap_or(until);
    let mut statistics = json!({
        "DataScannedInBytes": execution.bytes_scanned(),
        "EngineExecutionTimeInMillis": (until - started).num_milliseconds(),
        "QueryQueueTimeInMillis": (started - execution.submitted).num_milliseconds(),
        "TotalExecutionTimeInMillis": (until - execution.submitted).num_milliseconds(),
        "ServiceProcessingTimeInMillis": 0,
        "ResultReuseInformation": {"ReusedPreviousResult": false},
    });
    if let Some(Outcome::Written { manifest: Some(manifest), .. }) = &execution.outcome {
        statistics["DataManifestLocation"] = json!(manifest);
    }
    statistics
}
