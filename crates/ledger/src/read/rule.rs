use bill::BillingPeriod;
use bill::tags::TagKey;
use toml::Spanned;
use toml::de::DeValue;

use crate::error::{OwnershipError, Problem, nearest};
use crate::pattern::{Patterns, is_glob};
use crate::rule::{Recipient, Rule, TagCondition};
use crate::subject::{Field, TagLookup};
use crate::team::{TeamDirectory, shorten};

use super::table::{Place, Table, Text};
use super::team::no_wildcard;

const KEYS: &[&str] = &["name", "team", "team_from_tag", "match", "from", "until"];
const CONDITIONS: &[&str] = &["tag", "principal", "role", "session", "person", "account", "identity", "model"];
const TAG_KEYS: &[&str] = &["key", "value"];
/// The names of `Identity::ALL`, for error sentences.
const IDENTITIES: &[&str] =
    &["iam_user", "api_key", "role", "assumed_role", "sso_user", "federated_user", "root", "service", "other"];

/// The table of one `[[rule]]`, which errors call by number and, once it is known, by name.
pub(super) fn table<'a>(
    source: &'a str,
    number: usize,
    value: &'a Spanned<DeValue<'a>>,
) -> Result<Table<'a>, OwnershipError> {
    let mut table = Table::of_value(Place::new(source, format!(", rule {number}")), "", value)?;
    if let Some(name) = table.value("name").and_then(|name| name.get_ref().as_str()).filter(|name| !name.is_empty()) {
        table.place = Place::new(source, format!(", rule {number} `{}`", shorten(name)));
    }
    Ok(table)
}

/// The rule of a table. A team that it names is added to the directory.
pub(super) fn rule(table: &Table<'_>, number: usize, directory: &mut TeamDirectory) -> Result<Rule, OwnershipError> {
    if let Some(condition) = CONDITIONS.iter().find(|condition| table.value(condition).is_some()) {
        return table.fail_at(condition, Problem::ConditionOutsideMatch((*condition).to_owned()));
    }
    table.check_keys(KEYS)?;
    let Some(name) = table.text("name")? else { return table.fail(Problem::Missing("name")) };
    let (tag, fields) = conditions(table)?;
    let (from, until) = periods(table)?;
    let recipient = recipient(table, directory)?;
    Ok(Rule { number, name: name.text.to_owned(), recipient, tag, fields, from, until })
}

fn recipient(table: &Table<'_>, directory: &mut TeamDirectory) -> Result<Recipient, OwnershipError> {
    match (table.text("team")?, table.text("team_from_tag")?) {
        (Some(team), None) => {
            no_wildcard(table, "team", &team)?;
            let insertion = directory.insert(team.text);
            insertion.map_err(|error| table.place.error(team.span, Problem::Team(error)))?;
            Ok(Recipient::Team(directory.team(team.text)))
        }
        (None, Some(key)) => Ok(Recipient::TagValue(tag_lookup(table, "team_from_tag", &key)?)),
        (None, None) => table.fail(Problem::NoTeam),
        (Some(_), Some(_)) => table.fail_at("team_from_tag", Problem::TwoTeams),
    }
}

type Conditions = (Option<TagCondition>, Vec<(Field, Patterns)>);

fn conditions(rule: &Table<'_>) -> Result<Conditions, OwnershipError> {
    let Some(table) = rule.table("match", "match.")? else { return Ok((None, Vec::new())) };
    table.check_keys(CONDITIONS)?;
    if table.is_empty() {
        let hint = "give at least one condition, or leave it out to claim everything";
        return table.fail(Problem::Empty { field: "match".to_owned(), hint });
    }
    let mut fields = Vec::new();
    for field in Field::ALL {
        if let Some(texts) = table.texts(field.as_str())? {
            let patterns = patterns(&table, field.as_str(), &texts)?;
            check_values(&table, field, &texts)?;
            fields.push((field, patterns));
        }
    }
    Ok((tag_condition(&table)?, fields))
}

fn tag_condition(conditions: &Table<'_>) -> Result<Option<TagCondition>, OwnershipError> {
    let Some(table) = conditions.table("tag", "match.tag.")? else { return Ok(None) };
    table.check_keys(TAG_KEYS)?;
    let Some(key) = table.text("key")? else { return table.fail(Problem::Missing("match.tag.key")) };
    let lookup = tag_lookup(&table, "key", &key)?;
    let values = table.texts("value")?.map(|texts| patterns(&table, "value", &texts)).transpose()?;
    Ok(Some(TagCondition { lookup, values }))
}

fn tag_lookup(table: &Table<'_>, key: &str, text: &Text<'_>) -> Result<TagLookup, OwnershipError> {
    no_wildcard(table, key, text)?;
    match text.text.parse::<TagKey>() {
        Ok(tag) => Ok(TagLookup::new(tag)),
        Err(source) => {
            let problem = Problem::TagKey { field: table.field(key), source };
            Err(table.place.error(text.span.clone(), problem))
        }
    }
}

fn patterns(table: &Table<'_>, key: &str, texts: &[Text<'_>]) -> Result<Patterns, OwnershipError> {
    // Each alone first, so that the error stands on the line of the pattern at fault in a list of many lines.
    for text in texts {
        Patterns::new([text.text]).map_err(|source| {
            table.place.error(text.span.clone(), Problem::Pattern { field: table.field(key), source })
        })?;
    }
    Patterns::new(texts.iter().map(|text| text.text))
        .or_else(|source| table.fail_at(key, Problem::Pattern { field: table.field(key), source }))
}

/// Refuses values that no subject can have, since their rule would silently claim nothing.
fn check_values(table: &Table<'_>, field: Field, texts: &[Text<'_>]) -> Result<(), OwnershipError> {
    for Text { text, span } in texts {
        let problem = match field {
            Field::Identity if !names_an_identity(text) => {
                let nearest = nearest(text, IDENTITIES);
                Problem::UnknownIdentity {
                    field: table.field("identity"),
                    text: shorten(text),
                    nearest,
                    known: IDENTITIES,
                }
            }
            Field::Account if !is_glob(text) && !is_account(text) => {
                Problem::Account { field: table.field("account"), text: shorten(text) }
            }
            _ => continue,
        };
        return Err(table.place.error(span.clone(), problem));
    }
    Ok(())
}

fn names_an_identity(text: &str) -> bool {
    Patterns::new([text]).is_ok_and(|pattern| IDENTITIES.iter().any(|identity| pattern.accepting(identity).is_some()))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn periods(table: &Table<'_>) -> Result<(Option<BillingPeriod>, Option<BillingPeriod>), OwnershipError> {
    let (from, until) = (period(table, "from")?, period(table, "until")?);
    match (from, until) {
        (Some(from), Some(until)) if from >= until => table.fail_at("until", Problem::NoPeriods { from, until }),
        periods => Ok(periods),
    }
}

fn period(table: &Table<'_>, key: &str) -> Result<Option<BillingPeriod>, OwnershipError> {
    let Some(text) = table.text(key)? else { return Ok(None) };
    let period = text.text.parse();
    period.map(Some).map_err(|source| table.place.error(text.span, Problem::Period { field: table.field(key), source }))
}

#[cfg(test)]
mod tests {
    use bill::principal::Identity;

    use super::*;

    #[test]
    fn errors_list_all_identities_and_conditions() {
        assert_eq!(IDENTITIES, Identity::ALL.map(Identity::as_str));
        assert_eq!(CONDITIONS[1..], Field::ALL.map(Field::as_str));
    }
}
