//! Results by pages of a thousand rows: all of them, in order.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use aws_sdk_athena::types::{ResultSet, Row};
use futures::StreamExt;
use futures::stream::{self, BoxStream};

use super::super::{AthenaEngine, AthenaError};
use super::{typed, unreadable};
use crate::EngineError;

/// Which page comes next.
enum Next {
    First,
    After(String),
    None,
}

impl AthenaEngine {
    pub(super) fn pages(
        &self,
        execution_id: &str,
        schema: &SchemaRef,
    ) -> BoxStream<'static, Result<RecordBatch, EngineError>> {
        let (engine, id, schema) = (self.clone(), execution_id.to_owned(), Arc::clone(schema));
        let batches = stream::try_unfold(Next::First, move |next| {
            let (engine, id, schema) = (engine.clone(), id.clone(), Arc::clone(&schema));
            async move {
                let (is_first, after) = match next {
                    Next::First => (true, None),
                    Next::After(token) => (false, Some(token)),
                    Next::None => return Ok(None),
                };
                let page = engine.page(&id, after).await?;
                let rows = page.result_set().map(ResultSet::rows).unwrap_or_default();
                let batch = read(&id, rows, is_first, &schema)?;
                let next = page.next_token.map_or(Next::None, Next::After);
                Ok(Some((batch, next)))
            }
        });
        batches.map(|batch| batch.map_err(|source| EngineError::AthenaResults { source: Box::new(source) })).boxed()
    }

    /// Athena keeps managed results for a day.
    pub(super) async fn still_has_pages(&self, execution_id: &str) -> Result<bool, AthenaError> {
        match self.page(execution_id, None).await {
            Ok(_) => Ok(true),
            Err(AthenaError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The rows of a page. The first row of the first page is the header.
fn read(execution_id: &str, rows: &[Row], is_first: bool, schema: &SchemaRef) -> Result<RecordBatch, AthenaError> {
    let rows = match (is_first, rows.split_first()) {
        (false, _) => rows,
        (true, Some((header, rows))) => {
            let names: Vec<&str> = header.data().iter().map(|name| name.var_char_value().unwrap_or_default()).collect();
            if names.iter().ne(schema.fields().iter().map(|field| field.name()).collect::<Vec<_>>().iter()) {
                return Err(unreadable(execution_id, format!("they have the columns {names:?}")));
            }
            rows
        }
        (true, None) => return Err(unreadable(execution_id, "the first page has no header")),
    };
    let text = typed::as_text(schema);
    let mut columns: Vec<StringBuilder> = text.fields().iter().map(|_| StringBuilder::new()).collect();
    for row in rows {
        if row.data().len() != columns.len() {
            let (found, declared) = (row.data().len(), columns.len());
            return Err(unreadable(execution_id, format!("a row has {found} values, and {declared} are declared")));
        }
        for (column, value) in columns.iter_mut().zip(row.data()) {
            column.append_option(value.var_char_value());
        }
    }
    let columns = columns.into_iter().map(|mut column| Arc::new(column.finish()) as ArrayRef).collect();
    let batch = RecordBatch::try_new(text, columns).map_err(|error| unreadable(execution_id, error))?;
    typed::as_declared(schema, &batch).map_err(|error| unreadable(execution_id, error))
}
