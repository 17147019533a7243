use toml::Spanned;
use toml::de::DeValue;

use crate::error::{OwnershipError, Problem};
use crate::pattern::is_glob;
use crate::team::{Team, TeamCollision, TeamDirectory, TeamSlug, shorten};

use super::table::{Place, Table, Text};

const KEYS: &[&str] = &["slug", "name", "values"];

/// Adds the team of one `[[team]]` table.
pub(super) fn declare<'a>(
    source: &'a str,
    number: usize,
    value: &'a Spanned<DeValue<'a>>,
    directory: &mut TeamDirectory,
) -> Result<(), OwnershipError> {
    let table = Table::of_value(Place::new(source, format!(", team {number}")), "", value)?;
    table.check_keys(KEYS)?;
    let (slug, name) = (table.text("slug")?, table.text("name")?);
    let values = table.texts("values")?.unwrap_or_default();
    for (key, text) in name.iter().map(|name| ("name", name)).chain(values.iter().map(|value| ("values", value))) {
        no_wildcard(&table, key, text)?;
    }
    let team = team(&table, slug, name)?;
    let values: Vec<&str> = values.iter().map(|value| value.text).collect();
    directory.declare(&team, &values).or_else(|text| {
        let slug = directory.team(&text).slug.to_string();
        table.fail(Problem::TwoMeanings { text: shorten(&text), slug })
    })
}

fn team(table: &Table<'_>, slug: Option<Text<'_>>, name: Option<Text<'_>>) -> Result<Team, OwnershipError> {
    let id = match (&slug, &name) {
        (Some(slug), _) => {
            slug.text.parse().map_err(|error| table.place.error(slug.span.clone(), Problem::Slug(error)))?
        }
        (None, Some(name)) => TeamDirectory::default()
            .insert(name.text)
            .map_err(|error| table.place.error(name.span.clone(), Problem::Team(error)))?,
        (None, None) => return table.fail(Problem::Missing("slug")),
    };
    if id.is_unattributed() {
        let collision = TeamCollision { slug: TeamSlug::unattributed(), first: id.to_string(), second: id.to_string() };
        return table.fail_at("slug", Problem::Team(collision));
    }
    let name = name.map_or_else(|| id.to_string(), |name| name.text.to_owned());
    Ok(Team { slug: id, name })
}

pub(super) fn no_wildcard(table: &Table<'_>, key: &str, text: &Text<'_>) -> Result<(), OwnershipError> {
    if !is_glob(text.text) {
        return Ok(());
    }
    let problem = Problem::Wildcard { field: table.field(key), text: shorten(text.text) };
    Err(table.place.error(text.span.clone(), problem))
}
