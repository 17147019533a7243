//! Two instances over one database: one does a refresh, and the other takes it up where the first one ends.

use access::Caller;
use engine::{QueryAsked, QueryLog};
use serde_json::json;
use sqlx::PgPool;
use store::refreshes::{Occasion, PartEnd, PartProgress, RefreshState, RefreshToRequest};
use uuid::Uuid;

use super::shared::{another, post, queries, worker, write_month};
use crate::support::{World, now, period};

async fn ask(world: &World) -> Uuid {
    let all = RefreshToRequest { occasion: Occasion::Caller, periods: [].into(), force: false };
    let requested = world.store.request_refresh(&all, &Caller::anonymous(), None, now()).await.expect("a request");
    requested.refresh_id
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_of_two_instances_does_it(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    write_month(&world, "2026-09", "1");
    write_month(&world, "2026-10", "2");
    let (first, second) = (worker(&world), another(&world));
    let (one, two) = tokio::join!(ask(&world), ask(&world));
    assert_eq!(one, two, "two requests at once are one refresh");
    let (ended, other) = tokio::join!(first.look(), second.look());
    ended.and(other).expect("the refreshes");
    let refresh = world.store.refresh(one).await.expect("the store").expect("the refresh");
    assert_eq!((refresh.state, refresh.attempts), (RefreshState::Succeeded, 1));
    assert_eq!(queries(&pool).await.len(), 4, "two questions for each of two months, whoever put them");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_being_done_is_left_alone_and_what_was_abandoned_is_taken_up(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    write_month(&world, "2026-09", "1");
    write_month(&world, "2026-10", "2");
    let id = ask(&world).await;
    let mut lease = world.store.claim_refresh(None, now()).await.expect("the store").expect("a refresh to do");
    another(&world).look().await.expect("nothing to do");
    let state = async || world.get(&format!("/v1/refreshes/{id}")).await["data"]["state"].clone();
    assert_eq!((state().await, queries(&pool).await.len()), (json!("running"), 0));

    // The first instance has published a month when it ends, without a word.
    let part = PartProgress {
        export: "sample".to_owned(),
        period: Some(period("2026-09")),
        engine: "embedded",
        step: None,
        rows: 3,
        totals: Vec::new(),
        manifest_written_at: None,
        started_at: None,
        end: Some(PartEnd {
            result: "published",
            message: "version 1".to_owned(),
            reason: None,
            version: Some(1),
            line_items: Some(3),
            fact_rows: Some(3),
            at: now(),
        }),
    };
    lease.write_parts([&part]).await.expect("progress");
    let log = worker(&world).ledger.of_refresh(id);
    log.started(&question("picked up again")).await;
    log.started(&question("lost")).await;
    drop(lease);
    until_abandoned(&pool).await;

    another(&world).look().await.expect("the refresh");
    let done = world.get(&format!("/v1/refreshes/{id}")).await["data"].clone();
    assert_eq!((&done["state"], &done["attempts"]), (&json!("succeeded"), &json!(2)));
    assert_eq!(done["parts"][0]["message"], "version 1", "what was published stays published");
    let asked = queries(&pool).await;
    let of_first: Vec<&str> =
        asked.iter().filter(|(_, month, _)| month == "2026-09").map(|(.., state)| &**state).collect();
    assert_eq!(of_first, ["interrupted", "interrupted"], "and is not read, or paid for, again");
    assert_eq!(asked.len(), 4, "the other month is asked its two questions");
    // The engine gives the next process the same execution: it runs again.
    log.started(&question("picked up again")).await;
    assert_eq!(queries(&pool).await[0].2, "running");
}

fn question(execution_id: &str) -> QueryAsked {
    QueryAsked {
        engine: "athena",
        question: "bill_total",
        fingerprint: String::new(),
        parameters: Vec::new(),
        export: "sample".to_owned(),
        period: period("2026-09"),
        delivery: String::new(),
        execution_id: execution_id.to_owned(),
    }
}

/// Postgres notices a moment later that a connection is closed.
async fn until_abandoned(pool: &PgPool) {
    for _ in 0..200 {
        let locks: i64 = sqlx::query_scalar(
            "select count(*) from pg_locks
              where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
        )
        .fetch_one(pool)
        .await
        .expect("the locks");
        if locks == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the lock of a refresh outlives its connection");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_lost_the_lock_writes_nothing_any_more(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    write_month(&world, "2026-10", "2");
    let (_, headers, _) = post(&world.router, None, "").await;
    let lease = world.store.claim_refresh(None, now()).await.expect("the store").expect("a refresh to do");
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_locks
          where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
    )
    .execute(&pool)
    .await
    .expect("the connection is cut");
    until_abandoned(&pool).await;
    worker(&world).perform(lease).await.expect_err("the lock is lost");
    let location = headers["location"].to_str().expect("a location");
    assert_ne!(world.get(location).await["data"]["state"], "succeeded");
    worker(&world).look().await.expect("the refresh");
    assert_eq!(world.get(location).await["data"]["state"], "succeeded");
}
