//! What the product says: the `product` map, the Marketplace product's name, the resource.

use std::sync::LazyLock;

use regex::Regex;

use super::UsageLine;
use super::kind::{self, Kind};
use super::model::{self, Model};
use super::modifiers::{self, Modifiers};
use super::reading::Reading;

static INFERENCE_TYPE: LazyLock<Regex> = LazyLock::new(|| {
    // The pattern is constant and compiled by every test of this file.
    Regex::new(&format!("^(?:prompt-)?(?P<kind>{})(?P<after>(?:-(?:{}))*)$", kind::PATTERN, modifiers::PATTERN))
        .expect("a constant pattern")
});

/// What `inference_type` and `feature` say, AWS's own attributes of a line since July 2026
/// (<https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-understanding-cur-data.html>).
pub(super) fn read(line: &UsageLine<'_>) -> (Option<Kind>, Modifiers) {
    let (kind, mut said) = line.product_inference_type.and_then(inference_type).unzip();
    let mut modifiers = line.product_feature.map(feature).unwrap_or_default();
    if let Some(said) = said.as_mut() {
        said.fill_from(&modifiers);
        modifiers = said.clone();
    }
    (kind, modifiers)
}

/// `Input tokens`, `Prompt cache read input tokens flex`, `Input Image Token Count`, `T2I 1024 Standard`…
fn inference_type(text: &str) -> Option<(Kind, Modifiers)> {
    let words: Vec<String> =
        text.split([' ', '_', '-']).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let text = words.join("-");
    if let Some(found) = INFERENCE_TYPE.captures(&text) {
        return Some((Kind::decode(&found["kind"]), Modifiers::parse(&found["after"])?));
    }
    let kind = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["image", "generation"] | ["t2i" | "i2i", ..] => "output_image",
        ["video", "generation"] | ["t2v" | "i2v", ..] => "output_video",
        ["rerank", "units"] => "search_unit",
        _ => return None,
    };
    Some((Kind::other(kind), Modifiers::default()))
}

/// `On-demand Inference`, `Batch Inference`, `Model Customization`…: only what sets a line apart is said.
fn feature(text: &str) -> Modifiers {
    let text = text.to_lowercase();
    let tiers = [("batch", "batch"), ("flex", "flex"), ("priority", "priority"), ("latency", "latency_optimized")];
    let tier = tiers.iter().find(|(word, _)| text.contains(word)).map(|(_, tier)| *tier);
    let custom_model = text.contains("model customization");
    Modifiers { tier, tier_stated: tier.is_some(), custom_model, ..Modifiers::default() }
}

/// Adds to what the string says what the product says beyond it. The string is the more precise of the two where both
/// speak: the price list's attributes leave out batch, flex and priority.
pub(super) fn complete(string: Option<Reading>, kind: Option<Kind>, modifiers: &Modifiers) -> Option<Reading> {
    let Some(mut reading) = string else {
        return Some(Reading::of(kind?).with_modifiers(modifiers.clone()));
    };
    if reading.kind.is_inference {
        reading.modifiers.fill_from(modifiers);
    }
    let says_no_more = matches!(reading.kind.cache.as_deref(), Some("none" | "write"));
    if let Some(kind) = kind.filter(|kind| says_no_more && kind.name == reading.kind.name) {
        let is_more_precise = match (reading.kind.cache.as_deref(), kind.cache.as_deref()) {
            (Some("none"), Some(_)) => true,
            (Some("write"), Some(other)) => other.starts_with("write"),
            _ => false,
        };
        if is_more_precise {
            reading.kind.cache = kind.cache;
        }
    }
    Some(reading)
}

/// The model of a line and its text, by order of trust: the product map, the string, the Marketplace product's name,
/// the resource. The text is the string's own wherever it has one.
pub(super) fn model_of(line: &UsageLine<'_>, string: Option<&Reading>) -> (Option<Model>, Option<String>) {
    let in_string = string.and_then(|reading| reading.model.as_deref());
    let by_name = line.product_name.and_then(product_of_name);
    let by_resource = line.resource_id.and_then(model_of_resource);
    let texts = [line.product_model, in_string, by_name, by_resource];
    let Some(trusted) = texts.into_iter().flatten().next() else { return (None, None) };
    let mut found = model::model(trusted);
    let silent = in_string == Some(trusted) && string.is_some_and(|reading| !reading.tells_provider);
    if silent {
        found.provider = None;
    }
    found.provider = found.provider.or_else(|| by_name.and_then(|name| model::model(name).provider));
    (Some(found), Some(in_string.unwrap_or(trusted).to_owned()))
}

/// `Claude Opus 4.6 (Amazon Bedrock Edition)`: the edition, or a model that we know, tells a model from the name of a
/// service of AWS.
fn product_of_name(name: &str) -> Option<&str> {
    let shorter = model::without_edition(name);
    (shorter.len() < name.trim().len() || model::model(name).is_known).then_some(shorter)
}

/// `…:inference-profile/us.anthropic.claude-opus-4-8`, `…:foundation-model/anthropic.claude-3-haiku-20240307-v1:0`.
fn model_of_resource(resource: &str) -> Option<&str> {
    ["inference-profile/", "foundation-model/"].into_iter().find_map(|kind| {
        let (before, id) = resource.split_once(kind)?;
        // The id of an application inference profile is drawn by lot.
        (before.is_empty() || before.ends_with(':')).then_some(id).filter(|id| !id.is_empty())
    })
}

#[cfg(test)]
#[path = "product_tests.rs"]
mod tests;
