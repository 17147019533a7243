//! The functions of Trino that DataFusion lacks or gives another meaning.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, MapArray, StringArray, StringViewArray, StringViewBuilder};
use arrow::datatypes::DataType;
use datafusion::common::{exec_err, plan_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use serde::Serializer as _;

use super::regexp::Replacement;
use crate::columns::text_map;

/// What `cast(x as json)` is called after it was rewritten; no text can say it.
pub(super) const CAST_TO_JSON: &str = "cast_to_json";

/// Every function, ready to be registered.
pub(super) fn all() -> Vec<ScalarUDF> {
    let functions = [
        // NULL for a key that a map does not have. DataFusion answers with a list; Trino's `map[key]` would raise.
        TrinoFunction::new("element_at", || vec![text_map(), TEXT], element_at),
        // Keys are sorted, as Trino sorts them: equal maps give equal texts, so that they can be grouped by.
        TrinoFunction::new(CAST_TO_JSON, || vec![text_map()], map_to_json),
        // JSON is text here already.
        TrinoFunction::new("json_format", || vec![TEXT], |arguments| Ok(Arc::clone(&arguments[0]))),
        TrinoFunction::new("regexp_replace", || vec![TEXT, TEXT, TEXT], regexp_replace),
    ];
    functions.into_iter().map(ScalarUDF::new_from_impl).collect()
}

const TEXT: DataType = DataType::Utf8View;

/// A function of texts and maps of texts that answers with a text.
#[derive(Debug)]
struct TrinoFunction {
    name: &'static str,
    takes: fn() -> Vec<DataType>,
    run: fn(&[ArrayRef]) -> Result<ArrayRef>,
    signature: Signature,
}

impl TrinoFunction {
    fn new(name: &'static str, takes: fn() -> Vec<DataType>, run: fn(&[ArrayRef]) -> Result<ArrayRef>) -> Self {
        Self { name, takes, run, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

// A function is its name: there is one of each.
impl PartialEq for TrinoFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for TrinoFunction {}

impl std::hash::Hash for TrinoFunction {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for TrinoFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        Ok(TEXT)
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let takes = (self.takes)();
        if takes.len() != given.len() {
            return plan_err!("{} takes {} arguments, {} were given", self.name, takes.len(), given.len());
        }
        for (takes, given) in takes.iter().zip(given) {
            let is_map = matches!(given, DataType::Map(_, _));
            if matches!(takes, DataType::Map(_, _)) != is_map && !given.is_null() {
                return plan_err!("{} cannot be asked with {given}", self.name);
            }
        }
        Ok(takes)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        (self.run)(&arrays).map(ColumnarValue::Array)
    }
}

fn element_at(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let map = TextMap::new(&arguments[0])?;
    let wanted = as_text(&arguments[1])?;
    let mut found = StringViewBuilder::with_capacity(map.len());
    for row in 0..map.len() {
        let value = if wanted.is_null(row) { None } else { map.value(row, wanted.value(row)) };
        found.append_option(value);
    }
    Ok(Arc::new(found.finish()))
}

fn map_to_json(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let map = TextMap::new(&arguments[0])?;
    let mut texts = StringViewBuilder::with_capacity(map.len());
    let (mut sorted, mut json) = (Vec::new(), Vec::new());
    for row in 0..map.len() {
        match map.entries(row) {
            Some(entries) => {
                sorted.clear();
                sorted.extend(entries);
                texts.append_value(to_json(&mut sorted, &mut json)?);
            }
            None => texts.append_null(),
        }
    }
    Ok(Arc::new(texts.finish()))
}

/// The entries as JSON, sorted by their keys, in bytes that are used again and again: this runs for every line. A key that
/// comes twice counts as it came last.
fn to_json<'b>(entries: &mut Vec<(&str, Option<&str>)>, json: &'b mut Vec<u8>) -> Result<&'b str> {
    entries.sort_by_key(|(key, _)| *key);
    entries.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        if is_same {
            kept.1 = later.1;
        }
        is_same
    });
    json.clear();
    let external = |error: serde_json::Error| DataFusionError::External(Box::new(error));
    serde_json::Serializer::new(&mut *json).collect_map(entries.iter().copied()).map_err(external)?;
    std::str::from_utf8(json).map_err(|error| DataFusionError::External(Box::new(error)))
}

fn regexp_replace(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let (texts, patterns, replacements) = (as_text(&arguments[0])?, as_text(&arguments[1])?, as_text(&arguments[2])?);
    // A batch has one pattern, and few different texts among many.
    let mut compiled: HashMap<(&str, &str), Replacement> = HashMap::new();
    let mut done: HashMap<(&str, &str, &str), Option<String>> = HashMap::new();
    let mut replaced = StringViewBuilder::with_capacity(texts.len());
    for row in 0..texts.len() {
        if texts.is_null(row) || patterns.is_null(row) || replacements.is_null(row) {
            replaced.append_null();
            continue;
        }
        let (text, pattern, replacement) = (texts.value(row), patterns.value(row), replacements.value(row));
        let rule = match compiled.entry((pattern, replacement)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Replacement::new(pattern, replacement)?),
        };
        let result = done.entry((text, pattern, replacement)).or_insert_with(|| rule.apply(text));
        replaced.append_value(result.as_deref().unwrap_or(text));
    }
    Ok(Arc::new(replaced.finish()))
}

fn as_text(array: &ArrayRef) -> Result<&StringViewArray> {
    match array.as_string_view_opt() {
        Some(texts) => Ok(texts),
        None => exec_err!("expected text, found {}", array.data_type()),
    }
}

/// A column of maps of text to text, row by row.
struct TextMap<'array> {
    maps: &'array MapArray,
    keys: &'array StringArray,
    values: &'array StringArray,
}

impl<'array> TextMap<'array> {
    fn new(array: &'array ArrayRef) -> Result<Self> {
        let Some(maps) = array.as_map_opt() else {
            return exec_err!("expected a map of text to text, found {}", array.data_type());
        };
        let (Some(keys), Some(values)) = (maps.keys().as_string_opt(), maps.values().as_string_opt()) else {
            return exec_err!("expected a map of text to text, found {}", array.data_type());
        };
        Ok(Self { maps, keys, values })
    }

    fn len(&self) -> usize {
        self.maps.len()
    }

    /// Keys and values of a row; nothing when the map is NULL.
    fn entries(&self, row: usize) -> Option<impl Iterator<Item = (&'array str, Option<&'array str>)>> {
        if self.maps.is_null(row) {
            return None;
        }
        let offsets = self.maps.value_offsets();
        // Offsets of a valid map array are never negative.
        let range = offsets[row] as usize..offsets[row + 1] as usize;
        let (keys, values) = (self.keys, self.values);
        Some(range.map(move |at| (keys.value(at), values.is_valid(at).then(|| values.value(at)))))
    }

    fn value(&self, row: usize, wanted: &str) -> Option<&'array str> {
        self.entries(row)?.find(|(key, _)| *key == wanted).and_then(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_maps_give_equal_json() {
        let mut json = Vec::new();
        let mut given = vec![("team", Some("a")), ("app", None), ("team", Some("\"b\""))];
        assert_eq!(to_json(&mut given, &mut json).expect("JSON"), r#"{"app":null,"team":"\"b\""}"#);
        assert_eq!(to_json(&mut Vec::new(), &mut json).expect("JSON"), "{}", "nothing is left of the map before");
    }
}
