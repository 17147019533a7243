//! Reads what a query has answered, as it comes and however much it is.

mod csv;
mod pages;
mod typed;
mod unload;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use aws_sdk_athena::types::QueryExecution;
use futures::stream::BoxStream;

pub(super) use self::unload::rows_literal;
use super::options::Fetch;
use super::{AthenaEngine, AthenaError};
use crate::{EngineError, S3Location, S3Options};

/// The rows of a query, on their way.
pub(super) struct Fetched {
    pub(super) batches: BoxStream<'static, Result<RecordBatch, EngineError>>,
}

impl AthenaEngine {
    /// The rows of a query that has succeeded.
    pub(super) async fn fetched(
        &self,
        fetch: Fetch,
        token: &str,
        execution: &QueryExecution,
        schema: &SchemaRef,
    ) -> Result<Fetched, AthenaError> {
        let batches = match (fetch, output(execution)) {
            (Fetch::Unload, _) => self.unloaded(token, execution, schema).await?,
            // Where there is no file Athena keeps the results itself, whatever we knew of the workgroup.
            (Fetch::Pages, _) | (_, None) => self.pages(execution_id(execution), schema),
            (_, Some(output)) => self.result_file(execution_id(execution), output, schema).await?,
        };
        Ok(Fetched { batches })
    }

    /// Whether what a query has answered is still there. `is_new`: this process has started it.
    pub(super) async fn still_has_results(
        &self,
        fetch: Fetch,
        token: &str,
        execution: &QueryExecution,
        is_new: bool,
    ) -> Result<bool, AthenaError> {
        match (fetch, output(execution)) {
            (Fetch::Unload, _) => self.still_unloaded(token, execution, is_new).await,
            (Fetch::Pages, _) | (_, None) => self.still_has_pages(execution_id(execution)).await,
            (_, Some(output)) => Ok(self.find(output).await?.is_some()),
        }
    }

    /// A place in S3 that Athena has named.
    pub(super) fn location(&self, address: &str) -> Result<S3Location, AthenaError> {
        let options = match &self.shared.options.results {
            Some(results) => S3Options { requester_pays: false, ..results.options().clone() },
            None => S3Options {
                endpoint_url: self.shared.options.endpoint_url.clone(),
                expected_bucket_owner: self.shared.options.expected_bucket_owner.clone(),
                ..S3Options::default()
            },
        };
        let made = match &self.shared.sdk {
            Some(sdk) => S3Location::with_sdk_config(address, options, sdk.clone()),
            None => S3Location::new(address, options),
        };
        made.map_err(|error| AthenaError::Results { execution_id: "?".to_owned(), reason: error.to_string() })
    }
}

/// Where the file of the results is; nothing where Athena keeps them itself.
fn output(execution: &QueryExecution) -> Option<&str> {
    execution.result_configuration()?.output_location().filter(|location| !location.is_empty())
}

fn execution_id(execution: &QueryExecution) -> &str {
    execution.query_execution_id().unwrap_or_default()
}

/// Something in the results that should not be.
fn unreadable(execution_id: &str, reason: impl std::fmt::Display) -> AthenaError {
    AthenaError::Results { execution_id: execution_id.to_owned(), reason: reason.to_string() }
}
