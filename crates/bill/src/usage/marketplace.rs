//! Lines of the foundation-model offer and of AWS Marketplace: `MP:{prefix}_{dimension}-Units`.
//!
//! The dimension names no model, save for some images: that is in the product's name or the resource id.

use std::sync::LazyLock;

use regex::Captures;

use super::kind::Kind;
use super::modifiers::Modifiers;
use super::reading::Reading;
use super::region;
use super::rule::{Rule, first, part};

/// Words after a dimension, each with its underscore.
const WORDS: &str = "(?P<words>(?:_(?:LCtx|LongContext|LatencyOptimized|Global|Geo|Batch|Flex|Priority|Standard|\
    5m|30m|1h|global|geo|long_ctx|standard|batch|flex|priority|latency_optimized))*)";

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    vec![
        Rule::new(
            &format!("(?P<direction>Input|Output)(?P<medium>Text|Speech|Image|Audio|Video)?TokenCount{WORDS}"),
            camel_tokens,
        ),
        Rule::new(
            &format!("Cache(?P<operation>Reads?|Writes?)(?P<ttl>5m|30m|1h)?InputTokenCount{WORDS}"),
            cached_tokens,
        ),
        Rule::new(&format!("Million(?P<batch>Batch)?(?P<direction>Input|Output)Tokens?{WORDS}"), million_tokens),
        Rule::new(&format!("(?P<kind>(?:(?:text|speech)_)?(?:input|output)_tokens?){WORDS}"), snake_tokens),
        Rule::new(&format!("(?P<kind>(?:input|output)_(?:text|image|audio|video)_tokens?){WORDS}"), snake_tokens),
        Rule::new(&format!("cache_(?P<operation>reads?|writes?)(?:_input)?_tokens?{WORDS}"), cached_tokens),
        // The cards of GPT 5.4 and 5.5 have cache reads under this name, beside or in place of `cache_read_tokens`.
        Rule::new(&format!("cached_input_tokens?{WORDS}"), |found| {
            Some(Reading::of(Kind::decode("cache-read-tokens")).with_modifiers(words(found)?))
        }),
        Rule::new(&format!("(?P<direction>Input|Output)ImageCount{WORDS}"), image_count),
        Rule::new(
            r"Reserved_(?P<term>[0-9]+Months?)_(?P<direction>Input|Output)TPM(?P<words>(?:_(?:Geo|Global))?)",
            reserved,
        ),
        Rule::new(
            r"ProvisionedThroughput_(?P<custom>Custom_)?(?P<commit>[A-Za-z0-9]+?)_ModelUnits(?:_Usage)?",
            provisioned_throughput,
        ),
        Rule::new(r"[Cc]reated_?(?P<medium>[Ii]mage|[Vv]ideo)(?:_(?P<model>.+))?", created),
        Rule::new(
            r"(?P<direction>input|output|Input|Output)_?(?P<medium>[Vv]ideo|[Aa]udio)_?[Ss]econds?(?P<words>(?:_(?:[Gg]lobal|[Gg]eo))?)",
            seconds,
        ),
        Rule::new(r"(?:search_units?|SearchUnits?)(?P<words>(?:_(?:[Gg]lobal|[Gg]eo))?)", |found| {
            Some(Reading::of(Kind::other("search_unit")).with_modifiers(words(found)?))
        }),
        Rule::new(r"(?:CacheStorage|cache_storage)(?P<words>(?:_(?:[Gg]lobal|[Gg]eo))?)", |found| {
            Some(Reading::of(Kind::other("cache_storage")).with_modifiers(words(found)?))
        }),
        // AWS's CUDOS tells customization of Marketplace models by these words, wherever they stand.
        Rule::new(r"(?i:(?:.+_)?customization_?(?P<what>training|storage|tokencount)).*", customization),
    ]
});

