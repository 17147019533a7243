//! What is asked beside costs: the control figures, the rules of a team, the keys of tags, and which teams there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bill::{Amount, BillingPeriod};

use super::load::{ControlSums, LoadSummary, Rule, place_of};
use crate::snapshot::{Control, CostBasis, RuleShare, UNATTRIBUTED};

/// The control figures of these loads, by period and currency.
pub(crate) fn control(summaries: &[Arc<LoadSummary>], cost: CostBasis) -> Vec<Control> {
    let mut sums: BTreeMap<(BillingPeriod, &str), ControlSums> = BTreeMap::new();
    for summary in summaries {
        for (currency, counted) in &summary.control {
            *sums.entry((summary.period, currency)).or_default() += *counted;
        }
    }
    let place = place_of(cost);
    let figures = sums.into_iter().map(|((period, currency), sums)| Control {
        period,
        currency: currency.to_owned(),
        bill_total: Some(sums.bill_total[place]),
        bedrock_total: sums.bedrock_total[place],
        attributed: sums.attributed[place],
        unattributed: sums.unattributed[place],
        unclassified: sums.unclassified[place],
    });
    figures.collect()
}

/// Which rules give a team its cost, or why no rule does: the largest first.
pub(crate) fn rule_shares(summaries: &[Arc<LoadSummary>], team: &str, cost: CostBasis) -> Vec<RuleShare> {
    let basis = place_of(cost);
    let mut sums: BTreeMap<(&Rule, &str), (Amount, i64)> = BTreeMap::new();
    for summary in summaries {
        let Some(place) = summary.place_of_team(team) else { continue };
        for row in summary.by_caller.of_team(place) {
            let key = summary.by_caller.key(row);
            let rule = &summary.rules[summary.callers[key.about as usize].rule as usize];
            let (sum, line_items) = sums.entry((rule, &summary.currencies[key.currency as usize])).or_default();
            *sum += summary.by_caller.cost(row, basis);
            *line_items += summary.by_caller.line_items(row);
        }
    }
    let share = |((rule, currency), (cost, line_items)): ((&Rule, &str), (Amount, i64))| RuleShare {
        rule_number: rule.number,
        rule: rule.name.clone(),
        because: rule.because.clone(),
        cost,
        currency: currency.to_owned(),
        line_items,
    };
    let mut shares: Vec<RuleShare> = sums.into_iter().map(share).collect();
    shares.sort_by(|one, other| {
        let number = |share: &RuleShare| (share.rule_number.is_none(), share.rule_number);
        let ties = || (number(one), &one.because, &one.currency).cmp(&(number(other), &other.because, &other.currency));
        other.cost.cmp(&one.cost).then_with(ties)
    });
    shares
}

/// The columns of tags, and the keys in them, of these loads.
pub(crate) fn tag_keys(summaries: &[Arc<LoadSummary>]) -> BTreeSet<(String, String)> {
    summaries.iter().flat_map(|summary| summary.tag_keys.iter().cloned()).collect()
}

/// The slugs of those who own cost in these loads, and `unattributed` where any cost has no owner.
pub(crate) fn slugs(summaries: &[Arc<LoadSummary>]) -> BTreeSet<&str> {
    let teams = summaries.iter().flat_map(|summary| &summary.teams);
    teams.map(|team| team.as_deref().unwrap_or(UNATTRIBUTED)).collect()
}

impl LoadSummary {
    /// Whether a team owns cost in it.
    pub(crate) fn has_team(&self, slug: &str) -> bool {
        self.place_of_team(slug).is_some()
    }

    fn place_of_team(&self, slug: &str) -> Option<usize> {
        self.teams.iter().position(|team| team.as_deref().unwrap_or(UNATTRIBUTED) == slug)
    }
}
