//! Prices and worth of caches, from what was billed.

use bill::usage::TokenClass;
use bill::{Amount, BillingPeriod, proportion};
use serde::Serialize;
use store::snapshot::AsOf;
use utoipa::ToSchema;

use super::tally::{Counted, Key, Tally};
use crate::http::answer::{Links, TokenCounts};

/// What a model came to in one period and currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelFigures {
    /// The id for paths, made from the name alone; null for lines that name no model.
    #[schema(example = "claude-sonnet-4.6")]
    id: Option<String>,
    /// The canonical name.
    #[schema(example = "Claude Sonnet 4.6")]
    name: Option<String>,
    /// Who makes it, where the bill says so.
    #[schema(example = "Anthropic")]
    provider: Option<String>,
    /// The billing period.
    #[schema(value_type = String, example = "2026-10")]
    pub(crate) period: BillingPeriod,
    /// The exact cost as a decimal string.
    #[schema(value_type = String, example = "1234.567890123456")]
    pub(crate) cost: Amount,
    /// Its currency.
    #[schema(example = "USD")]
    pub(crate) currency: String,
    /// Tokens by class.
    tokens: TokenCounts,
    /// How many lines of the bill this is.
    line_items: i64,
    /// The effective price of a million tokens of each class.
    price_per_million: Prices,
    /// How much of all input was read from the prompt cache, in percent, rounded to two places: `cache_read / (input +
    /// cache_read + cache_write)` of tokens. Null where there was no input.
    #[schema(value_type = Option<String>, example = "83.33")]
    cache_hit_percent: Option<Amount>,
    /// What reading from the prompt cache saved: what the tokens read from it would have cost at the effective price of fresh
    /// input, less what they did cost; `tokens.cache_read * (cost of input / tokens.input) - cost of cache_read`, rounded to
    /// twelve places. What writing to the cache cost more than fresh input is not taken off. Null where nothing was read from
    /// a cache, or where there was no fresh input whose price could be told.
    #[schema(value_type = Option<String>, example = "12.15")]
    saved_by_cache: Option<Amount>,
    /// By what was counted; adds up to `cost`.
    by_token_kind: Vec<KindFigures>,
    /// By tier; adds up to `cost`.
    by_tier: Vec<ShareFigures>,
    /// By routing; adds up to `cost`.
    by_routing: Vec<ShareFigures>,
    /// Where to go from here.
    links: Links,
}

/// The effective price of a million tokens: cost of the lines that count such tokens, by their number, rounded to six places,
/// halves to the even digit. Credits, refunds and taxes are not in it. Null where there are no such tokens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EffectivePrices)]
pub(crate) struct Prices {
    /// Of fresh input.
    #[schema(value_type = Option<String>, example = "3")]
    input: Option<Amount>,
    /// Of output.
    #[schema(value_type = Option<String>, example = "15")]
    output: Option<Amount>,
    /// Of input read from the prompt cache.
    #[schema(value_type = Option<String>, example = "0.3")]
    cache_read: Option<Amount>,
    /// Of input written to the prompt cache.
    #[schema(value_type = Option<String>, example = "3.75")]
    cache_write: Option<Amount>,
}

/// What one token kind of a model came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TokenKindFigures)]
pub(crate) struct KindFigures {
    /// What was counted: `input`, `output`, …; null where the bill says nothing of it, as credits and taxes may not.
    #[schema(example = "input")]
    token_kind: Option<String>,
    /// Prompt cache: `none`, `read`, `write_5m`, `write_1h`, …
    #[schema(example = "read")]
    cache: Option<String>,
    /// The exact cost of all lines.
    #[schema(value_type = String, example = "0.3")]
    cost: Amount,
    /// Its share of the model's cost in percent, rounded to two places; null where that is nothing.
    #[schema(value_type = Option<String>, example = "12.5")]
    percent: Option<Amount>,
    /// Tokens, as a whole number.
    #[schema(example = "1000000")]
    tokens: String,
    /// The effective price of a million of them, as in `price_per_million`.
    #[schema(value_type = Option<String>, example = "0.3")]
    price_per_million: Option<Amount>,
    /// How many lines of the bill this is.
    line_items: i64,
}

/// A share of a model's cost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CostShare)]
pub(crate) struct ShareFigures {
    /// The tier or the routing; null where the bill does not say.
    #[schema(example = "standard")]
    value: Option<String>,
    /// The exact cost.
    #[schema(value_type = String, example = "12.5")]
    cost: Amount,
    /// The same in percent of the model's cost, rounded to two places; null where that is nothing.
    #[schema(value_type = Option<String>, example = "100")]
    percent: Option<Amount>,
}

