//! The questions that are put to an export: texts in `sql/`, what they take and what they answer.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// A text in `sql/` with the parameters that it takes and the columns of its answer.
#[derive(Debug)]
pub struct Question {
    /// The name of its file in `sql/`, without the ending.
    pub name: &'static str,
    /// The text, in Trino's dialect, with a `?` for each parameter.
    pub text: &'static str,
    /// What each `?` stands for, in order. Whoever asks gives a value for each but [`ParameterMeaning::FilesUnder`].
    pub parameters: &'static [ParameterMeaning],
    columns: &'static [Column],
}

/// What a `?` in a question stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterMeaning {
    /// Any text without control characters.
    Text,
    /// The billing period, as the partition is written: `2026-10`. It must be the period of the manifest that is asked.
    BillingPeriod,
    /// A day, as `2026-10-05`, or nothing.
    Date,
    /// An AWS account: twelve digits, or nothing.
    AccountId,
    /// What the addresses of all files that are to be read begin with. The engine fills it in; whoever asks gives no value
    /// for it.
    FilesUnder,
}

/// A value for a `?`. It is bound, never written into the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// A text.
    Text(String),
}

impl Parameter {
    /// A text parameter.
    pub fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    /// The text of the value.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(value) => value,
        }
    }
}

impl Question {
    /// SHA-256 of the text, in hex: another text is another question.
    pub fn fingerprint(&self) -> String {
        crate::digest::hex(&[self.text])
    }

    /// The columns of the answer: names, order and types are a promise.
    pub fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns.iter().map(Column::field).collect::<Vec<_>>()))
    }
}

/// The kinds of column that an answer has.
#[derive(Clone, Copy, Debug)]
enum Column {
    Date(&'static str),
    Text(&'static str),
    Amount(&'static str),
    Count(&'static str),
}

impl Column {
    fn field(&self) -> Field {
        match *self {
            Self::Date(name) => Field::new(name, DataType::Date32, false),
            Self::Text(name) => Field::new(name, DataType::Utf8View, true),
            Self::Amount(name) => Field::new(name, DataType::Decimal128(38, 12), false),
            Self::Count(name) => Field::new(name, DataType::Int64, false),
        }
    }
}

/// What Amazon Bedrock cost, at the finest grain that is kept.
///
/// Parameters: pattern and replacement that fold session names (`bill::principal::SessionFold`), the billing period.
pub static DAILY_COST: Question = Question {
    name: "daily_cost",
    text: include_str!("../../../sql/daily_cost.sql"),
    parameters: &[
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::BillingPeriod,
        ParameterMeaning::FilesUnder,
    ],
    columns: &[
        Column::Date("usage_date"),
        Column::Text("payer_account_id"),
        Column::Text("usage_account_id"),
        Column::Text("usage_account_name"),
        Column::Text("billing_entity"),
        Column::Text("invoice_id"),
        Column::Text("legal_entity"),
        Column::Text("charge_type"),
        Column::Text("product_code"),
        Column::Text("product_name"),
        Column::Text("operation"),
        Column::Text("usage_type"),
        Column::Text("region_code"),
        Column::Text("product_model"),
        Column::Text("product_provider"),
        Column::Text("product_inference_type"),
        Column::Text("product_feature"),
        Column::Text("pricing_unit"),
        Column::Text("description_unit"),
        Column::Text("resource_id"),
        Column::Text("iam_principal"),
        Column::Text("tags"),
        Column::Text("resource_tags"),
        Column::Text("cost_category"),
        Column::Text("currency"),
        Column::Amount("unblended_cost"),
        Column::Amount("net_unblended_cost"),
        Column::Amount("list_cost"),
        Column::Amount("usage_quantity"),
        Column::Count("line_items"),
    ],
};

/// What the whole bill came to, and Amazon Bedrock's part of it: the totals that everything must tie out with.
///
/// Parameter: the billing period.
pub static BILL_TOTAL: Question = Question {
    name: "bill_total",
    text: include_str!("../../../sql/bill_total.sql"),
    parameters: &[ParameterMeaning::BillingPeriod, ParameterMeaning::FilesUnder],
    columns: &[
        Column::Text("invoice_id"),
        Column::Text("billing_entity"),
        Column::Text("charge_type"),
        Column::Text("currency"),
        Column::Amount("unblended_cost"),
        Column::Amount("net_unblended_cost"),
        Column::Amount("list_cost"),
        Column::Count("line_items"),
        Column::Amount("bedrock_unblended_cost"),
        Column::Amount("bedrock_net_unblended_cost"),
        Column::Amount("bedrock_list_cost"),
        Column::Count("bedrock_line_items"),
    ],
};

/// The lines that a figure is made of, one by one.
///
/// Parameters: pattern and replacement that fold session names, the billing period, and [`LineChoice::parameters`](crate::LineChoice::parameters).
pub static LINE_ITEMS: Question = Question {
    name: "line_items",
    text: include_str!("../../../sql/line_items.sql"),
    parameters: &[
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::BillingPeriod,
        ParameterMeaning::FilesUnder,
        // Principal, account, usage type, charge type, day: whether each is asked for, and what it is.
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Date,
        // Tag, resource tag, cost category: whether each is asked for, its key, its value.
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
        ParameterMeaning::Text,
    ],
    columns: &[
        Column::Date("usage_date"),
        Column::Text("usage_hour"),
        Column::Text("payer_account_id"),
        Column::Text("usage_account_id"),
        Column::Text("usage_account_name"),
        Column::Text("billing_entity"),
        Column::Text("invoice_id"),
        Column::Text("legal_entity"),
        Column::Text("charge_type"),
        Column::Text("product_code"),
        Column::Text("product_name"),
        Column::Text("operation"),
        Column::Text("usage_type"),
        Column::Text("region_code"),
        Column::Text("product_model"),
        Column::Text("product_provider"),
        Column::Text("product_inference_type"),
        Column::Text("product_feature"),
        Column::Text("pricing_unit"),
        Column::Text("description_unit"),
        Column::Text("resource_id"),
        Column::Text("line_item_resource_id"),
        Column::Text("line_item_description"),
        Column::Text("iam_principal"),
        Column::Text("tags"),
        Column::Text("resource_tags"),
        Column::Text("cost_category"),
        Column::Text("currency"),
        Column::Amount("unblended_cost"),
        Column::Amount("net_unblended_cost"),
        Column::Amount("list_cost"),
        Column::Amount("usage_quantity"),
    ],
};

/// Every question, in the order of the files in `sql/`.
pub static ALL: [&Question; 3] = [&BILL_TOTAL, &DAILY_COST, &LINE_ITEMS];
