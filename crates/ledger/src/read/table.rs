use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{OwnershipError, Problem, nearest};

/// Where in the file something stands, for errors.
#[derive(Clone)]
pub(super) struct Place<'a> {
    pub(super) source: &'a str,
    label: String,
}

impl<'a> Place<'a> {
    pub(super) fn new(source: &'a str, label: String) -> Self {
        Self { source, label }
    }

    pub(super) fn error(&self, span: Range<usize>, problem: Problem) -> OwnershipError {
        let before = self.source.as_bytes().get(..span.start).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        OwnershipError { line, place: self.label.clone(), problem }
    }
}

/// One table of the file, read field by field. `path` stands before the names of its fields in errors: `match.`.
pub(super) struct Table<'a> {
    pub(super) place: Place<'a>,
    path: &'static str,
    span: Range<usize>,
    entries: &'a DeTable<'a>,
}

/// A text of the file and where it stands.
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
}

impl<'a> Table<'a> {
    pub(super) fn new(place: Place<'a>, path: &'static str, table: &'a Spanned<DeTable<'a>>) -> Self {
        Self { place, path, span: table.span(), entries: table.get_ref() }
    }

    /// A value that must be a table.
    pub(super) fn of_value(
        place: Place<'a>,
        path: &'static str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Result<Self, OwnershipError> {
        match value.get_ref() {
            DeValue::Table(entries) => Ok(Self { place, path, span: value.span(), entries }),
            other => {
                let found = in_words(other);
                let field = if path.is_empty() { "[[…]]" } else { path.trim_end_matches('.') };
                let problem = Problem::WrongType { field: field.to_owned(), expected: "a table", found };
                Err(place.error(value.span(), problem))
            }
        }
    }

    /// A table inside this one.
    pub(super) fn table(&self, key: &str, path: &'static str) -> Result<Option<Table<'a>>, OwnershipError> {
        self.value(key).map(|value| Table::of_value(self.place.clone(), path, value)).transpose()
    }

    pub(super) fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.entries.get(key)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The name of a field as errors show it, such as `match.role`.
    pub(super) fn field(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }

    /// Refuses the first unknown key of the file.
    pub(super) fn check_keys(&self, known: &'static [&'static str]) -> Result<(), OwnershipError> {
        let unknown = self.entries.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        match unknown.min_by_key(|key| key.span().start) {
            None => Ok(()),
            Some(key) => {
                let (text, span) = (key.get_ref(), key.span());
                let problem = Problem::UnknownKey { key: self.field(text), nearest: nearest(text, known), known };
                Err(self.place.error(span, problem))
            }
        }
    }

    /// A text with something in it.
    pub(super) fn text(&self, key: &str) -> Result<Option<Text<'a>>, OwnershipError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::String(_) => self.not_empty(key, value).map(Some),
            _ => self.wrong_type(key, value, "a text in quotes"),
        }
    }

    /// A text or a list of texts, with something in each.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<Text<'a>>>, OwnershipError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let texts = match value.get_ref() {
            DeValue::Array(array) => {
                array.iter().map(|text| self.not_empty(key, text)).collect::<Result<Vec<_>, _>>()?
            }
            _ => vec![self.not_empty(key, value)?],
        };
        match texts.is_empty() {
            true => self
                .fail_at(key, Problem::Empty { field: self.field(key), hint: "leave it out, or list texts in quotes" }),
            false => Ok(Some(texts)),
        }
    }

    fn not_empty(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Result<Text<'a>, OwnershipError> {
        let Some(text) = value.get_ref().as_str() else {
            return self.wrong_type(key, value, "a text in quotes, or a list of such texts");
        };
        if text.trim().is_empty() {
            let problem = Problem::Empty { field: self.field(key), hint: "write a text between the quotes" };
            return Err(self.place.error(value.span(), problem));
        }
        Ok(Text { text, span: value.span() })
    }

    pub(super) fn wrong_type<T>(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        expected: &'static str,
    ) -> Result<T, OwnershipError> {
        let problem = Problem::WrongType { field: self.field(key), expected, found: in_words(value.get_ref()) };
        Err(self.place.error(value.span(), problem))
    }

    /// Fails at the beginning of the table.
    pub(super) fn fail<T>(&self, problem: Problem) -> Result<T, OwnershipError> {
        Err(self.place.error(self.span.clone(), problem))
    }

    /// Fails at a field of the table.
    pub(super) fn fail_at<T>(&self, key: &str, problem: Problem) -> Result<T, OwnershipError> {
        let span = self.value(key).map_or(self.span.clone(), Spanned::span);
        Err(self.place.error(span, problem))
    }
}

fn in_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number without quotes",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date without quotes",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
