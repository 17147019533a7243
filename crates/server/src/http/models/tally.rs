//! Adding up what was used of a model.

use std::collections::{BTreeMap, BTreeSet};

use bill::usage::TokenClass;
use bill::{Amount, BillingPeriod};
use store::snapshot::{ModelUse, Tokens};

use super::model_id;

/// What was used of one model in one period and currency.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) names: BTreeSet<String>,
    pub(super) providers: BTreeSet<String>,
    pub(super) cost: Amount,
    pub(super) line_items: i64,
    /// Of lines that count tokens, by class.
    pub(super) classes: BTreeMap<TokenClass, Counted>,
    pub(super) kinds: BTreeMap<(Option<String>, Option<String>), Kind>,
    pub(super) tiers: BTreeMap<Option<String>, Amount>,
    pub(super) routings: BTreeMap<Option<String>, Amount>,
}

/// Tokens, and what the lines that count them cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub(super) tokens: Amount,
    pub(super) cost: Amount,
}

/// What one token kind came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kind {
    /// Of all lines.
    pub(super) cost: Amount,
    /// Of lines that count tokens.
    pub(super) counted: Counted,
    pub(super) line_items: i64,
}

/// Which model, when, and in which currency; lines that name no model come after those that do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) period: BillingPeriod,
    pub(super) currency: String,
    pub(super) id: Option<String>,
}

/// All uses, by model, period and currency.
pub(super) fn tally(uses: Vec<ModelUse>) -> BTreeMap<Key, Tally> {
    let mut tallies: BTreeMap<Key, Tally> = BTreeMap::new();
    for one in uses {
        let id = one.model.as_deref().map(model_id);
        let key = Key { period: one.period, currency: one.currency.clone(), id };
        tallies.entry(key).or_default().add(one);
    }
    tallies
}

impl Tally {
    fn add(&mut self, one: ModelUse) {
        self.names.extend(one.model);
        self.providers.extend(one.provider);
        self.cost += one.cost;
        self.line_items += one.line_items;
        let kind = self.kinds.entry((one.token_kind, one.cache)).or_default();
        kind.cost += one.cost;
        kind.line_items += one.line_items;
        if let Some(class) = one.token_class {
            for counted in [&mut kind.counted, self.classes.entry(class).or_default()] {
                counted.tokens += one.tokens;
                counted.cost += one.cost;
            }
        }
        *self.tiers.entry(one.tier).or_default() += one.cost;
        *self.routings.entry(one.routing).or_default() += one.cost;
    }

    pub(super) fn counted(&self, class: TokenClass) -> Counted {
        self.classes.get(&class).copied().unwrap_or_default()
    }

    pub(super) fn tokens(&self) -> Tokens {
        let tokens = |class| self.counted(class).tokens;
        Tokens {
            input: tokens(TokenClass::Input),
            output: tokens(TokenClass::Output),
            cache_read: tokens(TokenClass::CacheRead),
            cache_write: tokens(TokenClass::CacheWrite),
        }
    }
}
