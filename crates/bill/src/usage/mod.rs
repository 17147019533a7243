//! What was used: region, model, kind of token, cache, tier and routing of a line.
//!
//! In order of trust: the `product` map, which AWS fills since July 2026; the usage type's own text, by an ordered
//! grammar; and, for Marketplace lines, whose text names no model, the product's name and the resource. What no rule
//! knows is [`Status::Unclassified`] and keeps its text and its money.

mod families;
mod grammar;
mod kind;
mod marketplace;
mod model;
mod modifiers;
mod product;
mod reading;
mod region;
mod rule;
mod tokens;
mod unit;

use reading::Reading;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The columns of a line that say what was used. Empty texts are NULL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct UsageLine<'a> {
    /// `line_item_usage_type`, such as `USE1-Claude4.6Opus-input-tokens`.
    pub usage_type: &'a str,
    /// `product_region_code`, such as `us-east-1`.
    pub region_code: Option<&'a str>,
    /// `product['product_name']`, such as `Claude Opus 4.6 (Amazon Bedrock Edition)`.
    pub product_name: Option<&'a str>,
    /// `product['model']`.
    pub product_model: Option<&'a str>,
    /// `product['provider']`.
    pub product_provider: Option<&'a str>,
    /// `product['inference_type']`.
    pub product_inference_type: Option<&'a str>,
    /// `product['feature']`.
    pub product_feature: Option<&'a str>,
    /// `pricing_unit`, such as `1K tokens`.
    pub pricing_unit: Option<&'a str>,
    /// The third part of the description where the pricing unit is `Units`.
    pub description_unit: Option<&'a str>,
    /// `line_item_resource_id` of a Marketplace line.
    pub resource_id: Option<&'a str>,
}

/// What a line says that was used. A field that it does not state is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Usage {
    /// The AWS region code.
    pub region: Option<String>,
    /// The one name under which all spellings of a model meet, such as `Claude Opus 4.6`.
    pub model: Option<String>,
    /// The model as the line spells it.
    pub model_as_billed: Option<String>,
    /// Who made the model, such as `Anthropic`.
    pub provider: Option<String>,
    /// `input`, `output`, `guardrail:ContentPolicy`, `meter:Runtime/Memory`…
    pub token_kind: Option<String>,
    /// `none`, `read`, `write`, `write_5m`, `write_30m`, `write_1h`; for tokens only.
    pub cache: Option<String>,
    /// `standard`, `batch`, `flex`, `priority`, `latency_optimized`, `provisioned_…`, `reserved_…`…
    pub tier: Option<String>,
    /// `in-region-or-geo` or `global`, with `mantle/` before it where the mantle endpoint was used; `geo` or `global` for
    /// reserved capacity.
    pub routing: Option<String>,
    /// The unit of the usage amount.
    pub unit: Option<String>,
    /// Whether a rule knew the line.
    pub status: Status,
    /// How many tokens one unit is: 1, 1,000 or 1,000,000; `None` where tokens are not what is counted.
    pub tokens_per_unit: Option<i64>,
    /// Which count of tokens the line belongs to.
    pub token_class: Option<TokenClass>,
    /// Whether this is a meter of Bedrock AgentCore.
    pub agentcore: bool,
}

/// Whether a rule knew the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A rule knew it.
    Classified,
    /// No rule knew it: the text is kept whole and its money counts.
    #[default]
    Unclassified,
}

impl Status {
    /// `classified` or `unclassified`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classified => "classified",
            Self::Unclassified => "unclassified",
        }
    }
}

/// The four counts of tokens that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenClass {
    /// Tokens sent to the model and not cached.
    Input,
    /// Tokens that the model wrote.
    Output,
    /// Input tokens read from the prompt cache.
    CacheRead,
    /// Input tokens written to the prompt cache.
    CacheWrite,
}

impl TokenClass {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Input, Self::Output, Self::CacheRead, Self::CacheWrite];

    /// `input`, `output`, `cache_read` or `cache_write`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::CacheRead => "cache_read",
            Self::CacheWrite => "cache_write",
        }
    }
}

/// A text that names no status or token class.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct ParseWordError {
    text: String,
    expected: &'static str,
}

impl FromStr for Status {
    type Err = ParseWordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [Self::Classified, Self::Unclassified].into_iter().find(|status| status.as_str() == text);
        known.ok_or_else(|| unknown_word(text, "a status: classified or unclassified"))
    }
}

impl FromStr for TokenClass {
    type Err = ParseWordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|class| class.as_str() == text);
        known.ok_or_else(|| unknown_word(text, "a token class: input, output, cache_read or cache_write"))
    }
}

fn unknown_word(text: &str, expected: &'static str) -> ParseWordError {
    ParseWordError { text: text.chars().take(40).collect(), expected }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for TokenClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Reads what a line says about its usage.
pub fn classify(line: &UsageLine<'_>) -> Usage {
    let line = &line.without_blanks();
    let (prefix, rest) = region::split(line.usage_type);
    let string = grammar::read(prefix, rest);
    let (model, model_as_billed) = product::model_of(line, string.as_ref());
    let (kind, modifiers) = product::read(line);
    let reading = product::complete(string, kind, &modifiers);
    let region = line.region_code.or_else(|| region::region_of(prefix.or_else(|| marketplace::inner_prefix(rest))?));
    let provider = line.product_provider.map(model::provider);
    let usage = Usage {
        region: region.map(str::to_owned),
        provider: provider.or_else(|| model.as_ref()?.provider.map(str::to_owned)),
        model: model.map(|model| model.name),
        model_as_billed,
        unit: unit::unit(line.pricing_unit, line.description_unit).map(str::to_owned),
        ..Usage::default()
    };
    match reading {
        Some(reading) => classified(usage, &reading, line),
        None => usage,
    }
}

fn classified(usage: Usage, reading: &Reading, line: &UsageLine<'_>) -> Usage {
    let counts_tokens = reading.kind.counts_tokens;
    let is_marketplace_form = line.usage_type.ends_with("-Units");
    Usage {
        token_kind: Some(reading.kind.name.clone()),
        cache: reading.cache(),
        tier: reading.tier(),
        routing: reading.routing(),
        status: Status::Classified,
        tokens_per_unit: unit::tokens_per_unit(line.pricing_unit, is_marketplace_form).filter(|_| counts_tokens),
        token_class: counts_tokens.then(|| token_class(reading)),
        agentcore: reading.agentcore,
        ..usage
    }
}

fn token_class(reading: &Reading) -> TokenClass {
    match reading.kind.cache.as_deref() {
        Some("read") => TokenClass::CacheRead,
        Some(write) if write.starts_with("write") => TokenClass::CacheWrite,
        _ if reading.kind.name.contains("output") => TokenClass::Output,
        _ => TokenClass::Input,
    }
}

impl<'a> UsageLine<'a> {
    /// The same line without blanks around its texts; a text of blanks alone is as good as none.
    fn without_blanks(&self) -> Self {
        let keep = |text: Option<&'a str>| text.map(str::trim).filter(|text| !text.is_empty());
        Self {
            usage_type: self.usage_type.trim(),
            region_code: keep(self.region_code),
            product_name: keep(self.product_name),
            product_model: keep(self.product_model),
            product_provider: keep(self.product_provider),
            product_inference_type: keep(self.product_inference_type),
            product_feature: keep(self.product_feature),
            pricing_unit: keep(self.pricing_unit),
            description_unit: keep(self.description_unit),
            resource_id: keep(self.resource_id),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
