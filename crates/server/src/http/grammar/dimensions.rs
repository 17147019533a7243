//! `group_by`, `filter[…]`, `exclude[…]` and `order_by`: everything that names a dimension.

use std::collections::BTreeMap;

use bill::principal::{Identity, Principal};
use store::snapshot::{Dimension, Filter, OrderBy, OrderKey};

use super::fault::{Fault, Faults, shown};
use super::lists::split;
use super::nearest::nearest;
use super::parameters::Parameters;
use super::words::dimension_names;
use super::{LONGEST_FILTER_VALUE_BYTES, MOST_FILTER_VALUES, MOST_GROUPED_DIMENSIONS};
use crate::http::problem::ProblemKind;

/// AWS allows 128 characters in a tag key; views add a prefix.
const LONGEST_DIMENSION_BYTES: usize = 640;

/// Reads `group_by`. A parameter that is given empty groups by nothing.
pub(super) fn read_group_by(parameters: &Parameters, faults: &mut Faults) -> Vec<Dimension> {
    let texts: Vec<String> = parameters.list("group_by").filter(|list| !list.is_empty()).flat_map(split).collect();
    if texts.len() > MOST_GROUPED_DIMENSIONS {
        let detail = format!("{} dimensions are given; at most {MOST_GROUPED_DIMENSIONS} are allowed", texts.len());
        faults.push(Fault::new(ProblemKind::LimitExceeded, "group_by", detail));
        return Vec::new();
    }
    let mut dimensions = Vec::new();
    for text in texts {
        match parse_dimension("group_by", &text) {
            Err(fault) => faults.push(fault),
            Ok(dimension) if dimensions.contains(&dimension) => {
                let detail = format!("`{}` is grouped by twice; name it once", shown(&dimension.to_string()));
                faults.push(Fault::invalid_value("group_by", detail));
            }
            Ok(dimension) => dimensions.push(dimension),
        }
    }
    dimensions
}

/// What stands before the dimension of an alternative; and what would say of it what is so without.
struct Words {
    name: &'static str,
    alternative: &'static str,
    needless: &'static str,
}

const WORDS: [Words; 2] = [
    Words { name: "filter", alternative: "or:", needless: "and:" },
    Words { name: "exclude", alternative: "and:", needless: "or:" },
];

/// Reads `filter[…]` and `exclude[…]`: one filter for each dimension and kind, values sorted, each once.
pub(super) fn read_filters(parameters: &Parameters, faults: &mut Faults) -> Vec<Filter> {
    let mut filters: BTreeMap<(bool, bool, Dimension), Vec<Option<String>>> = BTreeMap::new();
    let mut count = 0;
    for (words, exclude) in WORDS.iter().zip([false, true]) {
        let name = words.name;
        for (bracket, list) in parameters.bracketed(name) {
            let parameter = format!("{name}[{bracket}]");
            let dimension = bracket.strip_prefix(words.alternative);
            let (alternative, text) = (dimension.is_some(), dimension.unwrap_or(bracket));
            let read = words.check(&parameter, text).and_then(|()| parse_dimension(&parameter, text));
            let Some(dimension) = faults.keep(read) else { continue };
            let texts = split(list);
            count += texts.len();
            if count > MOST_FILTER_VALUES {
                let detail = format!("all filters together may have at most {MOST_FILTER_VALUES} values");
                faults.push(Fault::new(ProblemKind::LimitExceeded, &parameter, detail));
                return Vec::new();
            }
            let values = texts.into_iter().filter_map(|text| faults.keep(read_value(&parameter, &dimension, text)));
            let values: Vec<_> = values.collect();
            filters.entry((exclude, alternative, dimension)).or_default().extend(values);
        }
    }
    let sorted = filters.into_iter().map(|((exclude, alternative, dimension), mut values)| {
        values.sort_unstable();
        values.dedup();
        Filter { dimension, values, exclude, alternative }
    });
    sorted.collect()
}

