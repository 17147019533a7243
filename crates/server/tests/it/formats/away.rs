//! Clients that go away, and databases that do.

use std::time::Duration;

use futures::StreamExt;
use sqlx::PgPool;

use super::large::{BY_DAY, PATH, begin, world, world_of_days};
use super::read::get_well;
use crate::support::World;

/// Queries of tables that the database is at work on: those that add up, and those that give facts to be added up here.
async fn running(pool: &PgPool) -> [i64; 2] {
    let counted = sqlx::query_as::<_, (i64, i64)>(
        "select count(*) filter (where query like 'select subject.account%'),
                count(*) filter (where query like 'select cost.usage_date, cost.load_id, cost.subject_id%')
           from pg_stat_activity where datname = current_database() and state = 'active'",
    );
    counted.fetch_one(pool).await.expect("a count").into()
}

/// Goes away after the first part, and comes back.
async fn go_away(world: &World, pool: &PgPool, path: &str, expected: [i64; 2]) {
    let (_, body) = begin(&world.router, path, "csv").await;
    assert_eq!(running(pool).await, expected, "it waits for its reader");
    drop(body);
    for _ in 0..100 {
        if running(pool).await == [0, 0] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(running(pool).await, [0, 0]);
    let again = get_well(&world.router, &format!("{path}&format=csv")).await;
    assert_eq!(again.text().lines().count(), super::large::ROWS + 1, "its connection is as good as before");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_query_of_a_client_that_has_gone_is_stopped(pool: PgPool) {
    go_away(&world(&pool).await, &pool, PATH, [1, 0]).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn so_is_the_query_for_facts_that_are_added_up_here(pool: PgPool) {
    go_away(&world_of_days(&pool).await, &pool, BY_DAY, [0, 1]).await;
}

/// A part must not look like the whole.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_table_that_cannot_be_read_to_its_end_is_cut_off(pool: PgPool) {
    let world = world(&pool).await;
    for format in ["csv", "ndjson"] {
        let (_, mut body) = begin(&world.router, PATH, format).await;
        let killed: Vec<bool> = sqlx::query_scalar(
            "select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and query like 'select subject.account%' and state = 'active'",
        )
        .fetch_all(&pool)
        .await
        .expect("killed");
        assert_eq!(killed, [true], "{format}");
        let error = loop {
            match body.next().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => break error,
                None => panic!("{format} ended as if it were whole"),
            }
        };
        assert!(!error.to_string().is_empty());
    }
}
