//! The columns of a result, with Athena's names for their types.

use arrow::datatypes::{DataType, Field, Schema};
use serde_json::{Value, json};

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) precision: i32,
    pub(crate) scale: i32,
}

impl Column {
    /// As GetQueryResults tells it.
    pub(crate) fn info(&self) -> Value {
        json!({
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.kind,
            "Precision": self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.is_text(),
        })
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.kind, "varchar" | "map" | "array" | "row")
    }
}

/// The columns of an answer.
pub(crate) fn of(schema: &Schema) -> Vec<Column> {
    schema.fields().iter().map(|field| of_field(field)).collect()
}

fn of_field(field: &Field) -> Column {
    let (kind, precision, scale) = match field.data_type() {
        DataType::Boolean => ("boolean", 0, 0),
        DataType::Int8 | DataType::UInt8 => ("tinyint", 3, 0),
        DataType::Int16 | DataType::UInt16 => ("smallint", 5, 0),
        DataType::Int32 | DataType::UInt32 => ("integer", 10, 0),
        DataType::Int64 | DataType::UInt64 => ("bigint", 19, 0),
        DataType::Float32 => ("float", 17, 0),
        DataType::Float64 => ("double", 17, 0),
        DataType::Decimal128(precision, scale) => ("decimal", i32::from(*precision), i32::from(*scale)),
        DataType::Date32 => ("date", 0, 0),
        DataType::Timestamp(_, _) => ("timestamp", 3, 0),
        DataType::Map(_, _) => ("map", 0, 0),
        DataType::List(_) | DataType::LargeList(_) => ("array", 0, 0),
        DataType::Struct(_) => ("row", 0, 0),
        _ => ("varchar", i32::MAX, 0),
    };
    Column { name: field.name().to_lowercase(), kind, precision, scale }
}
