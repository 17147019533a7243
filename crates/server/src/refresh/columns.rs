//! The columns of an answer, taken by name and type: where they are not what the question promises, nothing is read.

use arrow::array::{Array, AsArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type};
use bill::Amount;
use chrono::NaiveDate;

use super::RefreshError;

/// A text column. Values that Postgres cannot hold are refused when they are read.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'b> {
    name: &'static str,
    values: &'b StringViewArray,
}

impl<'b> Texts<'b> {
    pub(crate) fn of(batch: &'b RecordBatch, name: &'static str) -> Result<Self, RefreshError> {
        let column = column(batch, name)?;
        let values = column.as_string_view_opt().ok_or_else(|| unexpected(name, column.data_type()))?;
        Ok(Self { name, values })
    }

    /// The text of a row; `None` where the bill leaves it out.
    pub(crate) fn get(&self, row: usize) -> Result<Option<&'b str>, RefreshError> {
        if self.values.is_null(row) {
            return Ok(None);
        }
        let text = self.values.value(row);
        if text.is_empty() {
            return Ok(None);
        }
        if text.contains('\0') {
            return Err(RefreshError::NullCharacter { column: self.name });
        }
        Ok(Some(text))
    }

    /// Where the text of a row lies. Within one column of one batch, equal places hold equal texts; a text that is left out
    /// and an empty one, which are the same to [`Texts::get`], have place 0.
    pub(crate) fn view(&self, row: usize) -> u128 {
        if self.values.is_null(row) { 0 } else { self.values.views()[row] }
    }
}

/// A column of exact decimals with twelve places.
pub(crate) struct Amounts<'b>(&'b Decimal128Array);

impl<'b> Amounts<'b> {
    pub(crate) fn of(batch: &'b RecordBatch, name: &'static str) -> Result<Self, RefreshError> {
        let column = column(batch, name)?;
        let values = column.as_primitive_opt::<Decimal128Type>().ok_or_else(|| unexpected(name, column.data_type()))?;
        if values.scale() != Amount::SCALE as i8 {
            return Err(unexpected(name, column.data_type()));
        }
        Ok(Self(values))
    }

    /// The amount of a row; nothing where the bill leaves it out.
    pub(crate) fn get(&self, row: usize) -> Amount {
        if self.0.is_null(row) { Amount::ZERO } else { Amount::from_raw(self.0.value(row)) }
    }
}

/// A column of days.
pub(crate) struct Days<'b>(&'b Date32Array);

impl<'b> Days<'b> {
    pub(crate) fn of(batch: &'b RecordBatch, name: &'static str) -> Result<Self, RefreshError> {
        let column = column(batch, name)?;
        column.as_primitive_opt::<Date32Type>().map(Self).ok_or_else(|| unexpected(name, column.data_type()))
    }

    pub(crate) fn get(&self, row: usize) -> Option<NaiveDate> {
        if self.0.is_null(row) { None } else { NaiveDate::from_epoch_days(self.0.value(row)) }
    }
}

/// A column of counts.
pub(crate) struct Counts<'b>(&'b Int64Array);

impl<'b> Counts<'b> {
    pub(crate) fn of(batch: &'b RecordBatch, name: &'static str) -> Result<Self, RefreshError> {
        let column = column(batch, name)?;
        column.as_primitive_opt::<Int64Type>().map(Self).ok_or_else(|| unexpected(name, column.data_type()))
    }

    pub(crate) fn get(&self, row: usize) -> i64 {
        if self.0.is_null(row) { 0 } else { self.0.value(row) }
    }
}

fn column<'b>(batch: &'b RecordBatch, name: &'static str) -> Result<&'b dyn Array, RefreshError> {
    let column = batch.column_by_name(name).ok_or(RefreshError::AnswerLacks { column: name })?;
    Ok(column.as_ref())
}

fn unexpected(column: &'static str, found: &DataType) -> RefreshError {
    RefreshError::AnswerType { column, found: found.to_string() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{Field, Schema};

    use super::*;

    #[test]
    fn rows_whose_texts_lie_in_one_place_say_the_same() {
        let long = "a text that is too long to lie in its own row";
        let texts = [Some("short"), Some(long), None, Some(""), Some("short"), Some(long), Some("shorter")];
        // The second, sixth: the same text written once, as an answer has it.
        let mut builder = arrow::array::StringViewBuilder::new().with_deduplicate_strings();
        texts.iter().for_each(|text| builder.append_option(*text));
        let schema = Schema::new(vec![Field::new("text", DataType::Utf8View, true)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(builder.finish())]).expect("a batch");
        let column = Texts::of(&batch, "text").expect("a column of texts");
        for one in 0..texts.len() {
            for other in 0..texts.len() {
                let says = |row| column.get(row).expect("no null character");
                assert_eq!(column.view(one) == column.view(other), says(one) == says(other), "{one} and {other}");
            }
        }
    }
}
