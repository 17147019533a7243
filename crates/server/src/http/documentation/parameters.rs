//! The query parameters, documented from the vocabularies that read them.

mod resources;

use access::audit::AuditAction;
use bill::principal::Identity;
use store::events::EventKind;
use store::snapshot::Dimension;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, Required, SchemaFormat};

use super::arrangement::arrangement;
use crate::http::cursor::Cursor;
use crate::http::format::Format;
use crate::http::grammar::as_of::PATTERN;
use crate::http::grammar::words::{COST_BASES, GRANULARITIES, REVEAL};
use crate::http::grammar::{LONGEST_FILTER_VALUE_BYTES, MOST_FILTER_VALUES, MOST_GROUPED_DIMENSIONS, MOST_PERIODS};
use crate::http::page::{LARGEST_LIMIT, USUAL_LIMIT};
pub(crate) use resources::{DimensionParameter, PrincipalsParameters, ValuesParameters};

/// The parameters of `/v1/costs`.
pub(crate) struct CostsParameters;

/// `period`, `cost`, `as_of` and `reveal`.
pub(crate) struct PeriodAndCostParameters;

/// `cost`, `as_of` and `reveal`.
pub(crate) struct CostParameters;

/// `limit` and `cursor`, of lists that are read page by page.
pub(crate) struct PageParameters;

/// What entries of the audit log are chosen by.
pub(crate) struct AuditParameters;

/// `format`, of lists that can be had as CSV.
pub(crate) struct FormatParameter;

/// What events are chosen by, and from where a stream of them is resumed.
pub(crate) struct EventParameters;

/// A period in a path.
pub(crate) struct PeriodInPath;

impl IntoParams for FormatParameter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "`json`, or `csv` with the rows alone; as `Accept` says where it is left out. In CSV a text that a \
                           spreadsheet would take for a formula begins with an apostrophe, and `Link` says where the next page \
                           is.";
        vec![format(&Format::TABULAR, description)]
    }
}

impl IntoParams for PeriodInPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = parameter("period", "The billing period", period_schema().into());
        vec![parameter.parameter_in(ParameterIn::Path).required(Required::True).build()]
    }
}

impl IntoParams for PageParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![limit(), cursor()]
    }
}

impl IntoParams for AuditParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let actions = text().enum_values(Some(AuditAction::ALL.map(AuditAction::as_str)));
        let anything = || text().pattern(Some(WITHOUT_NUL)).max_length(Some(LONGEST_FILTER_VALUE_BYTES));
        vec![
            parameter("action", "Only what happened so.", actions.into()).build(),
            parameter("caller", "Only what this caller did, as entries name them.", anything().into()).build(),
            parameter("object", "Only what was done to this, such as the id of a key.", anything().into()).build(),
            time("start", "Not before this time.", "2026-11-01T00:00:00Z"),
            time("end", "Before this time; later than `start`.", "2026-12-01T00:00:00Z"),
            limit(),
            cursor(),
        ]
    }
}

impl IntoParams for EventParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let kinds = text().enum_values(Some(EventKind::ALL.map(EventKind::as_str)));
        let id = text().format(Some(SchemaFormat::Custom("uuid".to_owned())));
        let resumed = "The id of the last event that was received: a stream goes on from there.";
        vec![
            parameter("type", "Only events of this type. Not of a stream, which tells everything.", kinds.into())
                .build(),
            limit(),
            cursor(),
            parameter("last-event-id", resumed, id.into()).parameter_in(ParameterIn::Header).build(),
        ]
    }
}

impl IntoParams for CostsParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let question = [
            periods(),
            start(),
            end(),
            granularity(),
            group_by(),
            filter(),
            exclude(),
            cost(),
            order_by(),
            as_of(),
            reveal(),
        ];
        question.into_iter().chain(arrangement()).chain([format_of_costs()]).collect()
    }
}

impl IntoParams for PeriodAndCostParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The billing period; the latest one with data where it is left out.";
        vec![parameter("period", description, period_schema().into()).build(), cost(), as_of(), reveal()]
    }
}

impl IntoParams for CostParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![cost(), as_of(), reveal()]
    }
}

pub(super) fn parameter(name: &str, description: impl Into<String>, schema: RefOr<Schema>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
}

/// A list: `a,b,c`, or the parameter again.
fn list(name: &str, description: impl Into<String>, schema: ArrayBuilder) -> Parameter {
    parameter(name, description, schema.into()).style(Some(ParameterStyle::Form)).explode(Some(false)).build()
}

pub(super) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// From 1970 to 9999.
/// A billing period, as everyone writes it.
pub(crate) fn period_schema() -> ObjectBuilder {
    text().pattern(Some("^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])$")).examples(["2026-10"])
}

