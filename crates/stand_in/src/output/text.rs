//! Values as texts, written as Athena writes them in its CSV and in GetQueryResults.

use arrow::array::{Array, ArrayRef, AsArray, MapArray};
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// A column of a batch, ready to be written row by row.
pub(crate) enum TextColumn<'array> {
    Plain(&'array ArrayRef, ArrayFormatter<'array>),
    Double(&'array ArrayRef),
    Map(&'array MapArray, Box<TextColumn<'array>>, Box<TextColumn<'array>>),
}

impl<'array> TextColumn<'array> {
    pub(crate) fn new(array: &'array ArrayRef) -> Result<Self, ArrowError> {
        match array.data_type() {
            DataType::Float64 => Ok(Self::Double(array)),
            DataType::Map(_, _) => {
                let maps = array.as_map();
                Ok(Self::Map(maps, Box::new(Self::new(maps.keys())?), Box::new(Self::new(maps.values())?)))
            }
            _ => Ok(Self::Plain(array, ArrayFormatter::try_new(array.as_ref(), &OPTIONS)?)),
        }
    }

    /// The text of a row; nothing for NULL.
    pub(crate) fn value(&self, row: usize) -> Result<Option<String>, ArrowError> {
        let text = match self {
            Self::Plain(array, formatter) if array.is_valid(row) => formatter.value(row).try_to_string()?,
            Self::Double(array) if array.is_valid(row) => double(array.as_primitive::<Float64Type>().value(row)),
            Self::Map(maps, keys, values) if maps.is_valid(row) => {
                let offsets = maps.value_offsets();
                // Offsets of a valid map array are never negative.
                let entries = (offsets[row] as usize..offsets[row + 1] as usize).map(|entry| {
                    let null = || "null".to_owned();
                    let key = keys.value(entry)?.unwrap_or_else(null);
                    Ok(format!("{key}={}", values.value(entry)?.unwrap_or_else(null)))
                });
                format!("{{{}}}", entries.collect::<Result<Vec<_>, ArrowError>>()?.join(", "))
            }
            _ => return Ok(None),
        };
        Ok(Some(text))
    }
}

/// `2026-10-01 00:00:00.000` is a timestamp(3).
const OPTIONS: FormatOptions<'static> = FormatOptions::new().with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.3f"));

/// A double as Java writes it: as few digits as tell it from its neighbours, plain between 10⁻³ and 10⁷.
fn double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() };
    }
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{value:?}");
    }
    let scientific = format!("{value:E}");
    // Java always writes a digit after the point.
    match scientific.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => scientific,
    }
}

#[cfg(test)]
mod tests {
    use super::double;

    #[test]
    fn doubles_are_written_as_java_writes_them() {
        let cases = [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-0.0693, "-0.0693"),
            (0.001, "0.001"),
            (0.0009, "9.0E-4"),
            (1.25e-7, "1.25E-7"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (12_345_678.5, "1.23456785E7"),
            (f64::INFINITY, "Infinity"),
        ];
        for (value, expected) in cases {
            assert_eq!(double(value), expected);
        }
    }
}
