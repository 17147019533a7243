//! GetQueryResults: at most a thousand rows at a time, of which the first of all is the header
//! (<https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html>).

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::executions::find;
use crate::execution::{Outcome, State};
use crate::fault::Fault;
use crate::output::csv::Row;
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    query_execution_id: String,
    next_token: Option<String>,
    max_results: Option<usize>,
}

const MOST_ROWS: usize = 1000;

pub(super) async fn get(world: &Arc<World>, request: Request) -> Result<Value, Fault> {
    let count = request.max_results.unwrap_or(MOST_ROWS);
    if !(1..=MOST_ROWS).contains(&count) {
        return Err(Fault::invalid(
            "INVALID_INPUT",
            format!("MaxResults is more than maximum allowed length {MOST_ROWS}."),
        ));
    }
    let execution = find(world, &request.query_execution_id)?;
    match execution.state {
        State::Succeeded => {}
        State::Queued | State::Running => {
            let sentence = format!("Query has not yet finished. Current state: {}", execution.state.name());
            return Err(Fault::invalid("INVALID_QUERY_STATUS", sentence));
        }
        State::Failed | State::Cancelled => {
            let sentence = format!("Query did not finish successfully. Final query state: {}", execution.state.name());
            return Err(Fault::invalid("INVALID_QUERY_STATUS", sentence));
        }
    }
    let (columns, file) = match execution.outcome {
        Some(Outcome::Rows { columns, file }) => (columns, file),
        Some(Outcome::Written { rows, .. }) => {
            return Ok(json!({
                "UpdateCount": rows,
                "ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": []}},
            }));
        }
        _ => return Ok(json!({"UpdateCount": 0, "ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": []}}})),
    };
    let first = first_row(&execution.id, request.next_token.as_deref())?;
    let total = file.rows();
    let rows = tokio::task::spawn_blocking(move || file.read(first, count)).await;
    let Ok(Ok(rows)) = rows else {
        return Err(Fault::invalid("INVALID_INPUT", "Could not find results: the result file is no longer there"));
    };
    let next = first + rows.len();
    let mut answer = json!({
        "UpdateCount": 0,
        "ResultSet": {
            "Rows": rows.into_iter().map(row).collect::<Vec<_>>(),
            "ResultSetMetadata": {"ColumnInfo": columns.iter().map(|column| column.info()).collect::<Vec<_>>()},
        },
    });
    if next < total {
        answer["NextToken"] = json!(format!("{}:{next}", execution.id));
    }
    Ok(answer)
}

/// A token says which query it belongs to and where to go on.
fn first_row(id: &str, token: Option<&str>) -> Result<usize, Fault> {
    let Some(token) = token else { return Ok(0) };
    let row = token.split_once(':').filter(|(of, _)| *of == id).and_then(|(_, row)| row.parse().ok());
    row.ok_or_else(|| Fault::invalid("INVALID_NEXT_TOKEN", "NextToken is not one of this query's"))
}

/// NULL is a value that is missing.
fn row(values: Row) -> Value {
    let values = values.into_iter().map(|value| match value {
        Some(text) => json!({"VarCharValue": text}),
        None => json!({}),
    });
    json!({"Data": values.collect::<Vec<_>>()})
}
