//! The words that usage types append: tier, routing, long context, time to live, in any order.

use std::sync::LazyLock;

use regex::Regex;

/// Modifiers as the runtime spells them, longest first so that `cross-region-global` is not read as `global`.
pub(super) const PATTERN: &str = "standard|batch|flex|priority|latency-optimized|long-context|long[-_]ctx|\
    cross-region-global|cross-region-geo|cross-region|global|geo|custom-model|mantle|5m|30m|1h|1-hour|30-min|5-min";

static WORD: LazyLock<Regex> = LazyLock::new(|| {
    // The pattern is constant and compiled by every test of this folder.
    Regex::new(&format!("^(?:{PATTERN})")).expect("a constant pattern")
});

/// What the modifiers of one line say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Modifiers {
    /// `batch`, `flex`, `priority` or `latency_optimized`; `None` where the line says `standard` or nothing.
    pub tier: Option<&'static str>,
    /// Whether the line says its tier, be it `standard`.
    pub tier_stated: bool,
    /// Reached by a long-context request.
    pub long_context: bool,
    /// Served by a customized model.
    pub custom_model: bool,
    /// Routed by a global inference profile.
    pub global: bool,
    /// Routed inside a geography, which only the price of reserved capacity tells from the region.
    pub geo: bool,
    /// Called through the mantle endpoint.
    pub mantle: bool,
    /// How long a cache entry lives: `5m`, `30m` or `1h`.
    pub time_to_live: Option<&'static str>,
}

impl Modifiers {
    /// Reads `-global-standard`, `_LCtx_Global_Batch` and the like; `None` for an unknown word or a contradiction.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.replace('_', "-").replace("LCtx", "long-ctx").replace("LongContext", "long-context");
        let text = text.replace("LatencyOptimized", "latency-optimized").to_ascii_lowercase();
        let mut rest = text.strip_prefix('-').unwrap_or(&text);
        let mut modifiers = Self::default();
        while !rest.is_empty() {
            let word = WORD.find(rest)?.as_str();
            modifiers.add(word)?;
            rest = &rest[word.len()..];
            if !rest.is_empty() {
                rest = rest.strip_prefix('-')?;
            }
        }
        (!(modifiers.global && modifiers.geo)).then_some(modifiers)
    }

    fn add(&mut self, word: &str) -> Option<()> {
        match word {
            "standard" => self.tier_stated = true,
            "batch" => self.set_tier("batch")?,
            "flex" => self.set_tier("flex")?,
            "priority" => self.set_tier("priority")?,
            "latency-optimized" => self.set_tier("latency_optimized")?,
            "long-context" | "long-ctx" => self.long_context = true,
            "cross-region-global" | "global" => self.global = true,
            "cross-region-geo" | "geo" => self.geo = true,
            // Says that a profile was used, but not which: the default routing says as much.
            "cross-region" => {}
            "custom-model" => self.custom_model = true,
            "mantle" => self.mantle = true,
            "5m" | "5-min" => self.time_to_live = Some("5m"),
            "30m" | "30-min" => self.time_to_live = Some("30m"),
            "1h" | "1-hour" => self.time_to_live = Some("1h"),
            _ => return None,
        }
        Some(())
    }

    fn set_tier(&mut self, tier: &'static str) -> Option<()> {
        let contradicts = self.tier.is_some_and(|other| other != tier);
        self.tier = Some(tier);
        self.tier_stated = true;
        (!contradicts).then_some(())
    }

    /// Takes from another source what this one does not say.
    pub(super) fn fill_from(&mut self, other: &Self) {
        if !self.tier_stated {
            (self.tier, self.tier_stated) = (other.tier, other.tier_stated);
        }
        self.long_context |= other.long_context;
        self.custom_model |= other.custom_model;
        self.global |= other.global && !self.geo;
        self.geo |= other.geo && !self.global;
        self.time_to_live = self.time_to_live.or(other.time_to_live);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_and_spelling_of_modifiers_do_not_matter() {
        let expected = Modifiers {
            tier: Some("batch"),
            tier_stated: true,
            long_context: true,
            global: true,
            ..Modifiers::default()
        };
        for text in [
            "_LCtx_Global_Batch",
            "-long-ctx-global-batch",
            "-cross-region-global-batch-long-context",
            "_batch_long_ctx_global",
        ] {
            assert_eq!(Modifiers::parse(text), Some(expected.clone()), "{text}");
        }
    }

    #[test]
    fn an_unknown_word_or_two_tiers_are_not_guessed_at() {
        for text in ["-wat", "-global-wat", "-batch-flex", "-global-geo", "-standardised"] {
            assert_eq!(Modifiers::parse(text), None, "{text}");
        }
    }
}