/// The dimension of a Marketplace line; `None` where the text is none, or names two different regions.
pub(super) fn dimension<'a>(prefix: Option<&str>, rest: &'a str) -> Option<&'a str> {
    let (marked, body) = match rest.strip_prefix("MP:") {
        Some(body) => (true, body),
        None => (false, rest),
    };
    let body = body.strip_suffix("-Units")?;
    match body.split_once('_') {
        Some((inner, dimension)) if region::is_prefix(inner) => {
            (prefix.is_none() || prefix == Some(inner)).then_some(dimension)
        }
        _ => marked.then_some(body),
    }
}

/// The region prefix inside a Marketplace line that has none in front.
pub(super) fn inner_prefix(rest: &str) -> Option<&str> {
    let body = rest.strip_prefix("MP:").unwrap_or(rest).strip_suffix("-Units")?;
    body.split_once('_').map(|(inner, _)| inner).filter(|inner| region::is_prefix(inner))
}

/// Reads a dimension.
pub(super) fn read(dimension: &str) -> Option<Reading> {
    first(&RULES, dimension)
}

fn camel_tokens(found: &Captures<'_>) -> Option<Reading> {
    let direction = found["direction"].to_ascii_lowercase();
    let kind = match part(found, "medium") {
        Some(medium) => format!("{direction}-{}-tokens", medium.to_ascii_lowercase()),
        None => format!("{direction}-tokens"),
    };
    Some(Reading::of(Kind::decode(&kind)).with_modifiers(words(found)?))
}

fn million_tokens(found: &Captures<'_>) -> Option<Reading> {
    let batch = found.name("batch").map_or("", |_| "_batch");
    let kind = Kind::decode(&format!("{}-tokens", found["direction"].to_ascii_lowercase()));
    Some(Reading::of(kind).with_modifiers(Modifiers::parse(&format!("{batch}{}", &found["words"]))?))
}

fn snake_tokens(found: &Captures<'_>) -> Option<Reading> {
    Some(Reading::of(Kind::decode(&found["kind"].replace('_', "-"))).with_modifiers(words(found)?))
}

fn cached_tokens(found: &Captures<'_>) -> Option<Reading> {
    let operation = found["operation"].to_ascii_lowercase();
    let ttl = part(found, "ttl").map_or(String::new(), |ttl| format!("-{ttl}"));
    Some(Reading::of(Kind::decode(&format!("cache-{operation}{ttl}-tokens"))).with_modifiers(words(found)?))
}

fn image_count(found: &Captures<'_>) -> Option<Reading> {
    let kind = Kind::decode(&format!("{}-image", found["direction"].to_ascii_lowercase()));
    Some(Reading::of(kind).with_modifiers(words(found)?))
}

fn reserved(found: &Captures<'_>) -> Option<Reading> {
    Some(
        Reading::of(Kind::reserved(&found["direction"]))
            .with_tier(format!("reserved_{}", &found["term"]))
            .with_modifiers(words(found)?),
    )
}

fn provisioned_throughput(found: &Captures<'_>) -> Option<Reading> {
    let modifiers = Modifiers { custom_model: found.name("custom").is_some(), ..Modifiers::default() };
    let tier = format!("provisioned_{}", &found["commit"]);
    Some(Reading::of(Kind::other("model_unit")).with_tier(tier).with_modifiers(modifiers))
}

/// `created_image_stable_image_core`: the only dimension that names a model, without a word on its maker.
fn created(found: &Captures<'_>) -> Option<Reading> {
    let kind = Kind::other(format!("output_{}", found["medium"].to_ascii_lowercase()));
    Some(Reading { tells_provider: false, ..Reading::of(kind).with_model(part(found, "model")) })
}

fn seconds(found: &Captures<'_>) -> Option<Reading> {
    let name = format!("{}_{}_second", &found["direction"], &found["medium"]).to_ascii_lowercase();
    Some(Reading::of(Kind::other(name)).with_modifiers(words(found)?))
}

fn customization(found: &Captures<'_>) -> Option<Reading> {
    let what = if found["what"].eq_ignore_ascii_case("storage") { "storage" } else { "training" };
    Some(Reading::of(Kind::other(format!("customization_{what}"))).with_tier("customization"))
}

fn words(found: &Captures<'_>) -> Option<Modifiers> {
    Modifiers::parse(&found["words"])
}
