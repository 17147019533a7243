use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

/// A type of Hive, as table definitions say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HiveType {
    /// `string`, and `varchar(n)` and `char(n)`, whose length is not kept.
    String,
    /// `boolean`
    Boolean,
    /// `int`
    Int,
    /// `bigint`
    Bigint,
    /// `float`
    Float,
    /// `double`
    Double,
    /// `decimal(precision,scale)`
    Decimal(u8, i8),
    /// `date`
    Date,
    /// `timestamp`, with milliseconds
    Timestamp,
    /// `map<key,value>`
    Map(Box<HiveType>, Box<HiveType>),
    /// `array<item>`
    Array(Box<HiveType>),
}

impl HiveType {
    /// Reads a type.
    ///
    /// # Errors
    ///
    /// When the stand-in does not know it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().to_lowercase();
        let inside = |name: &str, open: char, close: char| {
            text.strip_prefix(name)?.trim_start().strip_prefix(open)?.strip_suffix(close).map(str::to_owned)
        };
        if let Some(parts) = inside("map", '<', '>') {
            let (key, value) = parts.split_once(',').ok_or_else(|| format!("`{text}` has no type of values"))?;
            return Ok(Self::Map(Box::new(Self::parse(key)?), Box::new(Self::parse(value)?)));
        }
        if let Some(item) = inside("array", '<', '>') {
            return Ok(Self::Array(Box::new(Self::parse(&item)?)));
        }
        if let Some(parts) = inside("decimal", '(', ')') {
            let (precision, scale) = parts.split_once(',').unwrap_or((&parts, "0"));
            let number = |_| format!("`{text}` is not a decimal");
            return Ok(Self::Decimal(precision.trim().parse().map_err(number)?, scale.trim().parse().map_err(number)?));
        }
        if inside("varchar", '(', ')').is_some() || inside("char", '(', ')').is_some() {
            return Ok(Self::String);
        }
        match text.as_str() {
            "string" | "varchar" => Ok(Self::String),
            "boolean" => Ok(Self::Boolean),
            "int" | "integer" => Ok(Self::Int),
            "bigint" => Ok(Self::Bigint),
            "float" | "real" => Ok(Self::Float),
            "double" => Ok(Self::Double),
            "date" => Ok(Self::Date),
            "timestamp" => Ok(Self::Timestamp),
            _ => Err(format!("the stand-in does not know the type `{text}`")),
        }
    }

    /// The type as it is read.
    pub(crate) fn arrow(&self) -> DataType {
        match self {
            Self::String => DataType::Utf8View,
            Self::Boolean => DataType::Boolean,
            Self::Int => DataType::Int32,
            Self::Bigint => DataType::Int64,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Millisecond, None),
            Self::Map(key, value) => {
                let parts = Fields::from(vec![
                    Field::new("key", key.nested(), false),
                    Field::new("value", value.nested(), true),
                ]);
                DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(parts), false)), false)
            }
            Self::Array(item) => DataType::List(Arc::new(Field::new("element", item.nested(), true))),
        }
    }

    /// Texts inside maps and lists are kept whole.
    fn nested(&self) -> DataType {
        match self {
            Self::String => DataType::Utf8,
            other => other.arrow(),
        }
    }

    /// The type that a crawler finds for a column of a file.
    pub(crate) fn of(found: &DataType) -> Result<Self, String> {
        match found {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(Self::String),
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Ok(Self::String),
            DataType::Dictionary(_, values) => Self::of(values),
            DataType::Boolean => Ok(Self::Boolean),
            DataType::Int8 | DataType::Int16 | DataType::Int32 => Ok(Self::Int),
            DataType::Int64 => Ok(Self::Bigint),
            DataType::Float32 => Ok(Self::Float),
            DataType::Float64 => Ok(Self::Double),
            DataType::Decimal128(precision, scale) => Ok(Self::Decimal(*precision, *scale)),
            DataType::Date32 => Ok(Self::Date),
            DataType::Timestamp(_, _) => Ok(Self::Timestamp),
            DataType::List(item) => Ok(Self::Array(Box::new(Self::of(item.data_type())?))),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(parts) if parts.len() == 2 => {
                    Ok(Self::Map(Box::new(Self::of(parts[0].data_type())?), Box::new(Self::of(parts[1].data_type())?)))
                }
                other => Err(format!("the stand-in does not know a map of {other}")),
            },
            other => Err(format!("the stand-in does not know the type {other}")),
        }
    }
}

impl fmt::Display for HiveType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => formatter.write_str("string"),
            Self::Boolean => formatter.write_str("boolean"),
            Self::Int => formatter.write_str("int"),
            Self::Bigint => formatter.write_str("bigint"),
            Self::Float => formatter.write_str("float"),
            Self::Double => formatter.write_str("double"),
            Self::Decimal(precision, scale) => write!(formatter, "decimal({precision},{scale})"),
            Self::Date => formatter.write_str("date"),
            Self::Timestamp => formatter.write_str("timestamp"),
            Self::Map(key, value) => write!(formatter, "map<{key},{value}>"),
            Self::Array(item) => write!(formatter, "array<{item}>"),
        }
    }
}
