//! What was used: a line says what its columns say, in words that are known, or it is unclassified.
//!
//! Up to ten lines, in the order of the fields of [`UsageLine`]; a blank one is NULL.

use bill::usage::{Status, Usage, UsageLine, classify};

use super::{lines, text};

pub(super) fn check(bytes: &[u8]) {
    let text = text(bytes);
    let columns: [Option<&str>; 10] = lines(&text);
    let line = line(columns);
    let usage = classify(&line);
    assert_eq!(classify(&line), usage);
    check_columns(&line, &usage);
    check_meaning(&usage);
    check_blanks(columns, &usage);
    let json = serde_json::to_string(&usage).expect("usage is JSON");
    assert_eq!(serde_json::from_str::<Usage>(&json).expect("its own JSON"), usage);
}

fn line<'a>(columns: [Option<&'a str>; 10]) -> UsageLine<'a> {
    UsageLine {
        usage_type: columns[0].unwrap_or_default(),
        region_code: columns[1],
        product_name: columns[2],
        product_model: columns[3],
        product_provider: columns[4],
        product_inference_type: columns[5],
        product_feature: columns[6],
        pricing_unit: columns[7],
        description_unit: columns[8],
        resource_id: columns[9],
    }
}

/// What a column says outright is believed.
fn check_columns(line: &UsageLine<'_>, usage: &Usage) {
    let said = |text: Option<&str>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if let Some(region) = said(line.region_code) {
        assert_eq!(usage.region, Some(region));
    }
    let units = [said(line.pricing_unit), said(line.description_unit)];
    assert!(usage.unit.is_none() || units.contains(&usage.unit), "{:?}", usage.unit);
    assert_eq!(usage.unit.is_some(), said(line.pricing_unit).is_some());
}

fn check_meaning(usage: &Usage) {
    let Usage { region, model, model_as_billed, provider, token_kind, cache, tier, routing, unit, .. } = usage;
    let texts = [region, model, model_as_billed, provider, token_kind, cache, tier, routing, unit];
    assert!(texts.iter().all(|text| text.as_deref() != Some("")), "what is not stated is left out: {usage:?}");
    let is_classified = usage.status == Status::Classified;
    assert_eq!(token_kind.is_some(), is_classified, "{usage:?}");
    assert!(is_classified || (cache.is_none() && tier.is_none() && routing.is_none() && !usage.agentcore), "{usage:?}");
    assert!(cache.is_none() || usage.token_class.is_some(), "only tokens are cached: {usage:?}");
    assert!(usage.tokens_per_unit.is_none() || usage.token_class.is_some(), "{usage:?}");
    assert!(matches!(usage.tokens_per_unit, None | Some(1 | 1_000 | 1_000_000)), "{usage:?}");
    let cached = ["none", "read", "write", "write_5m", "write_30m", "write_1h"];
    assert!(cache.as_deref().is_none_or(|cache| cached.contains(&cache)), "{usage:?}");
    let reach = routing.as_deref().map(|routing| routing.strip_prefix("mantle/").unwrap_or(routing));
    assert!(matches!(reach, None | Some("in-region-or-geo" | "geo" | "global")), "{usage:?}");
    assert_eq!(model.is_some(), model_as_billed.is_some(), "{usage:?}");
    if let Some(class) = usage.token_class {
        let by_cache = match cache.as_deref() {
            Some("read") => "cache_read",
            Some("none") | None => class.as_str(),
            Some(_) => "cache_write",
        };
        assert_eq!(class.as_str(), by_cache, "{usage:?}");
    }
}

/// Blanks around a text say nothing.
fn check_blanks(columns: [Option<&str>; 10], usage: &Usage) {
    let spaced = columns.map(|column| column.map(|column| format!(" {column}\t")));
    let columns = std::array::from_fn(|index| spaced[index].as_deref());
    assert_eq!(&classify(&line(columns)), usage);
}
