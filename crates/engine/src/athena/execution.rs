//! A query from its start to its end.

use std::time::Duration;

use aws_sdk_athena::types::{AthenaError as Reported, QueryExecution, QueryExecutionState};
use chrono::{DateTime, Utc};

use super::AthenaEngine;
use super::error::{AthenaError, hint};
use crate::told::Told;

/// How often a query is looked at: soon at first, for most take a second or two, and then every second.
const FIRST_LOOK: Duration = Duration::from_millis(100);
const LAST_LOOK: Duration = Duration::from_secs(1);

/// How a query ended that did not succeed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: AthenaError,
    /// Whether Athena says that trying again may help.
    pub(super) retryable: bool,
    /// Whether it was not allowed to put its results where it was told to.
    pub(super) is_refusal: bool,
}

/// A query that runs. If it is dropped before its end, nobody wants it any more, and it is stopped.
pub(super) struct Running {
    engine: AthenaEngine,
    told: Option<Told>,
}

impl Running {
    pub(super) fn new(engine: &AthenaEngine, told: Told) -> Self {
        Self { engine: engine.clone(), told: Some(told) }
    }

    /// Waits for its end. What the log is told of it comes back, unless it failed: then the log has been told.
    pub(super) async fn wait(mut self, mut execution: QueryExecution) -> Result<(QueryExecution, Told), Failed> {
        let id = execution.query_execution_id.clone().unwrap_or_default();
        let mut pause = FIRST_LOOK;
        while !is_over(&execution) {
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(LAST_LOOK);
            execution = match self.engine.look(&id).await {
                Ok(execution) => execution,
                // Dropping it stops the query, of which nobody knows any more how it stands.
                Err(error) => return Err(Failed { error, retryable: false, is_refusal: false }),
            };
        }
        // It is there until here.
        let Some(mut told) = self.told.take() else { return Err(failure(&execution)) };
        tell(&mut told, &execution);
        if succeeded(&execution) {
            return Ok((execution, told));
        }
        let failed = failure(&execution);
        told.end(Some(failed.error.to_string())).await;
        Err(failed)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(told) = self.told.take() else { return };
        let engine = self.engine.clone();
        // A query that is stopped is charged for what it had read.
        let stop = async move {
            let mut told = told;
            let id = told.execution_id().to_owned();
            match engine.stop(&id).await {
                Ok(()) => tracing::info!(execution_id = id, "a query that nobody waits for is stopped"),
                Err(error) => {
                    tracing::warn!(execution_id = id, %error, "a query that nobody waits for cannot be stopped")
                }
            }
            if let Ok(execution) = engine.look(&id).await {
                tell(&mut told, &execution);
            }
            told.end(Some("it was stopped: whoever asked went away".to_owned())).await;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.engine.shared.stops.spawn_on(stop, &runtime);
        }
    }
}

/// Whether it has ended, well or not.
pub(super) fn is_over(execution: &QueryExecution) -> bool {
    matches!(
        state(execution),
        Some(QueryExecutionState::Succeeded | QueryExecutionState::Failed | QueryExecutionState::Cancelled)
    )
}

pub(super) fn succeeded(execution: &QueryExecution) -> bool {
    state(execution) == Some(&QueryExecutionState::Succeeded)
}

/// Whether another process submitted it, before this one began.
pub(super) fn is_of_an_earlier_life(execution: &QueryExecution, began_at: DateTime<Utc>) -> bool {
    let submitted = execution.status().and_then(|status| status.submission_date_time());
    // Athena counts milliseconds, and some tools whole seconds.
    submitted.is_some_and(|submitted| submitted.secs() < began_at.timestamp())
}

fn state(execution: &QueryExecution) -> Option<&QueryExecutionState> {
    execution.status()?.state()
}

fn tell(told: &mut Told, execution: &QueryExecution) {
    let Some(statistics) = execution.statistics() else { return };
    let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    let time = |value| Duration::from_millis(number(value).unwrap_or_default());
    told.ran(
        number(statistics.data_scanned_in_bytes()),
        time(statistics.query_queue_time_in_millis()),
        time(statistics.engine_execution_time_in_millis()),
    );
}

fn failure(execution: &QueryExecution) -> Failed {
    let status = execution.status();
    let reported = status.and_then(|status| status.athena_error());
    let reason = status
        .and_then(|status| status.state_change_reason())
        .or(reported.and_then(Reported::error_message))
        .unwrap_or("Athena gives no reason")
        .to_owned();
    let outcome = match state(execution) {
        Some(QueryExecutionState::Cancelled) => "cancelled".to_owned(),
        _ => format!("failed ({})", category(reported.and_then(|reported| reported.error_category()))),
    };
    let error_type = reported.and_then(|reported| reported.error_type()).unwrap_or_default();
    let lower = reason.to_ascii_lowercase();
    // 401 and 402 are failures to write results, 1500 and 1501 are permissions.
    // https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
    let is_refusal = matches!(error_type, 401 | 402 | 1500 | 1501)
        || ["access denied", "accessdenied", "permission", "not authorized", "unload"]
            .iter()
            .any(|words| lower.contains(words));
    let execution_id = execution.query_execution_id().unwrap_or_default().to_owned();
    let hint = hint(&reason);
    Failed {
        error: AthenaError::QueryFailed { execution_id, outcome, reason, hint },
        retryable: reported.is_some_and(|reported| reported.retryable()),
        is_refusal,
    }
}

/// Whose fault Athena says it is (<https://docs.aws.amazon.com/athena/latest/APIReference/API_AthenaError.html>).
fn category(category: Option<i32>) -> &'static str {
    match category {
        Some(1) => "a fault of Athena's own",
        Some(2) => "a fault of the query, the table or a permission",
        Some(_) => "a fault that is neither the query's nor Athena's",
        None => "Athena does not say whose fault",
    }
}
