//! Parquet files that UNLOAD has written, read as they are: a few row groups at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use aws_sdk_athena::types::QueryExecution;
use backon::BackoffBuilder;
use datafusion::parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryFutureExt};

use super::super::{AthenaEngine, AthenaError, retry};
use super::{execution_id, typed, unreadable};
use crate::place::Stamp;
use crate::s3::{S3Error, S3Reader, cause_in_s3};
use crate::{EngineError, S3Location};

/// How many files are read at a time: while one is decoded, others are on their way.
const FILES_AT_A_TIME: usize = 4;

/// How often files are looked for that are not listed.
const LOOKED_FOR_AGAIN: usize = 6;

/// The folder of a query that UNLOAD writes to, as a literal. It must be empty, so nothing else is put there.
pub(in super::super) fn rows_literal(folder: &str) -> String {
    format!("'{}rows/'", folder.replace('\'', "''"))
}

impl AthenaEngine {
    pub(super) async fn unloaded(
        &self,
        token: &str,
        execution: &QueryExecution,
        schema: &SchemaRef,
    ) -> Result<BoxStream<'static, Result<RecordBatch, EngineError>>, AthenaError> {
        let id = execution_id(execution).to_owned();
        let (results, files) = self.written_by_now(token, execution).await?;
        let Some(files) = files else {
            return Err(unreadable(&id, "files that UNLOAD has written are not there any more"));
        };
        let schema = Arc::clone(schema);
        let read = move |(key, stamp): (String, Stamp)| {
            let (reader, id, schema) = (S3Reader::new(results.clone(), &key, stamp), id.clone(), Arc::clone(&schema));
            async move {
                let failed = {
                    let id = id.clone();
                    move |error: &(dyn std::error::Error + 'static)| failed(&id, &key, error)
                };
                let builder = ParquetRecordBatchStreamBuilder::new(reader).await.map_err(|error| failed(&error))?;
                let batches = builder.with_batch_size(8192).build().map_err(|error| failed(&error))?;
                Ok::<_, EngineError>(batches.map(move |batch| {
                    let batch = batch.map_err(|error| failed(&error))?;
                    typed::as_declared(&schema, &batch).map_err(|error| failed(&error))
                }))
            }
            .boxed()
            .try_flatten_stream()
            .boxed()
        };
        Ok(stream::iter(files).map(read).flatten_unordered(FILES_AT_A_TIME).boxed())
    }

    pub(super) async fn still_unloaded(
        &self,
        token: &str,
        execution: &QueryExecution,
        is_new: bool,
    ) -> Result<bool, AthenaError> {
        let (_, files) = self.written(token, execution).await?;
        // An answer without rows has no files; nor has one that was removed, when there is no list to tell of them.
        Ok(files.is_some_and(|files| is_new || manifest(execution).is_some() || !files.is_empty()))
    }

    /// What was written a moment ago may not be listed yet: it is looked for again for some seconds before it is taken to be
    /// gone.
    async fn written_by_now(
        &self,
        token: &str,
        execution: &QueryExecution,
    ) -> Result<(S3Location, Option<Vec<(String, Stamp)>>), AthenaError> {
        let mut waits = retry::waits().with_max_times(LOOKED_FOR_AGAIN).build();
        loop {
            let (results, files) = self.written(token, execution).await?;
            match waits.next().filter(|_| files.is_none()) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Ok((results, files)),
            }
        }
    }

    /// The files that hold the rows: those on Athena's list, or all in the folder where it keeps none. Nothing when one on
    /// the list, or the list itself, is not there any more.
    async fn written(
        &self,
        token: &str,
        execution: &QueryExecution,
    ) -> Result<(S3Location, Option<Vec<(String, Stamp)>>), AthenaError> {
        let id = execution_id(execution);
        let Some(results) = self.shared.options.results.clone() else {
            return Err(unreadable(id, "`[athena] results` is not configured, and UNLOAD needs a place for them"));
        };
        let folder = format!("{}/{token}/rows/", results.prefix());
        let there: BTreeMap<String, Stamp> =
            results.list(&folder).await?.into_iter().map(|object| (object.key, object.stamp)).collect();
        let Some(list) = manifest(execution) else {
            return Ok((results, Some(there.into_iter().filter(|(_, stamp)| stamp.size > 0).collect())));
        };
        let Some(listed) = self.read_list(list).await? else { return Ok((results, None)) };
        let beginning = format!("s3://{}/", results.bucket());
        let mut files = Vec::new();
        for address in listed.lines().map(|line| line.trim().trim_matches('"')).filter(|line| !line.is_empty()) {
            let key = address.strip_prefix(&beginning).filter(|key| key.starts_with(&folder));
            let key = key.ok_or_else(|| unreadable(id, format!("{list} names {address}, which is not in {folder}")))?;
            match there.get(key) {
                Some(stamp) if stamp.size == 0 => {}
                Some(stamp) => files.push((key.to_owned(), stamp.clone())),
                None => return Ok((results, None)),
            }
        }
        Ok((results, Some(files)))
    }

    /// The text of Athena's list of files; nothing when it is not there any more.
    async fn read_list(&self, address: &str) -> Result<Option<String>, AthenaError> {
        let Some((location, key, stamp)) = self.find(address).await? else { return Ok(None) };
        let bytes = match location.get(&key, &stamp, None).await {
            Ok(bytes) => bytes,
            Err(S3Error::NoSuchObject { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

fn manifest(execution: &QueryExecution) -> Option<&str> {
    execution.statistics()?.data_manifest_location().filter(|location| !location.is_empty())
}

fn failed(execution_id: &str, key: &str, error: &(dyn std::error::Error + 'static)) -> EngineError {
    let source = match cause_in_s3(error) {
        Some(in_s3) => AthenaError::S3(in_s3),
        None => unreadable(execution_id, format!("{key}: {error}")),
    };
    EngineError::AthenaResults { source: Box::new(source) }
}
