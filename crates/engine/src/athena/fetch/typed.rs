//! From what Athena gives to what a question declares: strictly, so that nothing is rounded, cut or lost.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringViewArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

/// The same columns, all of them text: how a result file and a page give them.
pub(super) fn as_text(declared: &SchemaRef) -> SchemaRef {
    let fields = declared.fields().iter().map(|field| Field::new(field.name(), DataType::Utf8, true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A batch with the declared columns in the declared types. Refuses other columns, values that are none of the type, and a
/// NULL where there may be none. An empty text is NULL: the texts in `sql/` make it so.
pub(super) fn as_declared(declared: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let found = batch.schema();
    let names = |schema: &Schema| schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    if names(&found) != names(declared) {
        return Err(ArrowError::SchemaError(format!("it has the columns {:?}", names(&found))));
    }
    let columns = batch
        .columns()
        .iter()
        .zip(declared.fields())
        .map(|(column, field)| typed(column, field))
        .collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::clone(declared), columns)
}

fn typed(column: &ArrayRef, field: &Field) -> Result<ArrayRef, ArrowError> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let named = |error: ArrowError| ArrowError::CastError(format!("column `{}`: {error}", field.name()));
    if !is_exact(column.data_type(), field.data_type()) {
        return Err(named(ArrowError::CastError(format!("it is {}", column.data_type()))));
    }
    let cast = cast_with_options(column, field.data_type(), &strict).map_err(named)?;
    match cast.as_string_view_opt() {
        Some(texts) => {
            Ok(Arc::new(texts.iter().map(|text| text.filter(|text| !text.is_empty())).collect::<StringViewArray>()))
        }
        None => Ok(cast),
    }
}

/// Whether a cast loses nothing. A float would have, before it came here.
fn is_exact(found: &DataType, declared: &DataType) -> bool {
    let is_text = matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    match declared {
        DataType::Decimal128(_, scale) => {
            is_text || found.is_integer() || matches!(found, DataType::Decimal128(_, found) if found <= scale)
        }
        DataType::Int64 => is_text || found.is_integer(),
        DataType::Date32 => is_text || *found == DataType::Date32,
        _ => is_text,
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, Float64Array, StringArray};
    use arrow::datatypes::{Decimal128Type, Int64Type};

    use super::*;

    fn declared() -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("day", DataType::Date32, false),
            Field::new("name", DataType::Utf8View, true),
            Field::new("cost", DataType::Decimal128(38, 12), false),
            Field::new("lines", DataType::Int64, false),
        ]))
    }

    fn texts(values: [Option<&str>; 4]) -> RecordBatch {
        let columns = values.map(|value| Arc::new(StringArray::from(vec![value])) as ArrayRef);
        RecordBatch::try_new(as_text(&declared()), columns.into()).expect("a batch")
    }

    #[test]
    fn texts_become_what_is_declared_to_the_last_digit() {
        let cost = "-12345678901234567890123456.123456789012";
        let batch = texts([Some("2026-10-05"), Some(""), Some(cost), Some("9007199254740993")]);
        let typed = as_declared(&declared(), &batch).expect("typed");
        assert_eq!(typed.column(2).as_primitive::<Decimal128Type>().value_as_string(0), cost);
        assert_eq!(typed.column(3).as_primitive::<Int64Type>().value(0), 9_007_199_254_740_993);
        assert!(typed.column(1).is_null(0));
    }

    #[test]
    fn what_is_no_value_of_the_type_is_refused() {
        for (values, reason) in [
            ([Some("2026-10-05"), None, Some("1.0x"), Some("1")], "column `cost`"),
            ([Some("5 October"), None, Some("1"), Some("1")], "column `day`"),
            ([Some("2026-10-05"), None, Some("1"), Some("1.5")], "column `lines`"),
            ([Some("2026-10-05"), None, None, Some("1")], "cost"),
        ] {
            let error = as_declared(&declared(), &texts(values)).expect_err("a refusal").to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn floats_are_refused_where_money_is_declared() {
        let declared = Arc::new(Schema::new(vec![Field::new("cost", DataType::Decimal128(38, 12), false)]));
        let given = Arc::new(Schema::new(vec![Field::new("cost", DataType::Float64, false)]));
        let batch = RecordBatch::try_new(given, vec![Arc::new(Float64Array::from(vec![1.5]))]).expect("a batch");
        assert!(as_declared(&declared, &batch).is_err());
    }
}
