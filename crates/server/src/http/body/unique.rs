//! JSON in which a name that stands twice in one object is seen. Which of the two counts would be a matter of luck, and the other
//! would be ignored.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// So many places are told of; nobody reads more.
const MOST_REPEATED: usize = 100;

/// A document, and the places of fields that are there more than once.
///
/// # Errors
/// Where it is no JSON.
pub(super) fn read(bytes: &[u8]) -> Result<(Value, Vec<String>), serde_json::Error> {
    let mut reading = Reading::default();
    let mut document = serde_json::Deserializer::from_slice(bytes);
    let value = Part(&mut reading).deserialize(&mut document)?;
    document.end()?;
    Ok((value, reading.repeated))
}

/// A document that is being read.
#[derive(Default)]
struct Reading {
    /// What leads to where it is: names, each with a dot before it, and numbers in brackets.
    place: Vec<String>,
    repeated: Vec<String>,
}

impl Reading {
    /// This place is there for the second time.
    fn repeat(&mut self) {
        if self.repeated.len() < MOST_REPEATED {
            self.repeated.push(self.place.concat().trim_start_matches('.').to_owned());
        }
    }
}

/// What stands at one place.
struct Part<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            self.0.place.push(format!(".{name}"));
            if fields.contains_key(&name) {
                self.0.repeat();
            }
            let value = map.next_value_seed(Part(&mut *self.0))?;
            self.0.place.pop();
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        loop {
            self.0.place.push(format!("[{}]", members.len()));
            let member = list.next_element_seed(Part(&mut *self.0))?;
            self.0.place.pop();
            let Some(member) = member else { return Ok(Value::Array(members)) };
            members.push(member);
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, switch: bool) -> Result<Value, E> {
        Ok(Value::Bool(switch))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever serde_json reads is read here, as the same.
        #[test]
        fn what_is_read_is_what_is_there(text in r#"[\[\]{}",:a0-9.eE\-\\nultrfs ]{0,24}"#) {
            match (read(text.as_bytes()), serde_json::from_str::<Value>(&text)) {
                (Ok((found, _)), Ok(expected)) => prop_assert_eq!(found, expected),
                (Err(_), Err(_)) => {}
                (found, expected) => prop_assert!(false, "{:?} and {:?}", found, expected),
            }
        }
    }
}
