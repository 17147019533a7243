//! The life of a query: it waits, it runs, it ends in one of three ways.

use std::sync::Arc;
use std::time::Duration;

use super::{Execution, Outcome, State, ddl, query};
use crate::sql::Statement;
use crate::world::World;
use crate::{Failure, clock};

/// Runs a query to its end. Its state can be watched meanwhile.
pub(crate) async fn run(world: Arc<World>, id: String) {
    let Some(execution) = world.executions.get(&id) else { return };
    let settings = world.settings();
    let stopped = execution.stop.clone();
    let life = async {
        tokio::time::sleep(Duration::from_millis(settings.queue_ms)).await;
        world.executions.change(&id, |execution| {
            execution.state = State::Running;
            execution.running = Some(clock::now());
        });
        tokio::time::sleep(Duration::from_millis(settings.run_ms)).await;
        work(&world, &execution).await
    };
    let (state, ended) = tokio::select! {
        () = stopped.cancelled() => (State::Cancelled, Err(None)),
        ended = life => match ended {
            Ok(outcome) => (State::Succeeded, Ok(outcome)),
            Err(End::Failed(failure)) => (State::Failed, Err(Some(failure))),
            Err(End::TooManyBytes) => (State::Cancelled, Err(Some(too_many_bytes()))),
        },
    };
    tracing::info!(%id, state = state.name(), scanned_bytes = execution.bytes_scanned(), "query ended");
    world.executions.change(&id, |execution| {
        execution.state = state;
        execution.completed = Some(clock::now());
        match ended {
            Ok(outcome) => execution.outcome = Some(outcome),
            Err(failure) => execution.failure = failure,
        }
    });
}

/// Why a query did not succeed.
pub(super) enum End {
    Failed(Failure),
    TooManyBytes,
}

impl<F: Into<Failure>> From<F> for End {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

async fn work(world: &World, execution: &Execution) -> Result<Outcome, End> {
    if let Some(failure) = world.next_failure() {
        return Err(End::Failed(failure));
    }
    match execution.statement.as_ref() {
        Statement::Select(query) => query::select(world, execution, query).await,
        Statement::Unload { query, to, options } => query::unload(world, execution, query, to, options).await,
        Statement::CreateTableAs { name, query, options } => {
            query::create_table_as(world, execution, name, query, options).await
        }
        definition => ddl::change(world, execution, definition).map_err(End::Failed),
    }
}

/// <https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-cloudwatch.html>
fn too_many_bytes() -> Failure {
    Failure {
        category: 2,
        error_type: 1014,
        retryable: false,
        message: "Query cancelled! : Bytes scanned limit was exceeded".to_owned(),
    }
}
