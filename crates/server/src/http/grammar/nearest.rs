//! "Did you mean": the known name that a mistaken one is nearest to.

use std::cmp::Reverse;

/// Names longer than this were not mistyped, and comparing them would cost time.
const LONGEST_NAME_COMPARED: usize = 64;

/// The known name that `given` most likely stands for; `None` where nothing is near.
///
/// A name is near when few letters differ (`modle`), or when it is contained in what was given (`start_date`).
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let given = given.trim().to_lowercase().replace('-', "_");
    if given.is_empty() || given.chars().count() > LONGEST_NAME_COMPARED {
        return None;
    }
    let names: Vec<&str> = known.into_iter().collect();
    let distance = |name: &str| strsim::osa_distance(&given, &name.to_lowercase().replace('-', "_"));
    let allowed_distance = (given.chars().count() / 3).clamp(1, 4);
    names
        .iter()
        .map(|name| (distance(name), *name))
        .filter(|(distance, _)| *distance <= allowed_distance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
        .or_else(|| longest_contained(&given, &names))
        .map(str::to_owned)
}

fn longest_contained<'a>(given: &str, names: &[&'a str]) -> Option<&'a str> {
    let contained = names.iter().filter(|name| name.len() >= 3 && given.contains(*name));
    contained.min_by_key(|name| Reverse(name.len())).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 6] = ["start", "end", "group_by", "model", "principal", "period"];

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        for (given, meant) in [
            ("modle", "model"),
            ("Group-By", "group_by"),
            ("groupby", "group_by"),
            ("principals", "principal"),
            ("start_date", "start"),
            ("billing_period", "period"),
        ] {
            assert_eq!(nearest(given, NAMES).as_deref(), Some(meant), "{given}");
        }
    }

    #[test]
    fn what_is_far_from_everything_is_not_guessed() {
        for given in ["", "x", "colour", &"model".repeat(50)] {
            assert_eq!(nearest(given, NAMES), None, "{given}");
        }
    }
}
