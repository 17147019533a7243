//! Clients that go away, and databases that do.

use std::time::Duration;

use futures::StreamExt;
use sqlx::PgPool;

use super::large::{PATH, begin, world};
use super::read::get_well;

/// Queries of tables that the database is at work on.
async fn running(pool: &PgPool) -> i64 {
    let counted = sqlx::query_scalar(
        "select count(*) from pg_stat_activity where datname = current_database() and state = 'active'
            and query like 'select subject.account%'",
    );
    counted.fetch_one(pool).await.expect("a count")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_query_of_a_client_that_has_gone_is_stopped(pool: PgPool) {
    let world = world(&pool).await;
    let (_, body) = begin(&world.router, "csv").await;
    assert_eq!(running(&pool).await, 1, "it waits for its reader");
    drop(body);
    for _ in 0..100 {
        if running(&pool).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(running(&pool).await, 0);
    let again = get_well(&world.router, &format!("{PATH}&format=csv")).await;
    assert_eq!(again.text().lines().count(), super::large::ROWS + 1, "its connection is as good as before");
}

/// A part must not look like the whole.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_table_that_cannot_be_read_to_its_end_is_cut_off(pool: PgPool) {
    let world = world(&pool).await;
    for format in ["csv", "ndjson"] {
        let (_, mut body) = begin(&world.router, format).await;
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
