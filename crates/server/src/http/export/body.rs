use axum::BoxError;
use axum::body::Body;
use futures::stream::try_unfold;
use store::StoreError;
use store::snapshot::{ArrangedRow, CostStream};
use tokio::sync::OwnedSemaphorePermit;

use super::Encoder;
use crate::http::problem::chain;

/// The bytes of a table, written as its rows are read.
pub(crate) struct Written {
    stream: CostStream,
    /// Rows that were read before they were asked for; `None` inside where there are none at all.
    first: Option<Option<Vec<ArrangedRow>>>,
    encoder: Box<dyn Encoder>,
    has_ended: bool,
    rows: i64,
}

impl Written {
    pub(super) fn new(stream: CostStream, encoder: Box<dyn Encoder>) -> Self {
        Self { stream, first: None, encoder, has_ended: false, rows: 0 }
    }

    /// Reads the first rows, so that what fails by then is known.
    ///
    /// # Errors
    /// Where the database fails.
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        if self.first.is_none() {
            self.first = Some(self.stream.next().await?);
        }
        Ok(())
    }

    /// How many rows have been written.
    pub(crate) fn rows(&self) -> i64 {
        self.rows
    }

    /// The next bytes; `None` after the last.
    ///
    /// # Errors
    /// Where the database fails, or what it found cannot be written.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, BoxError> {
        while !self.has_ended {
            let rows = match self.first.take() {
                Some(first) => first,
                None => self.stream.next().await?,
            };
            let bytes = match rows {
                Some(rows) => {
                    self.rows += i64::try_from(rows.len()).unwrap_or_default();
                    self.encoder.rows(rows)?
                }
                None => {
                    self.has_ended = true;
                    self.encoder.end()?
                }
            };
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// As a body that is sent in this place, which is given back when that has been sent or nobody reads it any more. An error
    /// in it cuts the connection.
    pub(super) fn into_body(self, place: OwnedSemaphorePermit) -> Body {
        Body::from_stream(try_unfold((self, place), |(mut written, place)| async move {
            let part = written.next().await.inspect_err(|error| {
                tracing::error!(
                    cause = chain(error.as_ref()),
                    "an export was cut off: its rows could not be read to the end"
                );
            })?;
            Ok::<_, BoxError>(part.map(|part| (part, (written, place))))
        }))
    }
}
