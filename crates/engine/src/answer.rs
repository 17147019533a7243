use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::stream::BoxStream;

use crate::EngineError;

/// The rows that answer a question, as they come.
///
/// Every batch has exactly [`Answer::schema`]: text is `Utf8View`, money and quantities are `Decimal128(38, 12)`. Rows come
/// in no particular order. Dropping the stream cancels the work behind it.
pub struct Answer {
    /// Names, order and types of the columns, as the question declares them.
    pub schema: SchemaRef,
    /// The batches. After an error nothing more comes, and what came before must not be kept.
    pub batches: BoxStream<'static, Result<RecordBatch, EngineError>>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Answer").field("schema", &self.schema).finish_non_exhaustive()
    }
}
