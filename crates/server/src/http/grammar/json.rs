//! The grammar as JSON: the same parameters as fields, lists as lists, and what stands in brackets as keys of an object.

use serde_json::{Map, Value};

use super::costs::CostsQuery;
use super::fault::{Fault, Faults, shown};
use super::lists::join;
use super::parameters::Parameters;
use crate::http::body::{JsonObject, fault, wrong_kind};

/// Fields that are numbers.
const NUMBERS: [&str; 2] = ["top", "limit"];
/// Fields that are true or false.
const SWITCHES: [&str; 1] = ["reveal"];
/// A list that may be empty: grouped by nothing.
const MAY_BE_EMPTY: &str = "group_by";

impl CostsQuery {
    /// Reads a question from a body. Gives back the query string that asks the same as well.
    ///
    /// # Errors
    /// All faults at once, each under the place where it stands in the body.
    pub(crate) fn read_body(body: JsonObject) -> Result<(Self, String), Faults> {
        let mut faults = Faults::default();
        let accepted = &Self::PARAMETERS;
        let known = [accepted.list, accepted.single, accepted.bracketed].concat();
        let mut parameters = Parameters::default();
        for (name, value) in body.fields(&known, &mut faults).into_rest() {
            let Some(name) = known.iter().find(|known| **known == name) else { continue };
            if accepted.bracketed.contains(name) {
                for (key, values) in faults.keep(object(name, value)).unwrap_or_default() {
                    let place = format!("{name}.{key}");
                    let list = checked(&key, &place).and_then(|()| list(&place, values, true));
                    parameters.extend(name, Some(key), faults.keep(list));
                }
            } else if accepted.list.contains(name) {
                let is_empty = value.as_array().is_some_and(Vec::is_empty);
                if !(is_empty && *name == MAY_BE_EMPTY) {
                    parameters.extend(name, None, faults.keep(list(name, value, false)));
                }
            } else {
                parameters.extend(name, None, faults.keep(single(name, value)));
            }
        }
        let read = Self::read(&parameters, &mut faults);
        let query_string = parameters.echo().query_string();
        let faults: Faults = faults.into_vec().into_iter().map(at_its_place).collect();
        faults.none_or((read, query_string))
    }
}

/// `filter[team]` of a query string is `filter.team` in a body.
fn at_its_place(fault: Fault) -> Fault {
    let place = fault.parameter.strip_suffix(']').and_then(|rest| rest.split_once('['));
    let named = place.filter(|(name, _)| CostsQuery::PARAMETERS.bracketed.contains(name));
    match named.map(|(name, key)| format!("{name}.{key}")) {
        Some(parameter) => Fault { parameter, ..fault },
        None => fault,
    }
}

fn object(name: &str, value: Value) -> Result<Map<String, Value>, Fault> {
    match value {
        Value::Object(fields) => Ok(fields),
        other => {
            Err(wrong_kind(name, &other, "an object of dimensions, each with a list of values: {\"team\": [\"a\"]}"))
        }
    }
}

/// A list in the way in which query strings have them.
fn list(place: &str, value: Value, may_be_null: bool) -> Result<String, Fault> {
    let what = if may_be_null { "a text, or null for what is not set" } else { "a text" };
    let Value::Array(values) = value else { return Err(wrong_kind(place, &value, "a list of texts")) };
    if values.is_empty() {
        return Err(fault(place, "an empty list says nothing; leave it out"));
    }
    let texts = values.into_iter().enumerate().map(|(index, value)| match value {
        Value::String(text) if text.is_empty() && !may_be_null => {
            let place = format!("{place}[{index}]");
            Err(fault(&place, format!("`{place}` is empty; write a text, or leave it out")))
        }
        Value::String(text) => checked(&text, &format!("{place}[{index}]")).map(|()| text),
        Value::Null if may_be_null => Ok(String::new()),
        other => Err(wrong_kind(&format!("{place}[{index}]"), &other, what)),
    });
    let texts: Vec<String> = texts.collect::<Result<_, _>>()?;
    Ok(join(texts.iter().map(String::as_str)))
}

fn single(name: &str, value: Value) -> Result<String, Fault> {
    match value {
        // In JSON, 1.0 is a whole number.
        Value::Number(number) if NUMBERS.contains(&name) => Ok(number.to_string().trim_end_matches(".0").to_owned()),
        Value::Bool(switch) if SWITCHES.contains(&name) => Ok(switch.to_string()),
        Value::String(text) if !NUMBERS.contains(&name) && !SWITCHES.contains(&name) => {
            checked(&text, name).map(|()| text)
        }
        other if NUMBERS.contains(&name) => Err(wrong_kind(name, &other, "a number")),
        other if SWITCHES.contains(&name) => Err(wrong_kind(name, &other, "true or false")),
        other => Err(wrong_kind(name, &other, "a text")),
    }
}

/// PostgreSQL cannot hold the character, so no value of the bill has it.
fn checked(text: &str, place: &str) -> Result<(), Fault> {
    match text.contains('\0') {
        true => Err(fault(&shown(place), "a NUL character (\\u0000) cannot be part of a value; leave it out")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::problem::ProblemKind;

    fn read(body: Value) -> Result<(CostsQuery, String), Faults> {
        CostsQuery::read_body(JsonObject::of(body))
    }

    #[test]
    fn a_body_asks_what_its_query_string_asks() {
        let body = json!({
            "period": ["2026-10", "2026-09"], "granularity": "daily", "group_by": ["team", "tag:a,b"],
            "filter": {"tag:cost-center": ["a,b", null, "\\"], "team": ["é"]}, "exclude": {"model": ["x&y=z"]},
            "cost": "list", "order_by": "-tag:a,b", "top": 3.0, "limit": 10, "reveal": true,
        });
        let (asked, query_string) = read(body).expect("a question");
        assert_eq!(CostsQuery::parse(Some(&query_string)), Ok(asked));
        let (nothing, query_string) = read(json!({ "group_by": [] })).expect("the question of nothing");
        assert_eq!((query_string.as_str(), CostsQuery::parse(None)), ("", Ok(nothing)));
    }

    #[test]
    fn every_fault_is_found_under_the_place_where_it_stands() {
        let body = json!({
            "perod": "x", "period": [], "group_by": ["team", 7], "filter": {"modle": ["x"], "team": "a", "model": []},
            "exclude": ["x"], "top": "3", "limit": 0, "reveal": "yes", "cost": null, "order_by": "\0", "compare": 7,
        });
        let found: Vec<_> = read(body)
            .expect_err("faults")
            .into_vec()
            .into_iter()
            .map(|fault| (fault.kind, fault.parameter, fault.did_you_mean))
            .collect();
        let invalid = |parameter: &str| (ProblemKind::InvalidBody, parameter.to_owned(), None);
        assert_eq!(
            found,
            [
                (ProblemKind::InvalidBody, "perod".to_owned(), Some("period".to_owned())),
                invalid("compare"),
                invalid("cost"),
                invalid("exclude"),
                invalid("filter.model"),
                invalid("filter.team"),
                invalid("group_by[1]"),
                invalid("order_by"),
                invalid("period"),
                invalid("reveal"),
                invalid("top"),
                (ProblemKind::UnknownDimension, "filter.modle".to_owned(), Some("model".to_owned())),
                (ProblemKind::InvalidValue, "limit".to_owned(), None),
            ]
        );
    }
}
