//! How much one unit is.
//!
//! The rules of AWS's CUDOS: `1K tokens` is a thousand, `1M tokens` and anything that says million are a million, and so
//! are the `Units` of Marketplace lines. The same number in another unit is a thousand times as much, so a unit that is
//! not known counts no tokens at all.

const THOUSAND: i64 = 1_000;
const MILLION: i64 = 1_000_000;

/// The unit of a line: the pricing unit, or what the description says where that is only `Units`.
pub(super) fn unit<'a>(pricing_unit: Option<&'a str>, description_unit: Option<&'a str>) -> Option<&'a str> {
    match (pricing_unit, description_unit) {
        (Some(pricing), Some(description)) if pricing.eq_ignore_ascii_case("units") => Some(description),
        (pricing, _) => pricing,
    }
}

/// How many tokens one unit of a token line is. Without a unit only the Marketplace form, whose text ends in `-Units`,
/// says it.
pub(super) fn tokens_per_unit(pricing_unit: Option<&str>, is_marketplace_form: bool) -> Option<i64> {
    let Some(unit) = pricing_unit else { return is_marketplace_form.then_some(MILLION) };
    let unit = unit.trim().to_ascii_lowercase();
    let starts = |starts: [&str; 3]| starts.iter().any(|start| unit.starts_with(start));
    match unit.as_str() {
        "units" | "unit" => Some(MILLION),
        "token" | "tokens" => Some(1),
        other if other.contains("million") => Some(MILLION),
        other if !other.contains("token") => None,
        _ if starts(["1m ", "1000000 ", "1,000,000 "]) => Some(MILLION),
        _ if starts(["1k ", "1000 ", "1,000 "]) => Some(THOUSAND),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_read_whatever_its_case() {
        for (unit, tokens) in [
            ("1K tokens", Some(1_000)),
            ("1k tokens", Some(1_000)),
            ("1000 tokens", Some(1_000)),
            ("1M tokens", Some(1_000_000)),
            ("1m Tokens", Some(1_000_000)),
            ("Million Input Tokens", Some(1_000_000)),
            ("Units", Some(1_000_000)),
            ("tokens", Some(1)),
        ] {
            assert_eq!(tokens_per_unit(Some(unit), false), tokens, "{unit}");
        }
    }

    #[test]
    fn a_unit_that_is_not_known_counts_no_tokens() {
        for unit in ["1B tokens", "image", "Images Processed", "Search Units", "Hrs", "1M TPM Hour", "1K seconds", ""] {
            assert_eq!(tokens_per_unit(Some(unit), true), None, "{unit}");
        }
    }

    #[test]
    fn without_a_unit_only_the_marketplace_form_says_how_much() {
        assert_eq!((tokens_per_unit(None, true), tokens_per_unit(None, false)), (Some(1_000_000), None));
    }

    #[test]
    fn units_are_explained_by_the_description() {
        assert_eq!(unit(Some("Units"), Some("Million Input Tokens")), Some("Million Input Tokens"));
        assert_eq!(unit(Some("1K tokens"), Some("anything")), Some("1K tokens"));
        assert_eq!((unit(Some("Units"), None), unit(None, Some("x"))), (Some("Units"), None));
    }
}
