//! Filters of which one is enough: a union, in which nothing is counted twice, and whose complement is the rest.

use crate::support::{World, period};
use crate::tie_out::{line, lines_counted, totals};
use bill::Amount;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use sqlx::PgPool;

const FILTERS: [&str; 10] = [
    "[team]=ds,platform",
    "[team]=unattributed",
    "[tag:team]=ds",
    "[tag:resource_tags/user_team]=x",
    "[tag:resourceTags/Team]=",
    "[model]=Claude%20Sonnet%204.6",
    "[identity]=iam_user,",
    "[charge_type]=Credit,Tax",
    "[principal]=",
    "[session]=nobody",
];

/// What an answer comes to in both currencies, and how many lines it is.
fn figures(answer: &Value) -> (Amount, Amount, i64) {
    let totals = totals(answer);
    let of = |currency: &str| totals.get(currency).copied().unwrap_or_default();
    (of("USD"), of("EUR"), lines_counted(answer))
}

fn plus(one: (Amount, Amount, i64), other: (Amount, Amount, i64)) -> (Amount, Amount, i64) {
    (one.0 + other.0, one.1 + other.1, one.2 + other.2)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_union_and_what_is_in_both_are_one_and_the_other(pool: PgPool) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let world = World::new(pool).await;
    let month = period("2026-05");
    let bill = prop::collection::vec(line(month), 200).new_tree(&mut runner).expect("a bill").current();
    world.write(month, &bill);
    world.refresh_well().await;
    let ask = async |filters: String, granularity: &str| {
        figures(&world.get(&format!("/v1/costs?granularity={granularity}&{filters}")).await)
    };
    let everything = ask(String::new(), "total").await;
    let mut true_unions = 0;
    for (place, one) in FILTERS.iter().enumerate() {
        for other in FILTERS.iter().skip(place + 1).filter(|other| other.split(']').next() != one.split(']').next()) {
            let granularity = ["total", "daily"][place % 2];
            let alone = ask(format!("filter{one}"), granularity).await;
            let also_alone = ask(format!("filter{other}"), granularity).await;
            let both = ask(format!("filter{one}&filter{other}"), granularity).await;
            let (or_one, or_other) = (one.replacen('[', "[or:", 1), other.replacen('[', "[or:", 1));
            let either = ask(format!("filter{or_one}&filter{or_other}"), granularity).await;
            assert_eq!(plus(either, both), plus(alone, also_alone), "{one} {other}");

            let neither = ask(format!("exclude{one}&exclude{other}"), granularity).await;
            assert_eq!(plus(either, neither), everything, "{one} {other}");
            let (and_one, and_other) = (one.replacen('[', "[and:", 1), other.replacen('[', "[and:", 1));
            let not_both = ask(format!("exclude{and_one}&exclude{and_other}"), granularity).await;
            assert_eq!(plus(both, not_both), everything, "{one} {other}");
            true_unions += usize::from(either.2 > alone.2 && either.2 > also_alone.2 && both.2 > 0);
        }
    }
    assert!(true_unions > 10, "{true_unions}");
}
