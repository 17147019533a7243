//! The question of `POST /v1/costs:query` in the OpenAPI document, made from the parameters that ask the same.

use bill::principal::Identity;
use store::snapshot::Dimension;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::parameters::{CostsParameters, LETTER, WITHOUT_NUL, dimension_pattern, filter_pattern, text};
use crate::http::format::Format;
use crate::http::grammar::{LONGEST_FILTER_VALUE_BYTES, MOST_FILTER_VALUES, MOST_GROUPED_DIMENSIONS};

/// A question about costs as a body.
pub(crate) struct CostsQuestion;

impl ToSchema for CostsQuestion {
    fn name() -> std::borrow::Cow<'static, str> {
        "CostsQuestion".into()
    }
}

impl PartialSchema for CostsQuestion {
    fn schema() -> RefOr<Schema> {
        let description = "A question about costs: the parameters of `GET /v1/costs` as fields. Lists are lists, in which \
                           nothing is escaped; what stands in brackets is the key of an object, and null among its values \
                           means not set.";
        let fields = CostsParameters::into_params(|| None);
        let object = ObjectBuilder::new().schema_type(Type::Object).description(Some(description));
        let object = fields.into_iter().fold(object, |object, parameter| {
            let name = parameter.name.clone();
            object.property(name, field(parameter))
        });
        object
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .examples([serde_json::json!({
                "period": ["2026-10"], "group_by": ["team", "model"], "filter": {"tag:cost-center": ["12345", null]},
                "order_by": "-cost", "top": 10,
            })])
            .into()
    }
}

/// The question of a cost file as a body.
pub(crate) struct CostFileQuestion;

impl ToSchema for CostFileQuestion {
    fn name() -> std::borrow::Cow<'static, str> {
        "CostFileQuestion".into()
    }
}

impl PartialSchema for CostFileQuestion {
    fn schema() -> RefOr<Schema> {
        let description =
            "The question of a cost file: that of `POST /v1/costs:query` without pages, in a format that is a table.";
        let tables = [Format::Csv, Format::Ndjson, Format::Parquet].map(Format::word);
        let fields = CostsParameters::into_params(|| None);
        let object = ObjectBuilder::new().schema_type(Type::Object).description(Some(description));
        let object = fields.into_iter().fold(object, |object, parameter| match parameter.name.as_str() {
            "limit" | "cursor" => object,
            "format" => object.property("format", text().enum_values(Some(tables)).default(Some(tables[0].into()))),
            name => object.property(name.to_owned(), field(parameter)),
        });
        object
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .examples([serde_json::json!({
                "period": ["2026-10"], "granularity": "daily", "group_by": ["team", "principal", "usage_type"],
                "format": "parquet",
            })])
            .into()
    }
}

fn field(parameter: Parameter) -> RefOr<Schema> {
    let schema = parameter.schema.unwrap_or_else(|| ObjectBuilder::new().into());
    match parameter.name.as_str() {
        "group_by" => {
            let items = text().pattern(Some(format!("^{}$", dimension_pattern(LETTER))));
            ArrayBuilder::new().items(items).max_items(Some(MOST_GROUPED_DIMENSIONS)).unique_items(true).into()
        }
        "filter" => by_dimension("or"),
        "exclude" => by_dimension("and"),
        "reveal" => ObjectBuilder::new().schema_type(Type::Boolean).into(),
        "period" => match schema {
            RefOr::T(Schema::Array(periods)) => {
                Schema::Array(ArrayBuilder::from(periods).min_items(Some(1)).build()).into()
            }
            other => other,
        },
        _ => schema,
    }
}

/// Lists of values by dimension.
fn by_dimension(prefix: &str) -> RefOr<Schema> {
    let values = |value| {
        let value = OneOfBuilder::new().item(value).item(ObjectBuilder::new().schema_type(Type::Null));
        ArrayBuilder::new().items(value).min_items(Some(1)).max_items(Some(MOST_FILTER_VALUES))
    };
    let identities = || values(text().enum_values(Some(Identity::ALL.map(Identity::as_str))));
    let any = text().pattern(Some(WITHOUT_NUL)).max_length(Some(LONGEST_FILTER_VALUE_BYTES));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(Schema::from(text().pattern(Some(filter_pattern(prefix))).build())))
        .property(Dimension::Identity.to_string(), identities())
        .property(format!("{prefix}:{}", Dimension::Identity), identities())
        .additional_properties(Some(AdditionalProperties::RefOr(values(any).into())))
        .into()
}
