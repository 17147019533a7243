//! A page of a list as CSV: each thing of JSON's `data` is a line, its keys are columns.

use axum::BoxError;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::csv::{harmless, writer, written};
use super::{Format, attachment};
use crate::http::problem::{Problem, ProblemKind};

/// How the things of a list become lines. Columns are in the order given, whatever the things hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    /// The keys, with a dot before a key within. Lists and objects that are not taken apart are written as JSON.
    pub(crate) columns: &'static [&'static str],
    /// Those of them that hold decimals: a minus in front of them is no formula.
    pub(crate) decimals: &'static [&'static str],
    /// The key of a list whose members are a line each, beside everything else of their thing: `costs`.
    pub(crate) each: Option<&'static str>,
}

impl Table {
    /// The answer, under this name and with what headers tell about it.
    ///
    /// # Errors
    /// Never: what is JSON can be written as CSV.
    pub(crate) fn answer<T: Serialize>(&self, name: &str, data: &[T], told: HeaderMap) -> Result<Response, Problem> {
        let text = self.text(data).map_err(|error| {
            Problem::new(ProblemKind::InternalError, "the answer could not be written as CSV")
                .with_cause(error.to_string())
        })?;
        Ok((attachment(name, Format::Csv), told, text).into_response())
    }

    fn text<T: Serialize>(&self, data: &[T]) -> Result<Vec<u8>, BoxError> {
        let mut writer = writer();
        writer.write_record(self.columns.iter().map(|column| column.replace('.', "_")))?;
        for thing in data {
            let thing = serde_json::to_value(thing)?;
            let members = self.each.and_then(|each| thing[each].as_array().cloned()).unwrap_or_default();
            if members.is_empty() {
                writer.write_record(self.cells(&thing, &Value::Null))?;
            }
            for member in &members {
                writer.write_record(self.cells(&thing, member))?;
            }
        }
        written(writer)
    }

    fn cells(&self, thing: &Value, member: &Value) -> Vec<String> {
        let cell = |column: &&'static str| {
            let within = self.each.and_then(|each| column.strip_prefix(each)?.strip_prefix('.'));
            let (value, path) = within.map_or((thing, *column), |path| (member, path));
            let value = path.split('.').fold(value, |value, key| &value[key]);
            text_of(value, self.decimals.contains(column))
        };
        self.columns.iter().map(cell).collect()
    }
}

fn text_of(value: &Value, is_decimal: bool) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if is_decimal => text.clone(),
        Value::String(text) => harmless(text).into_owned(),
        Value::Array(members) if members.is_empty() => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEAMS: Table = Table {
        columns: &["slug", "costs.cost", "costs.tokens.input", "periods"],
        decimals: &["costs.cost"],
        each: Some("costs"),
    };

    #[test]
    fn a_member_is_a_line_and_a_thing_without_members_is_one_too() {
        let things = [
            json!({"slug": "=ds", "costs": [{"cost": "-1.5", "tokens": {"input": "7"}}, {"cost": "2"}], "periods": []}),
            json!({"slug": "b, \"c\"", "costs": [], "periods": ["2026-10"]}),
        ];
        let text = String::from_utf8(TEAMS.text(&things).expect("CSV")).expect("UTF-8");
        insta::assert_snapshot!(text.replace("\r\n", "|\n"), @r#"
        slug,costs_cost,costs_tokens_input,periods|
        '=ds,-1.5,7,|
        '=ds,2,,|
        "b, ""c""",,,"[""2026-10""]"|
        "#);
    }
}
