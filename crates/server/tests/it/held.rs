//! What is answered from memory is what Postgres says, word for word.

use std::collections::BTreeSet;

use access::{Extent, Persons, Sight};
use bill::BillingPeriod;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use sample::LineItem;
use sqlx::PgPool;
use store::snapshot::{AsOf, CostBasis, CostQuestion, Dimension, Granularity, Scope};
use store::{Store, Summaries};

use crate::asked::{BASES, TEAMS, dimension, months, open, question, runner, sight, world};
use crate::support::{World, period};
use crate::tie_out::line;

async fn holding(store: &Store, bytes: u64) -> Store {
    let held = store.clone().with_summaries(Summaries::new(bytes));
    held.hold_newest().await.expect("the database");
    held
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn costs_from_memory_are_those_of_postgres(pool: PgPool) {
    let mut runner = runner();
    let world = world(pool, &mut runner).await;
    let held = holding(&world.store, 64 << 20).await;
    assert_eq!(held.summaries().loads(), 4);
    let asked = 2_000;
    let mut rows = 0;
    for number in 0..asked {
        let (question, sight) = (question(), sight()).new_tree(&mut runner).expect("a question").current();
        let expected = open(&world.store, &sight).await.costs(&question).await.expect("the database");
        let found = open(&held, &sight).await.costs(&question).await.expect("the database");
        assert_eq!(found, expected, "question {number}, {sight:?}: {question:#?}");
        rows += found.len();
    }
    let answered = held.summaries().answered();
    assert!(answered > asked / 8, "{answered} of {asked} were answered from memory");
    assert!(rows > 10_000, "{rows} rows were compared");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn divisions_of_the_same_lines_are_those_of_postgres(pool: PgPool) {
    let mut runner = runner();
    let world = world(pool, &mut runner).await;
    let held = holding(&world.store, 64 << 20).await;
    for _ in 0..100 {
        let ways = prop::collection::vec(prop::collection::vec(dimension(), 0..3), 1..4);
        let (question, ways) = (question(), ways).new_tree(&mut runner).expect("a question").current();
        let ways: Vec<&[Dimension]> = ways.iter().map(Vec::as_slice).filter(|way| !repeats(way)).collect();
        let question = CostQuestion { granularity: Granularity::Total, group_by: Vec::new(), ..question };
        let sight = Sight::of_everything();
        let expected = open(&world.store, &sight).await.divisions(&question, &ways).await.expect("the database");
        let found = open(&held, &sight).await.divisions(&question, &ways).await.expect("the database");
        assert_eq!(found, expected, "{ways:?}: {question:#?}");
    }
}

fn repeats(way: &[Dimension]) -> bool {
    way.iter().collect::<BTreeSet<_>>().len() < way.len()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn control_figures_rules_tags_and_teams_are_those_of_postgres(pool: PgPool) {
    let mut runner = runner();
    let world = world(pool, &mut runner).await;
    let held = holding(&world.store, 64 << 20).await;
    let sights = [Sight::of_everything(), Sight { extent: Extent::of_team("ds"), persons: Persons::Named }];
    for sight in sights {
        let (mut of_postgres, mut of_memory) = (open(&world.store, &sight).await, open(&held, &sight).await);
        let every: Vec<Vec<BillingPeriod>> = months().into_iter().map(|month| vec![month]).chain([months()]).collect();
        for periods in &every {
            let expected = of_postgres.tag_keys(periods).await.expect("the database");
            assert!(!expected.is_empty());
            assert_eq!(of_memory.tag_keys(periods).await.expect("the database"), expected);
            for cost in BASES {
                let expected = of_postgres.control(periods, cost).await.expect("the database");
                assert!(!expected.is_empty());
                assert_eq!(of_memory.control(periods, cost).await.expect("the database"), expected);
                for team in TEAMS {
                    let expected = of_postgres.rule_shares(team, periods, cost).await.expect("the database");
                    assert_eq!(of_memory.rule_shares(team, periods, cost).await.expect("the database"), expected);
                }
            }
        }
        let expected = of_postgres.teams().await.expect("the database");
        assert!(!expected.is_empty());
        assert_eq!(of_memory.teams().await.expect("the database"), expected);
        for team in TEAMS {
            let expected = of_postgres.team(team).await.expect("the database");
            assert_eq!(of_memory.team(team).await.expect("the database"), expected, "{team}");
        }
    }
}

/// What is held says nothing of what came after it, and nobody is answered from what is served no more.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_version_is_answered_as_soon_as_it_is_served(pool: PgPool) {
    let mut runner = runner();
    let world = world(pool, &mut runner).await;
    let held = holding(&world.store, 64 << 20).await.watched_by(world.versions.clone());
    held.hold_newest().await.expect("the database");
    let _watch = world.watch_versions().await;
    let question = CostQuestion {
        scope: Scope::Periods(months()),
        granularity: Granularity::Monthly,
        group_by: vec![Dimension::Team],
        filters: Vec::new(),
        cost: CostBasis::Unblended,
        order_by: None,
    };
    let everything = Sight::of_everything();
    let mut before = open(&held, &everything).await;
    let said = before.costs(&question).await.expect("the database");

    // August is written anew: the snapshot of before stays with what it was opened for, read late or not.
    let bill = prop::collection::vec(line(period("2026-08")), 100).new_tree(&mut runner).expect("a bill").current();
    world.write(period("2026-08"), &bill);
    let mut opened_before_and_read_after = open(&held, &everything).await;
    world.refresh_well().await;
    world.wait_for_version().await;
    assert_eq!(before.costs(&question).await.expect("the database"), said);
    let daily =
        CostQuestion { group_by: vec![Dimension::Principal], granularity: Granularity::Daily, ..question.clone() };
    let version = AsOf::Version(before.data_version());
    let mut then = world.store.snapshot_as_of(everything.clone(), version).await.expect("the database").expect("kept");
    let late = opened_before_and_read_after.costs(&daily).await.expect("the database");
    assert_eq!(late, then.costs(&daily).await.expect("the database"));

    // Whoever comes now reads the new version: from Postgres until its summaries are held, from memory afterwards.
    let expected = open(&world.store, &everything).await.costs(&question).await.expect("the database");
    assert_ne!(expected, said);
    let answered = held.summaries().answered();
    let mut now = open(&held, &everything).await;
    assert_eq!(now.data_version(), before.data_version() + 1);
    assert_eq!(now.costs(&question).await.expect("the database"), expected);
    assert_eq!(held.summaries().answered(), answered, "a load that is not held is not answered from memory");
    held.hold_newest().await.expect("the database");
    let mut now = open(&held, &everything).await;
    assert_eq!(now.costs(&question).await.expect("the database"), expected);
    assert_eq!(held.summaries().answered(), answered + 1);
}

/// Without room everything is as it would be without memory.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_does_not_fit_is_asked_of_postgres(pool: PgPool) {
    let mut runner = runner();
    let world = world(pool, &mut runner).await;
    let whole = holding(&world.store, 64 << 20).await;
    let all = whole.summaries().bytes();
    let question = question().new_tree(&mut runner).expect("a question").current();
    let sight = Sight::of_everything();
    let expected = open(&world.store, &sight).await.costs(&question).await.expect("the database");
    let mut loads = Vec::new();
    for bytes in [0, 1, 2_000, all / 2, 2 * all] {
        let held = holding(&world.store, bytes).await;
        assert!(held.summaries().bytes() <= bytes, "{} of {bytes} bytes", held.summaries().bytes());
        loads.push(held.summaries().loads());
        let found = open(&held, &sight).await.costs(&question).await.expect("the database");
        assert_eq!(found, expected, "with {bytes} bytes");
    }
    assert_eq!((loads[0], loads[1], loads[2], loads[4]), (0, 0, 0, 4), "{loads:?}");
    assert!((1..4).contains(&loads[3]), "{loads:?}");
}

/// Otherwise Postgres would answer for a moment after each publication.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_load_is_held_before_it_is_served(pool: PgPool) {
    let mut world = World::new(pool).await;
    let _watching = world.watch_versions().await;
    let store = world.store.clone().watched_by(world.versions.clone()).with_summaries(Summaries::new(64 << 20));
    store.hold_newest().await.expect("the database");
    world.refresher.store = store.clone();
    let [may, june, ..] = months()[..] else { panic!("four months") };
    world.write(may, &[LineItem::bedrock_usage(may)]);
    world.refresh_well().await;
    assert_eq!(store.summaries().loads(), 1, "held by whoever published it");
    world.wait_for_version().await;
    store.hold_newest().await.expect("the database");
    world.write(june, &[LineItem::bedrock_usage(june)]);
    world.refresh_well().await;
    assert_eq!(store.summaries().loads(), 2, "beside what is served");
}
