//! Jobs: each file is written once, survives whoever writes it, and ends when nobody waits for it.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::json;
use server::clock::Clock;
use server::config::CostFilesConfig;
use server::http::{CostFileDesk, CostFileRunner};
use sqlx::PgPool;

use super::files::{ask, get, made, post, state, well, with, write};
use crate::support::{World, now};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn world(pool: PgPool) -> World {
    World::with_sample(pool, 2_000).await
}

/// Takes the file that waits, as soon as whoever had it is known to be dead.
async fn take(world: &World) -> store::cost_files::FileWriter {
    for _ in 0..100 {
        if let Some(file) = world.store.take_cost_file(DAY, now()).await.expect("the database") {
            return file;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing can be taken");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_same_is_written_once(pool: PgPool) {
    let world = world(pool).await;
    let question = json!({ "period": ["2026-10"], "group_by": ["team"], "format": "csv" });
    let path = ask(&world.router, &question).await;
    // Asked in other words, and in another order.
    let same = json!({ "format": "csv", "granularity": "total", "group_by": ["team"], "period": ["2026-10"] });
    let again = post(&world.router, &same).await;
    assert_eq!((again.status, again.header("location")), (StatusCode::OK, path.as_str()));
    assert_eq!(write(&world).await, 1);
    let again = post(&world.router, &question).await;
    assert_eq!((again.status, again.json()["data"]["state"].clone()), (StatusCode::OK, json!("complete")));
    assert_eq!(write(&world).await, 0);
    let other = json!({ "period": ["2026-10"], "group_by": ["team"], "format": "ndjson" });
    assert_ne!(ask(&world.router, &other).await, path);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_file_whose_writer_died_is_taken_up_again_and_by_one_process(pool: PgPool) {
    let world = world(pool).await;
    let path = ask(&world.router, &json!({ "period": ["2026-10"], "group_by": ["team"] })).await;
    let mut taken = take(&world).await;
    taken.write(b"the beginning").await.expect("the database");
    assert_eq!(state(&world.router, &path).await, "running");
    assert_eq!(write(&world).await, 0, "somebody has it");
    // The process dies, and its connection with it. Postgres may take a moment to notice.
    drop(taken);
    let mut written = 0;
    for _ in 0..100 {
        written += write(&world).await;
        if written > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(written, 1);
    let content = well(&world.router, &format!("{path}/content")).await.text();
    assert!(content.starts_with("team,cost,"), "nothing is left of the first try: {content}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_ends_its_writer_again_and_again_is_not_tried_for_ever(pool: PgPool) {
    let world = world(pool).await;
    let path = ask(&world.router, &json!({ "period": ["2026-10"] })).await;
    for _ in 0..3 {
        drop(take(&world).await);
    }
    for _ in 0..100 {
        assert_eq!(write(&world).await, 0);
        if state(&world.router, &path).await == "failed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let failed = well(&world.router, &path).await.json();
    assert_eq!(failed["data"]["failure"], "the service ended 3 times while it was writing this file");
    let content = get(&world.router, &format!("{path}/content")).await;
    assert_eq!((content.status, &content.json()["type"]), (StatusCode::CONFLICT, &json!("/problems/cost-file-failed")));
    // Whoever asks again is not shown what failed.
    assert_ne!(ask(&world.router, &json!({ "period": ["2026-10"] })).await, path);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_deleted_while_it_is_written_is_not_written_any_further(pool: PgPool) {
    let world = world(pool).await;
    let path = ask(&world.router, &json!({ "period": ["2026-10"] })).await;
    let file = take(&world).await;
    let id = file.cost_file_id;
    assert!(world.store.is_cost_file_wanted(id).await.expect("the database"));
    assert_eq!(with(&world.router, Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
    assert!(!world.store.is_cost_file_wanted(id).await.expect("the database"));
    file.forget().await.expect("the database");
    assert_eq!(write(&world).await, 0);
    // One that was not begun is not begun.
    let path = ask(&world.router, &json!({ "period": ["2026-09"] })).await;
    assert_eq!(with(&world.router, Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(write(&world).await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_has_expired_is_forgotten(pool: PgPool) {
    let world = world(pool).await;
    let (path, file) = made(&world, &world.router, &json!({ "period": ["2026-10"] })).await;
    let expires_at: chrono::DateTime<chrono::Utc> =
        file["data"]["expires_at"].as_str().expect("a time").parse().expect("a time");
    assert_eq!(expires_at, now() + DAY);
    let runner = world.cost_file_runner();
    runner.sweep_once().await.expect("the database");
    assert_eq!(pieces(&world).await, 1);
    let later = CostFileRunner { clock: Clock::Fixed(expires_at), ..runner };
    later.sweep_once().await.expect("the database");
    assert_eq!(pieces(&world).await, 0);
    let late = server::http::router(server::http::ApiState { clock: Clock::Fixed(expires_at), ..world.state.clone() });
    assert_eq!(get(&late, &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&late, &format!("{path}/content")).await.status, StatusCode::NOT_FOUND);
}

async fn pieces(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from cost_file_part").fetch_one(&world.pool).await.expect("the database")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_version_that_is_forgotten_before_the_file_is_written_says_so(pool: PgPool) {
    let world = world(pool).await;
    let path = ask(&world.router, &json!({ "period": ["2026-10"] })).await;
    sqlx::query("update data_version set forgotten = true").execute(&world.pool).await.expect("the database");
    assert_eq!(write(&world).await, 1);
    let failed = well(&world.router, &path).await.json();
    assert_eq!(failed["data"]["state"], "failed");
    assert_eq!(failed["data"]["failure"], "data version v5 is not kept any more");
}

/// As the service does it: the runner is told that something waits.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_runner_that_waits_is_woken(pool: PgPool) {
    let world = world(pool).await;
    let limits = CostFilesConfig { at_once: 2.try_into().expect("not zero"), ..CostFilesConfig::default() };
    let desk = CostFileDesk::new(limits);
    let router = server::http::router(server::http::ApiState { cost_files: desk.clone(), ..world.state.clone() });
    let runner = CostFileRunner { desk, ..world.cost_file_runner() };
    let asking = async {
        // The runner has looked by now and found nothing: only being woken makes it look again this soon.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let path = ask(&router, &json!({ "period": ["2026-10"] })).await;
        for _ in 0..80 {
            if state(&router, &path).await == "complete" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the runner was not woken");
    };
    tokio::select! {
        () = runner.run() => panic!("the runner goes on for ever"),
        () = asking => {}
    }
}
