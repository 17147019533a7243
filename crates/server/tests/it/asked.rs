//! Questions of every kind, and a bill to ask them of.

use std::collections::BTreeSet;

use access::{Extent, Part, Persons, Sight};
use bill::BillingPeriod;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sqlx::PgPool;
use store::Store;
use store::snapshot::{CostBasis, CostQuestion, Dimension, Filter, Granularity, OrderBy, OrderKey, Scope, Snapshot};

use crate::support::{World, period};
use crate::tie_out::line;

pub(crate) const BASES: [CostBasis; 3] = [CostBasis::Unblended, CostBasis::NetUnblended, CostBasis::List];
pub(crate) const TEAMS: [&str; 5] = ["ds", "platform", "it-s-quoted", "unattributed", "nobody"];

pub(crate) fn months() -> Vec<BillingPeriod> {
    ["2026-05", "2026-06", "2026-07", "2026-08"].map(period).to_vec()
}

/// Four months in two currencies with everything that is awkward.
pub(crate) async fn world(pool: PgPool, runner: &mut TestRunner) -> World {
    let world = World::new(pool).await;
    for month in months() {
        let bill = prop::collection::vec(line(month), 250).new_tree(runner).expect("a bill").current();
        world.write(month, &bill);
    }
    world.refresh_well().await;
    world
}

pub(crate) fn runner() -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

pub(crate) fn dimension() -> impl Strategy<Value = Dimension> {
    let tags = ["tag:team", "tag:resourceTags/Team", "tag:resource_tags/user_team", "tag:missing"];
    let named = Dimension::NAMED.iter().cloned().chain(tags.map(|tag| tag.parse().expect("a dimension")));
    prop::sample::select(named.collect::<Vec<_>>())
}

/// A filter by values of which some are there, some are not, and some are "not set".
pub(crate) fn filter() -> impl Strategy<Value = Filter> {
    let value = prop::sample::select(vec![
        None,
        Some("ds"),
        Some("platform"),
        Some("unattributed"),
        Some("USD"),
        Some("Usage"),
        Some("Credit"),
        Some("input"),
        Some("output"),
        Some("Claude Sonnet 4.6"),
        Some("iam_user"),
        Some("assumed_role"),
        Some("x"),
        Some("INV-1"),
        Some("nothing like it"),
    ]);
    let values = prop::collection::vec(value.prop_map(|value| value.map(str::to_owned)), 1..4);
    (dimension(), values, any::<bool>(), prop::bool::weighted(0.3))
        .prop_map(|(dimension, values, exclude, alternative)| Filter { dimension, values, exclude, alternative })
}

pub(crate) fn scope() -> impl Strategy<Value = Scope> {
    let periods = prop::sample::subsequence(months(), 1..=4).prop_map(Scope::Periods);
    let days = (0_u64..120, 1_u64..60).prop_map(|(from, days)| {
        let start = months()[0].first_day() + chrono::Days::new(from);
        Scope::UsageDates { start, end: start + chrono::Days::new(days) }
    });
    prop_oneof![3 => periods, 1 => days]
}

pub(crate) fn question() -> impl Strategy<Value = CostQuestion> {
    let granularity = prop::sample::select(vec![Granularity::Total, Granularity::Monthly, Granularity::Daily]);
    let group_by = prop::collection::vec(dimension(), 0..4);
    let order_by =
        (prop::sample::select(vec![None, Some(true), Some(false)]), any::<bool>(), any::<prop::sample::Index>());
    let filters = prop::collection::vec(filter(), 0..4);
    (scope(), granularity, group_by, filters, prop::sample::select(BASES.to_vec()), order_by).prop_map(
        |(scope, granularity, mut group_by, filters, cost, (by, descending, index))| {
            let mut seen = BTreeSet::new();
            group_by.retain(|dimension| seen.insert(dimension.clone()));
            let order_by = by.map(|by_cost| match by_cost || group_by.is_empty() {
                true => OrderBy { key: OrderKey::Cost, descending },
                false => OrderBy { key: OrderKey::Dimension(index.get(&group_by).clone()), descending },
            });
            CostQuestion { scope, granularity, group_by, filters, cost, order_by }
        },
    )
}

pub(crate) fn sight() -> impl Strategy<Value = Sight> {
    let teams = |teams: &[&str]| Part { teams: teams.iter().copied().map(str::to_owned).collect(), ..Part::default() };
    let tagged = Part { tags: ["team=ds".parse().expect("a tag")].into(), ..Part::default() };
    let extents = vec![
        Extent::Everything,
        Extent::Everything,
        Extent::Everything,
        Extent::Part(teams(&["ds"])),
        Extent::Part(teams(&["platform", "unattributed"])),
        Extent::Part(teams(&["nobody"])),
        Extent::Part(tagged),
        Extent::nothing(),
    ];
    let persons = prop::sample::select(vec![Persons::Named, Persons::Named, Persons::Named, Persons::Pseudonymous]);
    (prop::sample::select(extents), persons).prop_map(|(extent, persons)| Sight { extent, persons })
}

pub(crate) async fn open(store: &Store, sight: &Sight) -> Snapshot {
    store.snapshot(sight.clone()).await.expect("the database")
}
