//! A question written back, in the parameters that ask for it.

use bill::BillingPeriod;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::{Serialize, SerializeMap, Serializer};
use store::snapshot::{AsOf, CostQuestion, Dimension, Filter, OrderBy, OrderKey, Scope};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::as_of::as_of_text;
use super::lists::join;
use super::words;
use crate::http::format::Format;

/// What stands in a query string as it is. Brackets are encoded: `curl` would take them for a pattern.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',').remove(b':').remove(b'/');

/// Parameters by name, in an order that depends on the question alone.
///
/// Sending them back asks the same question, word for word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Echo(Vec<(String, String)>);

impl Echo {
    /// All parameters of a question, defaults filled in.
    pub(crate) fn of(question: &CostQuestion) -> Self {
        let mut echo = Self::default();
        echo.push_scope(&question.scope);
        echo.push("granularity", words::granularity(question.granularity));
        if !question.group_by.is_empty() {
            echo.push("group_by", join_dimensions(&question.group_by));
        }
        for filter in &question.filters {
            echo.push_filter(filter);
        }
        echo.push("cost", words::cost_basis(question.cost));
        if let Some(order_by) = &question.order_by {
            echo.push("order_by", order_text(order_by));
        }
        echo
    }

    /// Adds a parameter.
    pub(crate) fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds how the rows are arranged, apart from pages.
    pub(crate) fn arranged(mut self, top: Option<u16>, compare: Option<BillingPeriod>) -> Self {
        if let Some(top) = top {
            self.push("top", top.to_string());
        }
        if let Some(period) = compare {
            self.push("compare", period.to_string());
        }
        self
    }

    /// Adds the data version that was asked for, where one was.
    pub(crate) fn of_version(mut self, as_of: Option<AsOf>) -> Self {
        if let Some(as_of) = as_of {
            self.push("as_of", as_of_text(as_of));
        }
        self
    }

    /// Adds that the persons behind pseudonyms were asked for, where they were.
    pub(crate) fn revealing(mut self, reveal: bool) -> Self {
        if reveal {
            self.push("reveal", "true");
        }
        self
    }

    /// Adds the format that was named, where one was.
    pub(crate) fn in_format(mut self, named: Option<Format>) -> Self {
        if let Some(format) = named {
            self.push("format", format.word());
        }
        self
    }

    /// As a query string, without the question mark.
    pub(crate) fn query_string(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        pairs.join("&")
    }

    fn push_scope(&mut self, scope: &Scope) {
        match scope {
            Scope::Periods(periods) => {
                let periods: Vec<String> = periods.iter().map(ToString::to_string).collect();
                self.push("period", periods.join(","));
            }
            Scope::UsageDates { start, end } => {
                self.push("start", start.to_string());
                self.push("end", end.to_string());
            }
        }
    }

    fn push_filter(&mut self, filter: &Filter) {
        let (name, alternative) = if filter.exclude { ("exclude", "and:") } else { ("filter", "or:") };
        let prefix = if filter.alternative { alternative } else { "" };
        let values = join(filter.values.iter().map(|value| value.as_deref().unwrap_or_default()));
        self.push(format!("{name}[{prefix}{}]", filter.dimension), values);
    }
}

fn join_dimensions(dimensions: &[Dimension]) -> String {
    let names: Vec<String> = dimensions.iter().map(Dimension::to_string).collect();
    join(names.iter().map(String::as_str))
}

fn order_text(order_by: &OrderBy) -> String {
    let sign = if order_by.descending { "-" } else { "" };
    match &order_by.key {
        OrderKey::Cost => format!("{sign}cost"),
        OrderKey::Dimension(dimension) => format!("{sign}{dimension}"),
    }
}

impl Serialize for Echo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl ToSchema for Echo {
    fn name() -> std::borrow::Cow<'static, str> {
        "Query".into()
    }
}

impl PartialSchema for Echo {
    fn schema() -> utoipa::openapi::RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::RefOr(text.into())))
            .description(Some(
                "The question as understood: every parameter that has a value, defaults filled in, in the words of the \
                 grammar. Sending them back asks the same question.",
            ))
            .examples([serde_json::json!({
                "period": "2026-10", "granularity": "total", "group_by": "team,model",
                "filter[tag:cost-center]": "CC-1001", "cost": "unblended", "order_by": "-cost",
            })])
            .into()
    }
}
