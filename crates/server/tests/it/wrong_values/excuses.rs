//! What is not named, or not refused, and why that is right.

use super::places::{Operation, Place};

/// Why a value that this test sends as wrong is answered otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) enum Excuse {
    /// It is no mistake.
    Taken(&'static str),
    /// It is refused as a whole.
    NotNamed(&'static str),
}

impl Excuse {
    pub(super) fn because(&self) -> &'static str {
        match self {
            Self::Taken(because) | Self::NotNamed(because) => because,
        }
    }
}

use Excuse::{NotNamed, Taken};

/// Operations, places, what is sent (any, where there is none), and why.
type Row = (&'static [&'static str], &'static [&'static str], &'static [&'static str], Excuse);

/// Of all that is not refused by the name of its place, the first that fits.
pub(super) const EXCUSES: &[Row] = &[
    (
        &["get_callback"],
        &[],
        &[],
        NotNamed("between the provider and the service: whoever signs in can only begin again"),
    ),
    (
        &["get_livez", "get_readyz", "get_docs", "get_openapi"],
        &["query nowhere"],
        &[],
        Taken("whoever probes or caches a page may add what they like to its address"),
    ),
    (&[], &[], &["longer than paths"], NotNamed("the path as a whole is too long before anybody knows what is in it")),
    (&[], &["body"], &[], NotNamed("it is the whole body that is wrong")),
    (
        &[],
        &["query q", "query arn", "query person", "query role", "query caller", "query object"],
        &["garbage", "control character"],
        Taken("a text that is looked for as it is; nothing has it"),
    ),
    (&[], &["query q"], &["empty"], Taken("nothing is typed yet: everything is listed")),
    (
        &[],
        &["query arn", "query person", "query role", "query identity"],
        &["empty"],
        Taken("lines without one, as the description says"),
    ),
    (&[], &["query caller", "query object"], &["empty"], Taken("an entry may have an empty one; nothing has it")),
    (
        &["list_costs"],
        &["query period", "query filter", "query exclude"],
        &["twice"],
        Taken("a list: given again, a parameter adds to it"),
    ),
    (&["list_costs"], &["query group_by"], &["empty"], Taken("grouped by nothing")),
    (
        &["list_costs", "query_costs", "create_cost_file"],
        &["query filter", "query exclude", "body filter.team[]", "body exclude.team[]"],
        &["empty", "null"],
        Taken("lines on which the dimension is not set"),
    ),
    (
        &["list_costs", "query_costs", "create_cost_file"],
        &["query filter", "query exclude", "body filter.team[]", "body exclude.team[]"],
        &["garbage", "control character"],
        Taken("a value that no line has: a filter on it keeps nothing, and excluding it leaves everything"),
    ),
    (&["query_costs", "create_cost_file"], &["body filter", "body exclude"], &["an empty object"], Taken("no filters")),
    (&["query_costs", "create_cost_file"], &["body group_by"], &["an empty list"], Taken("grouped by nothing")),
    (
        &["get_cost_file_content"],
        &["header range", "header if-range"],
        &[],
        Taken(
            "a range that makes no sense, or of another file, is none (RFC 9110, section 14.2): all of the file is sent",
        ),
    ),
    (
        &["create_drilldown"],
        &["body account", "body charge_type", "body principal", "body usage_type", "body tag.key", "body tag.value"],
        &["garbage"],
        Taken("a value that no line has: the drill-down has none"),
    ),
    (
        &["create_refresh"],
        &["body periods"],
        &["an empty list"],
        Taken("no period is named: all that the exports hold"),
    ),
    (&["create_webhook"], &["body types"], &["an empty list"], Taken("no type is named: events of every type")),
    (
        &["create_key"],
        &["body grants[].accounts", "body grants[].tags"],
        &["an empty list"],
        Taken("the grant names teams, and no accounts and no tags beside them"),
    ),
];

/// The excuse, and its number.
pub(super) fn find(operation: &Operation, place: &Place, what: &str) -> Option<(usize, &'static Excuse)> {
    let has = |list: &[&str], text: &str| list.is_empty() || list.contains(&text);
    let place = place.to_string();
    let number = EXCUSES.iter().position(|(operations, places, whats, _)| {
        has(operations, &operation.id) && has(places, &place) && has(whats, what)
    })?;
    Some((number, &EXCUSES[number].3))
}
