//! The query parameters, documented from the vocabularies that read them.

use store::snapshot::Dimension;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, Required};

use crate::http::grammar::words::{COST_BASES, GRANULARITIES, REVEAL};
use crate::http::grammar::{LONGEST_FILTER_VALUE_BYTES, MOST_FILTER_VALUES, MOST_GROUPED_DIMENSIONS, MOST_PERIODS};

/// The parameters of `/v1/costs`.
pub(crate) struct CostsParameters;

/// `period`, `cost` and `reveal`.
pub(crate) struct PeriodAndCostParameters;

/// `cost` and `reveal`.
pub(crate) struct CostParameters;

impl IntoParams for CostsParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![periods(), start(), end(), granularity(), group_by(), filter(), exclude(), cost(), order_by(), reveal()]
    }
}

impl IntoParams for PeriodAndCostParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The billing period; the latest one with data where it is left out.";
        vec![parameter("period", description, period_schema().into()).build(), cost(), reveal()]
    }
}

impl IntoParams for CostParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![cost(), reveal()]
    }
}

fn parameter(name: &str, description: impl Into<String>, schema: RefOr<Schema>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
}

/// A list: `a,b,c`, or the parameter again.
fn list(name: &str, description: impl Into<String>, items: ObjectBuilder, most: usize) -> Parameter {
    let schema = ArrayBuilder::new().items(items).max_items(Some(most));
    parameter(name, description, schema.into()).style(Some(ParameterStyle::Form)).explode(Some(false)).build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn period_schema() -> ObjectBuilder {
    text().pattern(Some("^[0-9]{4}-(0[1-9]|1[0-2])$")).examples(["2026-10"])
}

fn periods() -> Parameter {
    let description = "Everything billed in these billing periods, whatever its usage date: one, or several separated by \
                       commas. Without `period`, `start` and `end`, the latest period with data.";
    list("period", description, period_schema(), MOST_PERIODS)
}

fn day(name: &str, description: &str, example: &str) -> Parameter {
    let schema = text().format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Date)));
    parameter(name, description, schema.examples([example]).into()).build()
}

fn start() -> Parameter {
    day("start", "The first usage date (UTC), inclusive. Goes with `end`, and not with `period`.", "2026-10-01")
}

fn end() -> Parameter {
    day("end", "The day after the last usage date (UTC). Goes with `start`, and not with `period`.", "2026-11-01")
}

fn granularity() -> Parameter {
    let words = GRANULARITIES.map(|(word, _)| word);
    let schema = text().enum_values(Some(words)).default(Some("total".into()));
    let description = "How time divides the rows: not at all, by billing period (`period`), or by usage date (`date`).";
    parameter("granularity", description, schema.into()).build()
}

fn cost() -> Parameter {
    let words = COST_BASES.map(|(word, _)| word);
    let schema = text().enum_values(Some(words)).default(Some("unblended".into()));
    let description = "Which cost of a line is added up: `unblended` as invoiced, `net_unblended` after discounts (where the \
                       export lacks it, unblended, with a note), or `list` at public prices.";
    parameter("cost", description, schema.into()).build()
}

fn reveal() -> Parameter {
    let words = REVEAL.map(|(word, _)| word);
    let schema = text().enum_values(Some(words)).default(Some("false".into()));
    let description = "Shows the persons behind pseudonyms, where the service has pseudonyms. This takes the permission \
                       `identity:reveal` over all that is seen; the answer is written to the audit log, and is not to be \
                       stored by caches.";
    parameter("reveal", description, schema.into()).build()
}

fn group_by() -> Parameter {
    let description = format!(
        "What divides the rows, separated by commas: {}, or a tag as `tag:<key>`. `tag:<key>` is the caller's tag \
         `iamPrincipal/<key>`; other views are `tag:resourceTags/<key>`, `tag:accountTag/<key>`, `tag:userAttribute/<key>`, \
         `tag:costCategory/<key>`, `tag:resource_tags/<key>` and `tag:cost_category/<key>`.",
        dimension_list()
    );
    list("group_by", description, text().examples(["team", "model", "tag:cost-center"]), MOST_GROUPED_DIMENSIONS)
}

fn order_by() -> Parameter {
    let description = "`cost` or a grouped dimension; with `-` in front, the largest or last first. What is not set comes last. \
                       Without it, by time and then the largest cost first.";
    parameter("order_by", description, text().examples(["-cost"]).into()).build()
}

fn filter() -> Parameter {
    dimensions("filter", "Keeps only lines whose dimension has one of the values")
}

fn exclude() -> Parameter {
    dimensions("exclude", "Leaves out all lines whose dimension has one of the values")
}

fn dimensions(name: &str, what: &str) -> Parameter {
    let description = format!(
        "{what}: `{name}[team]=a,b`. Values are separated by commas, or given by the same parameter again; a comma within a \
         value is written `\\,` and a backslash before a comma `\\\\`. An empty value means not set; `{name}[team]=unattributed` \
         is what no rule claims. A principal is given by its id or its ARN. Any dimension can be used, tags as \
         `{name}[tag:<key>]`. At most {MOST_FILTER_VALUES} values in all, each of at most {LONGEST_FILTER_VALUE_BYTES} bytes."
    );
    let object = ObjectBuilder::new().schema_type(Type::Object);
    let object =
        Dimension::NAMED.iter().fold(object, |object, dimension| object.property(dimension.to_string(), text()));
    let object = object.additional_properties(Some(AdditionalProperties::RefOr(text().into())));
    parameter(name, description, object.into()).style(Some(ParameterStyle::DeepObject)).explode(Some(true)).build()
}

fn dimension_list() -> String {
    let names: Vec<String> = Dimension::NAMED.iter().map(|dimension| format!("`{dimension}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::grammar::CostsQuery;

    #[test]
    fn every_parameter_that_is_read_is_documented() {
        let documented: BTreeSet<String> =
            CostsParameters::into_params(|| None).into_iter().map(|parameter| parameter.name).collect();
        let accepted = CostsQuery::PARAMETERS;
        let read = [accepted.single, accepted.list, accepted.bracketed].concat();
        assert_eq!(documented, read.into_iter().map(str::to_owned).collect());
    }
}
