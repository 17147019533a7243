//! Lines of inference by AWS itself: `{model}[-mantle]-{kind}[-{modifiers}]`.

use std::sync::LazyLock;

use super::kind::{self, Kind};
use super::modifiers::{self, Modifiers};
use super::reading::Reading;
use super::rule::{Rule, first, part};

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let (kinds, words) = (kind::PATTERN, modifiers::PATTERN);
    // The model is as short as it can be, so that `-mantle` and modifiers in front of the kind are not part of it.
    let pattern = format!("(?P<model>.+?)(?P<before>(?:-(?:{words}))*)-(?P<kind>{kinds})(?P<after>(?:-(?:{words}))*)");
    vec![Rule::new(&pattern, |found| {
        let modifiers = Modifiers::parse(&format!("{}{}", &found["before"], &found["after"]))?;
        let reading = Reading::of(Kind::decode(&found["kind"]));
        let modifiers = match modifiers.tier {
            // The price list has `Llama3-1-70B-LatencyOptimized` as a model by itself.
            None if found["model"].ends_with("-LatencyOptimized") => {
                Modifiers { tier: Some("latency_optimized"), tier_stated: true, ..modifiers }
            }
            _ => modifiers,
        };
        Some(reading.with_model(part(found, "model")).with_modifiers(modifiers))
    })]
});

/// Reads a line of inference.
pub(super) fn read(rest: &str) -> Option<Reading> {
    first(&RULES, rest)
}