impl ModelFigures {
    pub(super) fn new(key: Key, tally: Tally, as_of: Option<AsOf>) -> Self {
        let price = |class| price_per_million(tally.counted(class));
        let whole = tally.cost;
        let shares = |parts: &std::collections::BTreeMap<Option<String>, Amount>| -> Vec<ShareFigures> {
            let share = |(value, cost): (&Option<String>, &Amount)| ShareFigures {
                value: value.clone(),
                cost: *cost,
                percent: cost.percent_of(whole),
            };
            largest_first(parts.iter().map(share).collect(), |share| share.cost)
        };
        let kinds = tally.kinds.iter().map(|((token_kind, cache), kind)| KindFigures {
            token_kind: token_kind.clone(),
            cache: cache.clone(),
            cost: kind.cost,
            percent: kind.cost.percent_of(whole),
            tokens: kind.counted.tokens.round_to_integer().to_string(),
            price_per_million: price_per_million(kind.counted),
            line_items: kind.line_items,
        });
        Self {
            links: links(&key, &tally, as_of),
            id: key.id,
            period: key.period,
            currency: key.currency,
            cost: tally.cost,
            tokens: (&tally.tokens()).into(),
            line_items: tally.line_items,
            price_per_million: Prices {
                input: price(TokenClass::Input),
                output: price(TokenClass::Output),
                cache_read: price(TokenClass::CacheRead),
                cache_write: price(TokenClass::CacheWrite),
            },
            cache_hit_percent: cache_hit_percent(&tally),
            saved_by_cache: saved_by_cache(&tally),
            by_token_kind: largest_first(kinds.collect(), |kind| kind.cost),
            by_tier: shares(&tally.tiers),
            by_routing: shares(&tally.routings),
            name: tally.names.into_iter().next(),
            provider: tally.providers.into_iter().next(),
        }
    }
}

/// Those that tie stay as they are.
fn largest_first<T>(mut parts: Vec<T>, cost: impl Fn(&T) -> Amount) -> Vec<T> {
    parts.sort_by_key(|part| std::cmp::Reverse(cost(part)));
    parts
}

fn links(key: &Key, tally: &Tally, as_of: Option<AsOf>) -> Links {
    let period = key.period;
    match (&key.id, tally.names.iter().next()) {
        (Some(id), Some(_)) => Links::default().and_as_of("self", format!("/v1/models/{id}"), as_of),
        _ => Links::default().and_as_of("costs", format!("/v1/costs?period={period}&filter%5Bmodel%5D="), as_of),
    }
}

fn price_per_million(counted: Counted) -> Option<Amount> {
    proportion(counted.cost, Amount::from_integer(1_000_000), counted.tokens, 6)
}

fn cache_hit_percent(tally: &Tally) -> Option<Amount> {
    let tokens = tally.tokens();
    tokens.cache_read.percent_of(tokens.input + tokens.cache_read + tokens.cache_write)
}

fn saved_by_cache(tally: &Tally) -> Option<Amount> {
    let (input, read) = (tally.counted(TokenClass::Input), tally.counted(TokenClass::CacheRead));
    if read.tokens.is_zero() {
        return None;
    }
    Some(proportion(read.tokens, input.cost, input.tokens, Amount::SCALE)? - read.cost)
}

#[cfg(test)]
mod tests {
    use store::snapshot::ModelUse;

    use super::super::tally::tally;
    use super::*;

    fn one(class: Option<TokenClass>, kind: &str, tier: &str, cost: &str, tokens: &str) -> ModelUse {
        ModelUse {
            period: "2026-10".parse().expect("a period"),
            model: Some("Claude Sonnet 4.6".to_owned()),
            provider: Some("Anthropic".to_owned()),
            token_kind: Some(kind.to_owned()),
            cache: Some(if class == Some(TokenClass::CacheRead) { "read" } else { "none" }.to_owned()),
            token_class: class,
            tier: Some(tier.to_owned()),
            routing: None,
            currency: "USD".to_owned(),
            cost: cost.parse().expect("an amount"),
            tokens: tokens.parse().expect("tokens"),
            line_items: 1,
        }
    }

    fn figures(uses: Vec<ModelUse>) -> ModelFigures {
        let (key, tally) = tally(uses).into_iter().next().expect("a model");
        ModelFigures::new(key, tally, None)
    }

    #[test]
    fn prices_and_the_worth_of_a_cache_by_hand() {
        let figures = figures(vec![
            one(Some(TokenClass::Input), "input", "standard", "3", "1000000"),
            one(Some(TokenClass::Input), "input", "batch", "1.5", "1000000"),
            one(Some(TokenClass::CacheRead), "input", "standard", "0.9", "3000000"),
            one(Some(TokenClass::Output), "output", "standard", "1", "3"),
            // A credit has a cost and no tokens: it is in the model's cost and in no price.
            one(None, "output", "standard", "-0.4", "0"),
        ]);
        insta::assert_json_snapshot!(figures);
    }

    #[test]
    fn what_cannot_be_said_is_null() {
        let images = figures(vec![one(None, "image", "standard", "0", "0")]);
        assert_eq!((images.cache_hit_percent, images.saved_by_cache), (None, None));
        assert_eq!((images.by_tier[0].percent, images.by_token_kind[0].price_per_million), (None, None));
        let read_alone = figures(vec![one(Some(TokenClass::CacheRead), "input", "standard", "1", "5")]);
        assert_eq!(read_alone.saved_by_cache, None, "no fresh input has a price");
        assert_eq!(read_alone.cache_hit_percent, Some(Amount::from_integer(100)));
    }
}
