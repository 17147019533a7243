//! Reads an `ownership.toml`. By hand rather than by derive, so that each error can name the rule, the field and the
//! line, and say what would be right.

mod rule;
mod table;
mod team;

use std::collections::HashMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{OwnershipError, Problem};
use crate::rule::Rule;
use crate::team::TeamDirectory;

use table::{Place, Table};

const KEYS: &[&str] = &["rule", "team"];

/// The rules in order, and the teams that they and the `[[team]]` tables name.
pub(crate) fn ownership(source: &str) -> Result<(Vec<Rule>, TeamDirectory), OwnershipError> {
    let place = Place::new(source, String::new());
    let document = DeTable::parse(source).map_err(|error| {
        let message = error.message().trim().replace('\n', "; ");
        place.error(error.span().unwrap_or(0..0), Problem::Syntax(message))
    })?;
    let document = Table::new(place, "", &document);
    document.check_keys(KEYS)?;
    let mut directory = TeamDirectory::default();
    for (index, table) in tables(&document, "team")?.iter().enumerate() {
        team::declare(source, index + 1, table, &mut directory)?;
    }
    let rules = rules(&document, &mut directory)?;
    Ok((rules, directory))
}

fn rules(document: &Table<'_>, directory: &mut TeamDirectory) -> Result<Vec<Rule>, OwnershipError> {
    let tables = tables(document, "rule")?;
    if tables.is_empty() {
        return document.fail(Problem::NoRules);
    }
    let mut rules: Vec<Rule> = Vec::with_capacity(tables.len());
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for (index, value) in tables.iter().enumerate() {
        let table = rule::table(document.place.source, index + 1, value)?;
        let rule = rule::rule(&table, index + 1, directory)?;
        if let Some(number) = numbers.insert(rule.name.clone(), rule.number) {
            return table.fail_at("name", Problem::DuplicateName { name: rule.name, number });
        }
        if let Some(Rule { number, name, .. }) = rules.last().filter(|before| before.claims_everything()) {
            return table.fail(Problem::NeverReached { number: *number, name: name.clone() });
        }
        rules.push(rule);
    }
    Ok(rules)
}

/// The tables of a `[[key]]`, none where there is no such key.
fn tables<'a>(document: &Table<'a>, key: &'static str) -> Result<&'a [Spanned<DeValue<'a>>], OwnershipError> {
    let expected = if key == "rule" { "tables written [[rule]]" } else { "tables written [[team]]" };
    match document.value(key) {
        None => Ok(&[]),
        Some(value) => match value.get_ref() {
            DeValue::Array(array) => Ok(array),
            _ => document.wrong_type(key, value, expected),
        },
    }
}
