//! The schedule: due now and then, made up once, done by one, and sparing what cannot be read.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgPool;

use super::shared::{EVERY, another, instance, post, queries, write_month};
use crate::support::{World, now, period};

async fn refreshes(world: &World) -> usize {
    world.get("/v1/refreshes").await["data"].as_array().expect("rows").len()
}

async fn next_at(world: &World) -> DateTime<Utc> {
    world.store.next_scheduled_refresh().await.expect("the store").expect("a time")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn missed_runs_are_made_up_once(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-10", "2");
    instance(&world, now()).look().await.expect("the first");
    assert_eq!((refreshes(&world).await, next_at(&world).await), (1, now() + EVERY));
    instance(&world, now() + TimeDelta::seconds(899)).look().await.expect("not due yet");
    assert_eq!(refreshes(&world).await, 1);

    // Nobody was there for a day.
    let back = now() + TimeDelta::days(1) + TimeDelta::minutes(7);
    let (one, two) = (instance(&world, back), another(&world));
    let two = server::refresh::Worker {
        refresher: server::refresh::Refresher { clock: one.refresher.clock, ..two.refresher.clone() },
        ..two
    };
    let (first, second) = tokio::join!(one.look(), two.look());
    first.and(second).expect("the one that is made up");
    assert_eq!((refreshes(&world).await, next_at(&world).await), (2, back + EVERY));
    one.look().await.expect("nothing is due");
    assert_eq!(refreshes(&world).await, 2);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_start_counts_as_a_run_and_starts_together_are_one(pool: PgPool) {
    let world = World::new(pool).await;
    let first = world.store.request_refresh_at_start(EVERY, now()).await.expect("a request");
    let second = world.store.request_refresh_at_start(EVERY, now()).await.expect("a request");
    assert_eq!((first.is_new, second.is_new, first.refresh_id), (true, false, second.refresh_id));
    assert_eq!(next_at(&world).await, now() + EVERY);
}

/// Each attempt costs queries, and what fails to tie out fails again.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_older_month_that_cannot_be_read_is_not_asked_at_every_look(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    // An export whose old month has a currency that is none: it fails after its first question.
    let wrong = sample::LineItem { currency: "dollars".into(), ..sample::LineItem::bedrock_usage(period("2026-08")) };
    world.write(period("2026-08"), &[wrong]);
    write_month(&world, "2026-10", "2");
    let look = async |at: DateTime<Utc>| {
        instance(&world, at).look().await.expect("a scheduled refresh");
        queries(&pool).await.iter().filter(|(_, month, _)| month == "2026-08").count()
    };
    let first = look(now()).await;
    assert!(first > 0);
    assert_eq!(look(now() + EVERY).await, first, "it is left alone");
    let status = world.get("/v1/status").await["data"].clone();
    assert_eq!(status["exports"][0]["last_refreshes"][0]["result"], "failed", "and not forgotten: {status}");

    // Whoever asks for it has it tried.
    let (_, headers, _) = post(&world.router, None, "").await;
    assert_eq!(look(now() + EVERY).await, 2 * first);
    assert_eq!(world.get(headers["location"].to_str().expect("a location")).await["data"]["state"], json!("failed"));
    // And it is tried again after a day.
    assert_eq!(look(now() + TimeDelta::days(1) + EVERY).await, 3 * first);
    // Or at once where AWS delivers it anew.
    write_month(&world, "2026-08", "1");
    assert!(look(now() + TimeDelta::days(1) + EVERY * 2).await > 3 * first);
    assert_eq!(world.get("/v1/costs?period=2026-08").await["data"][0]["cost"], "3");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn refreshes_that_found_nothing_new_are_forgotten_after_a_day(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-10", "2");
    for round in 0..5 {
        instance(&world, now() + EVERY * round).look().await.expect("a scheduled refresh");
    }
    assert_eq!(refreshes(&world).await, 5);
    let after = now() + TimeDelta::hours(26);
    instance(&world, after).look().await.expect("a scheduled refresh");
    assert_eq!(refreshes(&world).await, 2, "the one that published, and the last one");
    instance(&world, now() + TimeDelta::days(91)).look().await.expect("a scheduled refresh");
    assert_eq!(refreshes(&world).await, 1);
}
