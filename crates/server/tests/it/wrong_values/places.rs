//! What an operation can be told, and where.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// The description as it is committed.
const DESCRIPTION: &str = include_str!("../../../openapi.json");

/// Something that can be asked.
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: String,
    /// With names in braces.
    pub(super) path: String,
    places: Vec<Place>,
    pub(super) has_body: bool,
}

/// Where something is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
    Path,
    Query,
    /// With a dimension in brackets.
    Bracketed,
    Header,
    /// A field of the body: what leads to it, `[]` for a member of a list.
    Field(Vec<String>),
    /// The whole body.
    Body,
    /// A parameter that there is none of.
    Beside,
}

/// A parameter, or a field of a body.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) at: At,
    pub(super) name: String,
    pub(super) schema: Value,
}

impl Place {
    /// How a fault that is about this names it.
    pub(super) fn named_for(&self, what: &str) -> String {
        let is_beside = what == super::values::BESIDE;
        match &self.at {
            At::Field(path) => {
                let mut path = path.clone();
                if let Some(last) = path.last_mut().filter(|_| is_beside) {
                    *last = format!("x{last}");
                }
                path.join(".").replace(".[]", "[0]")
            }
            _ if is_beside => format!("x{}", self.name),
            _ => self.name.clone(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.at {
            At::Path => "path",
            At::Query | At::Bracketed | At::Beside => "query",
            At::Header => "header",
            At::Field(_) | At::Body => "body",
        };
        write!(formatter, "{}", format!("{place} {}", self.name).trim_end())
    }
}

/// All of them.
pub(super) fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(DESCRIPTION).expect("the description is JSON");
    let paths = document["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("an item");
        item.iter().map(|(method, operation)| Operation::read(&document, path, method, operation))
    });
    all.collect()
}

impl Operation {
    fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let mut places: Vec<Place> = operation["parameters"].as_array().into_iter().flatten().map(parameter).collect();
        let nowhere = Place { at: At::Beside, name: "nowhere".to_owned(), schema: Value::Null };
        places.push(nowhere);
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !body.is_null() {
            places.push(Place { at: At::Body, name: String::new(), schema: Value::Null });
            fields(document, body, &mut Vec::new(), &mut places);
        }
        let id = operation["operationId"].as_str().expect("an id").to_owned();
        Self { id, method: method.to_owned(), path: path.to_owned(), places, has_body: !body.is_null() }
    }

    pub(super) fn places(&self) -> Vec<Place> {
        self.places.clone()
    }
}

fn parameter(parameter: &Value) -> Place {
    let at = match parameter["in"].as_str() {
        Some("path") => At::Path,
        Some("header") => At::Header,
        Some("query") if parameter["style"] == "deepObject" => At::Bracketed,
        Some("query") => At::Query,
        other => panic!("say how a parameter in {other:?} is sent"),
    };
    Place { at, name: parameter["name"].as_str().expect("a name").to_owned(), schema: parameter["schema"].clone() }
}

/// Every field of a body, those within others after them.
fn fields(document: &Value, schema: &Value, path: &mut Vec<String>, places: &mut Vec<Place>) {
    let schema = resolved(document, schema);
    for (name, field) in properties(document, schema) {
        path.push(name);
        add(document, field, path, places);
        path.pop();
    }
}

fn add(document: &Value, schema: &Value, path: &mut Vec<String>, places: &mut Vec<Place>) {
    let schema = resolved(document, schema);
    let name = path.join(".").replace(".[]", "[]");
    places.push(Place { at: At::Field(path.clone()), name, schema: schema.clone() });
    if !schema["items"].is_null() {
        path.push("[]".to_owned());
        add(document, &schema["items"], path, places);
        path.pop();
    }
    // Filters have any dimension as a key; what is wrong with one is wrong with each.
    if schema["additionalProperties"].is_object() {
        path.push("team".to_owned());
        add(document, &schema["additionalProperties"], path, places);
        path.pop();
    } else {
        fields(document, schema, path, places);
    }
}

fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolved(document, document.pointer(&reference[1..]).expect("a schema"));
    }
    let is_null = |choice: &&Value| choice["type"] == "null";
    match schema["oneOf"].as_array() {
        Some(choices) => resolved(document, choices.iter().find(|choice| !is_null(choice)).expect("a choice")),
        None => schema,
    }
}

/// Those of all choices together.
fn properties<'d>(document: &'d Value, schema: &'d Value) -> BTreeMap<String, &'d Value> {
    let mut found = BTreeMap::new();
    let choices = schema["anyOf"].as_array().into_iter().flatten().map(|choice| resolved(document, choice));
    for choice in std::iter::once(schema).chain(choices) {
        let named = choice["properties"].as_object().into_iter().flatten();
        found.extend(named.map(|(name, property)| (name.clone(), property)));
    }
    found
}