impl Words {
    /// Refuses a word that has no meaning here.
    fn check(&self, parameter: &str, text: &str) -> Result<(), Fault> {
        let Some(dimension) = text.strip_prefix(self.needless) else { return Ok(()) };
        let Self { name, alternative, .. } = self;
        let detail = match *name {
            "filter" => "filters must all hold as they are; of those with `or:` it is enough that one does",
            _ => "what any of these matches is left out as it is; with `and:`, what all of them match",
        };
        let mut fault = Fault::new(ProblemKind::UnknownDimension, parameter, detail);
        fault.did_you_mean = Some(shown(&format!("{name}[{dimension}]")));
        Err(fault.allowing(&[format!("{name}[<dimension>]"), format!("{name}[{alternative}<dimension>]")]))
    }
}

/// Reads `order_by`: `cost` or a grouped dimension, with `-` in front for the largest or last first.
pub(super) fn read_order_by(parameters: &Parameters, group_by: &[Dimension], faults: &mut Faults) -> Option<OrderBy> {
    let text = parameters.single("order_by")?;
    let (descending, name) = match text.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, text),
    };
    if name == "cost" {
        return Some(OrderBy { key: OrderKey::Cost, descending });
    }
    match parse_dimension("order_by", name) {
        Ok(dimension) if group_by.contains(&dimension) => {
            Some(OrderBy { key: OrderKey::Dimension(dimension), descending })
        }
        Ok(dimension) => {
            faults.push(not_grouped(&dimension, group_by));
            None
        }
        Err(fault) => {
            let detail = match fault.allowed.is_empty() {
                true => fault.detail,
                false => format!("`{}` is neither `cost` nor a dimension that rows are grouped by", shown(name)),
            };
            let fault = Fault { detail, ..fault }.allowing(&orders(group_by));
            faults.push(fault.near(name, &["cost"]).or_nearest_dimension(name));
            None
        }
    }
}

fn not_grouped(dimension: &Dimension, group_by: &[Dimension]) -> Fault {
    let detail = format!("rows are not grouped by `{}`, so they cannot be in its order", shown(&dimension.to_string()));
    Fault::invalid_value("order_by", detail).allowing(&orders(group_by))
}

/// What rows can be in the order of.
fn orders(group_by: &[Dimension]) -> Vec<String> {
    ["cost".to_owned()].into_iter().chain(group_by.iter().map(Dimension::to_string)).collect()
}

/// Reads the name of a dimension.
pub(crate) fn parse_dimension(parameter: &str, text: &str) -> Result<Dimension, Fault> {
    if text.len() > LONGEST_DIMENSION_BYTES {
        let detail = format!(
            "a name of {} bytes is too long for a dimension; at most {LONGEST_DIMENSION_BYTES} are read",
            text.len()
        );
        return Err(Fault::new(ProblemKind::UnknownDimension, parameter, detail));
    }
    text.parse().map_err(|_| {
        let detail = format!("`{}` is not a dimension; a tag is written tag:<key>", shown(text));
        let fault = Fault::new(ProblemKind::UnknownDimension, parameter, detail);
        fault.allowing(&dimension_names()).or_nearest_dimension(text)
    })
}

impl Fault {
    fn or_nearest_dimension(mut self, text: &str) -> Self {
        let names = dimension_names();
        self.did_you_mean = self.did_you_mean.or_else(|| nearest(text, names.iter().map(String::as_str)));
        self
    }
}

fn read_value(parameter: &str, dimension: &Dimension, text: String) -> Result<Option<String>, Fault> {
    if text.len() > LONGEST_FILTER_VALUE_BYTES {
        let detail = format!("a value of {} bytes is given; at most {LONGEST_FILTER_VALUE_BYTES} are read", text.len());
        return Err(Fault::new(ProblemKind::LimitExceeded, parameter, detail));
    }
    match dimension {
        // A line without a team is what the team `unattributed` stands for.
        Dimension::Team if text.is_empty() => Ok(Some("unattributed".to_owned())),
        Dimension::Identity if !text.is_empty() && text.parse::<Identity>().is_err() => {
            Err(Fault::unknown_word(parameter, &text, Identity::ALL.into_iter().map(Identity::as_str)))
        }
        // People have ARNs at hand; the id of a principal is derived from its ARN.
        Dimension::Principal if text.starts_with("arn:") => {
            Ok(Principal::parse(Some(&text)).map(|principal| principal.id))
        }
        _ if text.is_empty() => Ok(None),
        _ => Ok(Some(text)),
    }
}
