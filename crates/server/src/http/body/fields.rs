//! The fields of an object, each read as what it should be; what is wrong is told under the place where it stands.

use serde_json::{Map, Number, Value};

use super::fault;
use crate::http::grammar::{Fault, Faults, shown};

/// Fields that have not been read yet: of the body, or of an object within it.
#[derive(Debug)]
pub(crate) struct Fields {
    /// What leads to them.
    place: Option<String>,
    fields: Map<String, Value>,
}

/// What a field can hold.
pub(crate) trait FieldValue: Sized {
    /// Reads what stands at a place; what is wrong goes to the faults.
    fn read(place: &str, value: Value, faults: &mut Faults) -> Option<Self>;
}

impl Fields {
    /// Begins reading; fields that are not among the known ones go to the faults.
    pub(super) fn new(place: Option<String>, fields: Map<String, Value>, known: &[&str], faults: &mut Faults) -> Self {
        let found = Self { place, fields };
        for name in found.fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let mut unknown = fault(&found.place_of(name), "").near(name, known).allowing(known);
            unknown.detail = match unknown.did_you_mean {
                Some(_) => format!("there is no field `{}` here", shown(name)),
                None => format!("there is no field `{}` here; there are {}", shown(name), known.join(", ")),
            };
            faults.push(unknown);
        }
        found
    }

    /// The same of an object that stands at a place; none, where something else does.
    pub(crate) fn at(place: String, value: Value, known: &[&str], faults: &mut Faults) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self::new(Some(place), fields, known, faults)),
            other => {
                let names = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                faults.push(wrong_kind(&place, &other, &format!("an object with {names}")));
                None
            }
        }
    }

    /// Where a field stands.
    pub(crate) fn place_of(&self, name: &str) -> String {
        self.place.as_ref().map_or_else(|| name.to_owned(), |place| format!("{place}.{name}"))
    }

    /// Those that have not been read.
    pub(crate) fn into_rest(self) -> Map<String, Value> {
        self.fields
    }

    /// A field that may be left out.
    pub(crate) fn take<T: FieldValue>(&mut self, name: &str, faults: &mut Faults) -> Option<T> {
        let value = self.fields.remove(name)?;
        T::read(&self.place_of(name), value, faults)
    }

    /// A field that must be there.
    pub(crate) fn require<T: FieldValue>(&mut self, name: &str, faults: &mut Faults) -> Option<T> {
        if !self.fields.contains_key(name) {
            let place = self.place_of(name);
            faults.push(fault(&place, format!("`{place}` is missing")));
        }
        self.take(name, faults)
    }

    /// A field that is an object and may be left out.
    pub(crate) fn take_object(&mut self, name: &str, known: &[&str], faults: &mut Faults) -> Option<Self> {
        let value = self.fields.remove(name)?;
        Self::at(self.place_of(name), value, known, faults)
    }
}

/// What stands at a place is of another kind than it should be.
pub(crate) fn wrong_kind(place: &str, value: &Value, right: &str) -> Fault {
    let found = match value {
        Value::Null => "null",
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    fault(place, format!("`{}` is {found}; write {right}", shown(place)))
}

impl FieldValue for Value {
    fn read(_: &str, value: Value, _: &mut Faults) -> Option<Self> {
        Some(value)
    }
}

impl FieldValue for String {
    fn read(place: &str, value: Value, faults: &mut Faults) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            other => {
                faults.push(wrong_kind(place, &other, "a text"));
                None
            }
        }
    }
}

/// A text, or null.
impl FieldValue for Option<String> {
    fn read(place: &str, value: Value, faults: &mut Faults) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            Value::String(text) => Some(Some(text)),
            other => {
                faults.push(wrong_kind(place, &other, "a text, or null"));
                None
            }
        }
    }
}

impl FieldValue for bool {
    fn read(place: &str, value: Value, faults: &mut Faults) -> Option<Self> {
        let switch = value.as_bool();
        if switch.is_none() {
            faults.push(wrong_kind(place, &value, "true or false"));
        }
        switch
    }
}

impl FieldValue for Number {
    fn read(place: &str, value: Value, faults: &mut Faults) -> Option<Self> {
        match value {
            Value::Number(number) => Some(number),
            other => {
                faults.push(wrong_kind(place, &other, "a number"));
                None
            }
        }
    }
}

impl FieldValue for Vec<String> {
    fn read(place: &str, value: Value, faults: &mut Faults) -> Option<Self> {
        list(place, value, "a list of texts", faults)
    }
}

impl FieldValue for Vec<Value> {
    fn read(place: &str, value: Value, faults: &mut Faults) -> Option<Self> {
        list(place, value, "a list of objects", faults)
    }
}

/// A list, of which each member is read; those that are wrong are left out.
fn list<T: FieldValue>(place: &str, value: Value, right: &str, faults: &mut Faults) -> Option<Vec<T>> {
    let Value::Array(members) = value else {
        faults.push(wrong_kind(place, &value, right));
        return None;
    };
    let members = members.into_iter().enumerate();
    Some(members.filter_map(|(index, member)| T::read(&format!("{place}[{index}]"), member, faults)).collect())
}