/// PostgreSQL cannot hold the character NUL, so that no value of the bill has it.
pub(super) const WITHOUT_NUL: &str = r"^[^\x00]*$";

/// How dimensions are named, as a regular expression; `letter` is what a letter of a tag's key may be.
pub(super) fn dimension_pattern(letter: &str) -> String {
    let names = Dimension::NAMED.map(|dimension| dimension.to_string()).join("|");
    format!("({names}|tag:{letter}+)")
}

/// How a filter is named: a dimension, or one with this word in front.
pub(super) fn filter_pattern(prefix: &str) -> String {
    format!("^({prefix}:)?{}$", dimension_pattern(LETTER))
}

/// A letter of a key; and one in a list, where a comma is written `\,` and a backslash before a comma `\\`.
pub(super) const LETTER: &str = r"[^\x00]";
const LETTER_IN_LIST: &str = r"([^,\\\x00]|\\[^\x00])";

fn periods() -> Parameter {
    let description = "Everything billed in these billing periods, whatever its usage date: one, or several separated by \
                       commas. Without `period`, `start` and `end`, the latest period with data.";
    list(
        "period",
        description,
        ArrayBuilder::new().items(period_schema()).min_items(Some(1)).max_items(Some(MOST_PERIODS)),
    )
}

fn time(name: &str, description: &str, example: &str) -> Parameter {
    let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    parameter(name, description, text().format(Some(format)).examples([example]).into()).build()
}

fn limit() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(LARGEST_LIMIT));
    let description = format!("How many on a page; {USUAL_LIMIT}, where nothing is said.");
    parameter("limit", description, schema.into()).build()
}

pub(super) fn cursor() -> Parameter {
    let description = "Where the page begins: from `links.next` of the page before, for the same question.";
    parameter("cursor", description, text().pattern(Some(Cursor::PATTERN)).into()).build()
}

/// A day, as everyone writes it.
pub(crate) fn day_schema() -> ObjectBuilder {
    let schema = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)));
    schema.pattern(Some("^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$")).examples(["2026-10-05"])
}

