//! The columns of an answer, taken by name and type: where they are not what the question promises, nothing is read.

use arrow::array::{Array, AsArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type};
use bill::Amount;
use chrono::NaiveDate;

use super::RefreshError;

/// A text column. Values that Postgres cannot hold are refused when they are read.
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
