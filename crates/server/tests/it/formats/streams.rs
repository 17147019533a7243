//! Rows that are added up day by day or month by month as a table is sent are those that Postgres adds up.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sqlx::PgPool;
use store::snapshot::{ArrangedRow, Arrangement, CostQuestion, CostRow, Granularity, Snapshot};

use crate::asked::{open, question, runner, sight, world};

async fn streamed(snapshot: Snapshot, question: &CostQuestion, held_rows: usize) -> Vec<CostRow> {
    let stream = snapshot.into_cost_stream(question.clone(), Arrangement::default(), held_rows).await;
    let mut stream = stream.expect("the database");
    let mut rows = Vec::new();
    while let Some(batch) = stream.next().await.expect("the database") {
        rows.extend(batch.into_iter().map(|ArrangedRow { row, compared, folded }| {
            assert_eq!((compared, folded), (None, None));
            row
        }));
    }
    rows
}

/// By time and in no other order, which is how tables of facts are asked for.
fn question_in_order_of_time(runner: &mut TestRunner) -> CostQuestion {
    let granularity = prop::sample::select(vec![Granularity::Daily, Granularity::Monthly]);
    let (question, granularity) = (question(), granularity).new_tree(runner).expect("a question").current();
    CostQuestion { granularity, order_by: None, ..question }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stream_has_the_rows_of_an_answer(pool: PgPool) {
    let mut runner = runner();
    let world = world(pool, &mut runner).await;
    let mut rows = 0;
    for number in 0..400 {
        let question = question_in_order_of_time(&mut runner);
        let sight = sight().new_tree(&mut runner).expect("a sight").current();
        let expected = open(&world.store, &sight).await.costs(&question).await.expect("the database");
        // Every day or month is held; some are; none is.
        for held_rows in [usize::MAX, 3, 0] {
            let found = streamed(open(&world.store, &sight).await, &question, held_rows).await;
            assert_eq!(found, expected, "question {number}, {held_rows} rows, {sight:?}: {question:#?}");
        }
        rows += expected.len();
    }
    assert!(rows > 10_000, "{rows} rows were compared");
}