fn day(name: &str, description: &str, example: &str) -> Parameter {
    parameter(name, description, day_schema().examples([example]).into()).build()
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

pub(super) fn as_of() -> Parameter {
    let description = "What would have been said then: the data version of this number (`v12`, from `meta.data_version`), or the one \
                       that was served when this day (UTC) ended. Loads and ownership rules are those of then; the names of teams \
                       and accounts, and what the caller may see, are those of now. Five earlier versions of each month, and the \
                       last five sets of rules, are kept.";
    parameter("as_of", description, text().pattern(Some(PATTERN)).examples(["v12", "2026-10-31"]).into()).build()
}

fn reveal() -> Parameter {
    let words = REVEAL.map(|(word, _)| word);
    let schema = text().enum_values(Some(words)).default(Some("false".into()));
    let description = "Shows the persons behind pseudonyms, where the service has pseudonyms. This takes the permission \
                       `identity:reveal` over all that is seen; the answer is written to the audit log, and is not to be \
                       stored by caches.";
    parameter("reveal", description, schema.into()).build()
}

fn format_of_costs() -> Parameter {
    let description = "In which format; as `Accept` says where it is left out. All but JSON have the rows alone: `Data-Version`, \
                       `Cost-Totals` and other headers tell what they belong to. In CSV a text that a spreadsheet would take \
                       for a formula begins with an apostrophe.";
    format(&Format::ALL, description)
}

/// `format`, on a route that has these.
fn format(offered: &[Format], description: &str) -> Parameter {
    parameter("format", description, text().enum_values(Some(offered.iter().map(|format| format.word()))).into())
        .build()
}

fn group_by() -> Parameter {
    let description = format!(
        "What divides the rows, separated by commas: {}, or a tag as `tag:<key>`. `tag:<key>` is the caller's tag \
         `iamPrincipal/<key>`; other views are `tag:resourceTags/<key>`, `tag:accountTag/<key>`, `tag:userAttribute/<key>`, \
         `tag:costCategory/<key>`, `tag:resource_tags/<key>` and `tag:cost_category/<key>`.",
        dimension_list()
    );
    let pattern = format!("^{}$", dimension_pattern(LETTER_IN_LIST));
    let items = text().pattern(Some(pattern)).examples(["team", "model", "tag:cost-center"]);
    let schema = ArrayBuilder::new().items(items).max_items(Some(MOST_GROUPED_DIMENSIONS)).unique_items(true);
    list("group_by", description, schema)
}

fn order_by() -> Parameter {
    let description = "`cost` or a grouped dimension; with `-` in front, the largest or last first. What is not set comes last. \
                       Without it, by time and then the largest cost first.";
    let pattern = format!("^-?(cost|{})$", dimension_pattern(LETTER));
    parameter("order_by", description, text().pattern(Some(pattern)).examples(["-cost"]).into()).build()
}

fn filter() -> Parameter {
    dimensions(
        "filter",
        "or",
        "Keeps only lines whose dimension has one of the values",
        "All filters must hold; of those that are written `filter[or:<dimension>]` it is enough that one does",
    )
}

fn exclude() -> Parameter {
    dimensions(
        "exclude",
        "and",
        "Leaves out all lines whose dimension has one of the values",
        "What any of them matches is left out; of those that are written `exclude[and:<dimension>]`, only what all of them \
         match. `exclude[and:…]` leaves out just what filters would keep, and `exclude[…]` what `filter[or:…]` would",
    )
}

fn dimensions(name: &str, prefix: &str, what: &str, together: &str) -> Parameter {
    let description = format!(
        "{what}: `{name}[team]=a,b`. {together}. Values are separated by commas, or given by the same parameter again; a comma within a \
         value is written `\\,` and a backslash before a comma `\\\\`. An empty value means not set; `{name}[team]=unattributed` \
         is what no rule claims. A principal is given by its id or its ARN. Any dimension can be used, tags as \
         `{name}[tag:<key>]`. At most {MOST_FILTER_VALUES} values in all, each of at most {LONGEST_FILTER_VALUE_BYTES} bytes."
    );
    let values = || text().pattern(Some(WITHOUT_NUL)).max_length(Some(LONGEST_FILTER_VALUE_BYTES));
    let object = ObjectBuilder::new().schema_type(Type::Object);
    let object = Dimension::NAMED.iter().fold(object, |object, dimension| {
        let values = if *dimension == Dimension::Identity { identities() } else { values() };
        object.property(dimension.to_string(), values)
    });
    let names = text().pattern(Some(filter_pattern(prefix)));
    let object = object
        .property(format!("{prefix}:{}", Dimension::Identity), identities())
        .property_names(Some(Schema::from(names.build())))
        .additional_properties(Some(AdditionalProperties::RefOr(values().into())));
    parameter(name, description, object.into()).style(Some(ParameterStyle::DeepObject)).explode(Some(true)).build()
}

/// What a principal can be is a list of words; an empty one means not set.
fn identities() -> ObjectBuilder {
    let words = Identity::ALL.map(Identity::as_str).join("|");
    text().pattern(Some(format!("^({words})?(,({words})?)*$")))
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
    fn what_is_documented_of_dimensions_is_what_is_read() {
        let pattern = regex::Regex::new(&format!("^{}$", dimension_pattern(LETTER))).expect("a pattern");
        for named in Dimension::NAMED.map(|dimension| dimension.to_string()) {
            assert!(pattern.is_match(&named), "{named}");
        }
        for text in ["tag:cost-center", "tag:a/b", "tag:resourceTags/a", "tag:iamPrincipal/x/y", "tag:a,b", "tag:é "] {
            assert!(text.parse::<Dimension>().is_ok() && pattern.is_match(text), "{text}");
        }
        for text in ["", "modle", "tag:", "tag", "team ", "Team", "tagx:a"] {
            assert!(text.parse::<Dimension>().is_err() && !pattern.is_match(text), "{text}");
        }
    }

    #[test]
    fn a_list_that_is_written_as_documented_has_as_many_parts() {
        let pattern = regex::Regex::new(&format!("^{}$", dimension_pattern(LETTER_IN_LIST))).expect("a pattern");
        for text in ["team", "tag:a", r"tag:a\,b", r"tag:a\\", r"tag:DOMAIN\user", r"tag:\\\,", "tag:é/ü"] {
            assert!(pattern.is_match(text), "{text}");
            let query = CostsQuery::parse(Some(&format!("group_by={text},model")));
            assert!(query.is_ok(), "{text}: {query:?}");
        }
        for text in ["tag:a,b", r"tag:a\", "tag:", r"tag:\\,"] {
            assert!(!pattern.is_match(text), "{text}");
        }
    }

    #[test]
    fn every_parameter_that_is_read_is_documented() {
        let documented: BTreeSet<String> =
            CostsParameters::into_params(|| None).into_iter().map(|parameter| parameter.name).collect();
        let accepted = CostsQuery::PARAMETERS;
        let read = [accepted.single, accepted.list, accepted.bracketed].concat();
        assert_eq!(documented, read.into_iter().map(str::to_owned).collect());
    }
}
