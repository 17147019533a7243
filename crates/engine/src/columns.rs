//! The columns of an export that the questions read, with their types.
//!
//! The types are declared here, once, and not taken from the files: an export may lack a column (then it reads as
//! NULL), has a hundred more than are read, and its files need not agree on how a type is written. The names and types
//! are those of AWS's table dictionary (<https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html>).

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Amount,
    Time,
    TextMap,
}

use Kind::{Amount, Text, TextMap, Time};

/// Every column that a question reads, except the partition.
pub(crate) const COLUMNS: [(&str, Kind); 26] = [
    ("bill_billing_entity", Text),
    ("bill_billing_period_start_date", Time),
    ("bill_invoice_id", Text),
    ("bill_payer_account_id", Text),
    ("cost_category", TextMap),
    ("line_item_currency_code", Text),
    ("line_item_iam_principal", Text),
    ("line_item_legal_entity", Text),
    ("line_item_line_item_description", Text),
    ("line_item_line_item_type", Text),
    ("line_item_net_unblended_cost", Amount),
    ("line_item_operation", Text),
    ("line_item_product_code", Text),
    ("line_item_resource_id", Text),
    ("line_item_unblended_cost", Amount),
    ("line_item_usage_account_id", Text),
    ("line_item_usage_account_name", Text),
    ("line_item_usage_amount", Amount),
    ("line_item_usage_start_date", Time),
    ("line_item_usage_type", Text),
    ("pricing_public_on_demand_cost", Amount),
    ("pricing_unit", Text),
    ("product", TextMap),
    ("product_region_code", Text),
    ("resource_tags", TextMap),
    ("tags", TextMap),
];

/// The partition, which is in the names of the folders and not in the files.
pub(crate) const BILLING_PERIOD: &str = "billing_period";

/// The address of the file that a line stands in: Athena gives it to every table under this name.
pub(crate) const PATH: &str = "$path";

/// The declared columns as one schema, all nullable.
///
/// Costs are doubles in an export, and stay so until the question has chosen its lines and casts them. A column that any
/// file has in another type is read as decimals from the start: a double would round them.
pub(crate) fn schema(exact_amounts: &BTreeSet<&'static str>) -> SchemaRef {
    let data_type = |name: &str, kind: Kind| match kind {
        Amount if !exact_amounts.contains(name) => DataType::Float64,
        _ => kind.data_type(),
    };
    let fields = COLUMNS.iter().map(|(name, kind)| Field::new(*name, data_type(name, *kind), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

impl Kind {
    /// The type that a column is understood as, whichever type of [`Kind::accepts`] a file has it in.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8View,
            // What every amount becomes, line by line, before anything is summed.
            Self::Amount => DataType::Decimal128(38, 12),
            // Without a zone, which is UTC in an export. A file's zone is dropped and never applied: inside, a moment with
            // a zone counts from 1970 in UTC as well.
            Self::Time => DataType::Timestamp(TimeUnit::Millisecond, None),
            Self::TextMap => text_map(),
        }
    }

    /// Whether a column of this type in a file can be read.
    pub(crate) fn accepts(self, found: &DataType) -> bool {
        match self {
            Self::Text => is_text(found),
            // A 32-bit float has no room for a cost; a column of integers is one whose costs are whole.
            Self::Amount => found.is_decimal() || found.is_integer() || *found == DataType::Float64,
            Self::Time => matches!(found, DataType::Timestamp(_, _)),
            Self::TextMap => is_text_map(found),
        }
    }

    /// What a file's column may be, for a message.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Amount => "a double or a decimal",
            Self::Time => "a timestamp",
            Self::TextMap => "a map of text to text",
        }
    }
}

/// A map of text to text, as it is read. Parquet's writers name the parts of a map as they like; reading renames them.
pub(crate) fn text_map() -> DataType {
    let entry = Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)]);
    DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(entry), false)), false)
}

fn is_text(found: &DataType) -> bool {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        // Older writers leave out the mark that says that bytes are text.
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn is_text_map(found: &DataType) -> bool {
    let DataType::Map(entries, _) = found else { return false };
    let DataType::Struct(parts) = entries.data_type() else { return false };
    parts.len() == 2 && parts.iter().all(|part| is_text(part.data_type()))
}
