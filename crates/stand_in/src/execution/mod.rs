//! Queries that were started: what is known of each.

mod ddl;
mod query;
pub(crate) mod run;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::counters::ExecutionRecord;
use crate::output::columns::Column;
use crate::output::csv::ResultFile;
use crate::settings::{Encryption, Workgroup};
use crate::sql::Statement;
use crate::{Failure, clock};

/// Where a query is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// What a query was started with, after its workgroup had its say.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) query: String,
    pub(crate) parameters: Vec<String>,
    pub(crate) token: Option<String>,
    pub(crate) catalog: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) workgroup_name: String,
    pub(crate) workgroup: Workgroup,
    /// The folder of results; nothing where Athena keeps them itself.
    pub(crate) output_location: Option<String>,
    pub(crate) encryption: Option<Encryption>,
}

/// What a query left.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The rows of a SELECT.
    Rows { columns: Vec<Column>, file: ResultFile },
    /// Files that were written, and the list of them.
    Written { rows: u64, manifest: Option<String> },
    /// A change of the catalog.
    Done,
}

/// One query.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    pub(crate) id: String,
    pub(crate) order: Arc<Order>,
    pub(crate) statement: Arc<Statement>,
    pub(crate) starts: u64,
    pub(crate) state: State,
    pub(crate) failure: Option<Failure>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) submitted: DateTime<Utc>,
    pub(crate) running: Option<DateTime<Utc>>,
    pub(crate) completed: Option<DateTime<Utc>>,
    pub(crate) bytes_read: Arc<AtomicU64>,
    pub(crate) stop: CancellationToken,
}

impl Execution {
    pub(crate) fn new(order: Order, statement: Statement) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            order: Arc::new(order),
            statement: Arc::new(statement),
            starts: 1,
            state: State::Queued,
            failure: None,
            outcome: None,
            submitted: clock::now(),
            running: None,
            completed: None,
            bytes_read: Arc::default(),
            stop: CancellationToken::new(),
        }
    }

    pub(crate) fn bytes_scanned(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    pub(crate) fn rows(&self) -> u64 {
        match &self.outcome {
            // The header is not one of them.
            Some(Outcome::Rows { file, .. }) => file.rows() as u64 - 1,
            Some(Outcome::Written { rows, .. }) => *rows,
            _ => 0,
        }
    }

    fn record(&self) -> ExecutionRecord {
        ExecutionRecord {
            id: self.id.clone(),
            token: self.order.token.clone(),
            starts: self.starts,
            query: self.order.query.clone(),
            parameters: self.order.parameters.clone(),
            state: self.state.name().to_owned(),
            bytes_scanned: self.bytes_scanned(),
            rows: self.rows(),
            reason: self.failure.as_ref().map(|failure| failure.message.clone()),
        }
    }
}

/// All queries since the stand-in started.
#[derive(Debug, Default)]
pub(crate) struct Executions {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    in_order: Vec<String>,
    by_id: HashMap<String, Execution>,
}

impl Executions {
    /// Adds a query, unless its token was used before: then that query's id comes back, if it is the same query.
    pub(crate) fn add(&self, execution: Execution) -> Result<Added, ()> {
        let mut inner = self.lock();
        if let Some(token) = &execution.order.token {
            let known = inner.by_id.values_mut().find(|known| known.order.token.as_ref() == Some(token));
            if let Some(known) = known {
                if !known.order.asks_the_same(&execution.order) {
                    return Err(());
                }
                known.starts += 1;
                return Ok(Added::Known(known.id.clone()));
            }
        }
        let id = execution.id.clone();
        inner.in_order.push(id.clone());
        inner.by_id.insert(id.clone(), execution);
        Ok(Added::New(id))
    }

    pub(crate) fn get(&self, id: &str) -> Option<Execution> {
        self.lock().by_id.get(id).cloned()
    }

    /// Changes a query that has not ended yet; what has ended stays as it is.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Execution)) {
        if let Some(execution) = self.lock().by_id.get_mut(id).filter(|execution| !execution.state.is_final()) {
            change(execution);
        }
    }

    /// The newest first.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.lock().in_order.iter().rev().cloned().collect()
    }

    /// In the order in which they were started.
    pub(crate) fn records(&self) -> Vec<ExecutionRecord> {
        let inner = self.lock();
        inner.in_order.iter().filter_map(|id| inner.by_id.get(id)).map(Execution::record).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // Whoever panicked while holding it left whole entries behind.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a query is new.
pub(crate) enum Added {
    New(String),
    Known(String),
}

impl Order {
    /// Everything that Athena compares when a token comes again.
    fn asks_the_same(&self, other: &Self) -> bool {
        self.query == other.query
            && self.parameters == other.parameters
            && self.database.as_deref() == other.database.as_deref()
            && self.catalog.as_deref() == other.catalog.as_deref()
            && self.workgroup_name == other.workgroup_name
            && self.output_location == other.output_location
            && self.encryption == other.encryption
    }

    /// The database of tables that are named without one.
    pub(crate) fn database(&self) -> &str {
        self.database.as_deref().unwrap_or("default")
    }
}
