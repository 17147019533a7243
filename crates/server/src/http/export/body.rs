use axum::BoxError;
use axum::body::Body;
use futures::stream::try_unfold;
use store::snapshot::{ArrangedRow, CostStream};
use tokio::sync::OwnedSemaphorePermit;

use super::Encoder;
use crate::http::problem::chain;

/// An answer that is being sent.
pub(super) struct Sending {
    rows: CostStream,
    /// Rows that were read before the answer began; `None` inside where there are none at all.
    first: Option<Option<Vec<ArrangedRow>>>,
    encoder: Box<dyn Encoder>,
    has_ended: bool,
    /// Given back when the answer has been sent, or nobody reads it any more.
    _place: OwnedSemaphorePermit,
}

impl Sending {
    pub(super) fn new(
        rows: CostStream,
        first: Option<Option<Vec<ArrangedRow>>>,
        encoder: Box<dyn Encoder>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self { rows, first, encoder, has_ended: false, _place: place }
    }

    /// The body. An error in it cuts the connection.
    pub(super) fn into_body(self) -> Body {
        Body::from_stream(try_unfold(self, |mut sending| async move {
            let part = sending.next().await.inspect_err(|error| {
                tracing::error!(
                    cause = chain(error.as_ref()),
                    "an export was cut off: its rows could not be read to the end"
                );
            })?;
            Ok::<_, BoxError>(part.map(|part| (part, sending)))
        }))
    }

    /// The next bytes; `None` after the last.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BoxError> {
        while !self.has_ended {
            let rows = match self.first.take() {
                Some(first) => first,
                None => self.rows.next().await?,
            };
            let bytes = match rows {
                Some(rows) => self.encoder.rows(rows)?,
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
}
