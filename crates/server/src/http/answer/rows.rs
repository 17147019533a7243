//! Rows of cost: grouped dimensions under their own names, then the figures.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};
use store::snapshot::{ArrangedRow, CostRow, Dimension};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::{Comparison, TokenCounts};

/// The rows that answer one question.
pub(crate) type CostRows = Vec<Row>;

/// One row. Its keys are the time, if granular, the grouped dimensions in the order asked, and the figures.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    names: Arc<[String]>,
    row: ArrangedRow,
}

impl Row {
    /// The rows under the names of the dimensions by which they are grouped.
    pub(crate) fn all(rows: Vec<CostRow>, group_by: &[Dimension]) -> CostRows {
        let alone = |row| ArrangedRow { row, compared: None, folded: None };
        Self::arranged(rows.into_iter().map(alone).collect(), group_by)
    }

    /// The same, of rows that are arranged.
    pub(crate) fn arranged(rows: Vec<ArrangedRow>, group_by: &[Dimension]) -> CostRows {
        let names: Arc<[String]> = group_by.iter().map(Dimension::to_string).collect();
        rows.into_iter().map(|row| Self { names: Arc::clone(&names), row }).collect()
    }

    /// The names of the grouped dimensions, and what is known of the row.
    pub(crate) fn parts(&self) -> (&[String], &CostRow) {
        (&self.names, &self.row.row)
    }

    /// Whether any grouped dimension is set.
    pub(crate) fn says_something(&self) -> bool {
        self.row.row.values.dimensions().any(|value| value.is_some())
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = &self.row.row;
        let mut map = serializer.serialize_map(None)?;
        if let Some(period) = row.period {
            map.serialize_entry("period", &period)?;
        }
        if let Some(date) = row.date {
            map.serialize_entry("date", &date)?;
        }
        for (name, value) in self.names.iter().zip(row.values.dimensions()) {
            map.serialize_entry(name, &value)?;
            if name == "principal" {
                map.serialize_entry("principal_arn", &row.values.principal_arn())?;
            }
            if name == "account" {
                map.serialize_entry("account_name", &row.values.account_name())?;
            }
        }
        if let Some(folded) = self.row.folded {
            map.serialize_entry("others", &(folded > 0))?;
            map.serialize_entry("others_count", &folded)?;
        }
        map.serialize_entry("cost", &row.cost)?;
        map.serialize_entry("currency", &*row.currency)?;
        map.serialize_entry("tokens", &TokenCounts::from(&row.tokens))?;
        map.serialize_entry("line_items", &row.line_items)?;
        if let Some(compared) = self.row.compared {
            map.serialize_entry("compare", &Comparison::between(row.cost, compared))?;
        }
        map.end()
    }
}

impl ToSchema for Row {
    fn name() -> std::borrow::Cow<'static, str> {
        "CostRow".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((TokenCounts::name().into_owned(), TokenCounts::schema()));
        schemas.push((Comparison::name().into_owned(), Comparison::schema()));
    }
}

impl PartialSchema for Row {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let dimension = OneOfBuilder::new()
            .item(text())
            .item(ObjectBuilder::new().schema_type(Type::Null))
            .description(Some("A grouped dimension under its own name; null where it is not set."));
        let properties = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(
                "One row: `period` or `date` when granular, each grouped dimension under its own name (a tag as \
                 `tag:<key>`, `principal` together with `principal_arn`, `account` with `account_name`), then the figures.",
            ))
            .property("period", text().description(Some("The billing period, with granularity=monthly.")))
            .property("date", text().description(Some("The usage date in UTC, with granularity=daily.")))
            .property("others", ObjectBuilder::new().schema_type(Type::Boolean).description(Some(
                "With `top`: whether the row is what all groups come to that are not among the largest.",
            )))
            .property("others_count", ObjectBuilder::new().schema_type(Type::Integer).description(Some(
                "With `top`: how many groups the row is what they come to; 0 for one of the largest.",
            )))
            .property("cost", text().description(Some("The exact cost as a decimal string, up to twelve places.")))
            .property("currency", text().description(Some("Its currency; costs are never summed across currencies.")))
            .property("tokens", Ref::from_schema_name(TokenCounts::name()))
            .property("line_items", ObjectBuilder::new().schema_type(Type::Integer))
            .property("compare", Ref::from_schema_name(Comparison::name()));
        ["cost", "currency", "tokens", "line_items"]
            .into_iter()
            .fold(properties, ObjectBuilder::required)
            .additional_properties(Some(AdditionalProperties::RefOr(Schema::OneOf(dimension.build()).into())))
            .examples([serde_json::json!({
                "team": "data-science", "tag:cost-center": null, "cost": "0.0693", "currency": "USD",
                "tokens": {"input": "15400", "output": "920", "cache_read": "0", "cache_write": "0"}, "line_items": 4,
            })])
            .into()
    }
}

#[cfg(test)]
mod tests {
    use bill::Amount;
    use store::snapshot::{Tokens, Values};

    use super::*;

    #[test]
    fn a_row_keeps_the_order_of_the_question() {
        let row = CostRow {
            period: "2026-10".parse().ok(),
            date: None,
            values: Values::told_beside(
                vec![Some("prn_1".to_owned()), None],
                Some("arn:aws:iam::111122223333:user/alice".to_owned()),
                None,
            ),
            cost: Amount::from_raw(69_300_000_000),
            currency: "USD".into(),
            tokens: Tokens { input: Amount::from_integer(15_400), ..Tokens::default() },
            line_items: 4,
        };
        let group_by = [Dimension::Principal, "tag:cost-center".parse().expect("a tag")];
        let rows = Row::all(vec![row], &group_by);
        insta::assert_snapshot!(serde_json::to_string_pretty(&rows).expect("rows are JSON"));
    }
}
