//! The ledger of queries: each once, with its price, and none beyond what may be scanned in a day.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use engine::{EngineError, QueryAsked, QueryEnded, QueryLog};
use serde_json::json;
use server::config::AthenaConfig;
use sqlx::PgPool;

use super::shared::{EVERY, instance, ledger, post, queries, worker, write_month};
use crate::support::{World, now, period};

fn asked(execution_id: &str) -> QueryAsked {
    QueryAsked {
        engine: "athena",
        question: "daily_cost",
        fingerprint: "f".repeat(64),
        parameters: vec!["2026-10".to_owned(), "nothing\0hidden".to_owned()],
        export: "payer".to_owned(),
        period: period("2026-10"),
        delivery: "d".to_owned(),
        execution_id: execution_id.to_owned(),
    }
}

fn ended(scanned_bytes: Option<u64>) -> QueryEnded {
    let (queued, ran) = (Duration::from_millis(40), Duration::from_millis(1_200));
    QueryEnded { failure: None, scanned_bytes, queued, ran, rows: 7 }
}

/// Noon, so that an hour later is the same day.
fn later(hours: i64) -> DateTime<Utc> {
    now() + TimeDelta::hours(hours)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_export_that_has_not_changed_is_asked_nothing(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    write_month(&world, "2026-09", "1");
    write_month(&world, "2026-10", "2");
    worker(&world).look().await.expect("the scheduled refresh");
    let expected: Vec<_> = ["2026-09", "2026-10"]
        .into_iter()
        .flat_map(|month| ["bill_total", "daily_cost"].map(|question| (question, month, "succeeded")))
        .collect();
    let first = queries(&pool).await;
    let first: Vec<_> = first.iter().map(|(question, month, state)| (&**question, &**month, &**state)).collect();
    assert_eq!(first, expected);

    let loads = || sqlx::query_scalar::<_, i64>("select last_value from load_load_id_seq").fetch_one(&pool);
    let before = loads().await.expect("a number");
    for round in 1..=3 {
        instance(&world, now() + EVERY * round).look().await.expect("a scheduled refresh");
    }
    let all = world.get("/v1/refreshes").await["data"].clone();
    assert_eq!(all.as_array().map(Vec::len), Some(4), "it was looked at four times");
    assert_eq!(all[0]["parts"][1]["result"], "unchanged");
    assert_eq!((queries(&pool).await.len(), loads().await.expect("a number")), (4, before), "and asked once");

    write_month(&world, "2026-10", "3");
    instance(&world, now() + EVERY * 4).look().await.expect("a scheduled refresh");
    assert_eq!(queries(&pool).await.len(), 6, "what has changed is asked, and nothing else");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_query_that_is_picked_up_again_is_charged_once(pool: PgPool) {
    let world = World::new(pool).await;
    let log = ledger(&world, AthenaConfig::default(), now());
    log.started(&asked("a")).await;
    // The process is killed, and the next one is given the same execution by Athena.
    let next = ledger(&world, AthenaConfig::default(), later(1));
    next.started(&asked("a")).await;
    next.ended(&asked("a"), &ended(Some(25_300_000))).await;
    let answer = world.get("/v1/queries").await;
    let row = &answer["data"][0];
    assert_eq!(answer["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&row["state"], &row["scanned_bytes"], &row["price"]),
        (&json!("succeeded"), &json!(25_300_000), &json!("0.00013"))
    );
    assert_eq!((&row["queued_ms"], &row["ran_ms"], &row["rows"]), (&json!(40), &json!(1200), &json!(7)));
    assert_eq!(
        (&row["started_at"], &row["ended_at"]),
        (&json!("2026-11-23T12:00:00Z"), &json!("2026-11-23T13:00:00Z"))
    );

    // Even one that had ended: its rows are fetched again, its scan is not charged again.
    next.started(&asked("a")).await;
    next.ended(&asked("a"), &ended(Some(25_300_000))).await;
    // Of this one only the end was told, because the database was away before.
    next.ended(&asked("b"), &ended(Some(0))).await;
    let totals = world.get("/v1/queries?limit=1").await["totals"].clone();
    let day = json!({"day": "2026-11-23", "engine": "athena", "queries": 2, "scanned_bytes": 25_300_000,
                     "price": "0.00018", "price_currency": "USD"});
    assert_eq!(totals, json!([day]));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_query_is_put_beyond_the_ceiling_of_a_day(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let ceiling = Some("100 MB".parse().expect("a size"));
    let terms = AthenaConfig { daily_scan_ceiling: ceiling, ..AthenaConfig::default() };
    let log = ledger(&world, terms.clone(), now());
    log.admit("athena").await.expect("nothing was scanned yet");
    log.started(&asked("a")).await;
    log.ended(&asked("a"), &ended(Some(99_999_999))).await;
    log.admit("athena").await.expect("there is a byte left");
    log.ended(&asked("b"), &ended(Some(20_000_000))).await;
    let refused = ledger(&world, terms.clone(), later(11)).admit("athena").await.expect_err("the day is used up");
    assert_eq!(
        refused.to_string(),
        "the queries of today have scanned 119999999 bytes and may scan 100000000: wait until midnight (UTC), or raise \
         `[athena] daily_scan_ceiling`"
    );
    log.admit("embedded").await.expect("what costs nothing is not held back");
    ledger(&world, AthenaConfig::default(), now()).admit("athena").await.expect("there is no ceiling");
    ledger(&world, terms, later(12)).admit("athena").await.expect("a new day has begun");

    let away = ledger(&world, AthenaConfig { daily_scan_ceiling: ceiling, ..AthenaConfig::default() }, now());
    pool.close().await;
    let unknown = away.admit("athena").await.expect_err("what was scanned cannot be told");
    assert!(matches!(unknown, EngineError::QueryLog { .. }), "{unknown}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_ledger_is_read_page_by_page_and_tells_failures(pool: PgPool) {
    let world = World::new(pool).await;
    let log = ledger(&world, AthenaConfig::default(), now());
    for number in 0..5 {
        log.started(&asked(&number.to_string())).await;
    }
    let failure = Some("HIVE_BAD_DATA: a line of somebody's".to_owned());
    log.ended(&asked("4"), &QueryEnded { failure, ..ended(Some(0)) }).await;
    let (mut path, mut ids) = ("/v1/queries?limit=2".to_owned(), Vec::new());
    loop {
        let page = world.get(&path).await;
        for row in page["data"].as_array().expect("rows") {
            assert!(row.get("parameters").is_none(), "parameters may be persons");
            ids.push(row["execution_id"].as_str().expect("an id").to_owned());
        }
        let Some(next) = page["links"]["next"].as_str() else { break };
        path = next.to_owned();
    }
    assert_eq!(ids, ["4", "3", "2", "1", "0"]);
    let newest = world.get("/v1/queries?limit=1").await["data"][0].clone();
    assert_eq!(
        (&newest["state"], &newest["price"]),
        (&json!("failed"), &json!("0")),
        "what failed before reading is free"
    );
    assert_eq!(newest["failure"], "HIVE_BAD_DATA: a line of somebody's");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_question_that_fails_is_in_the_ledger_with_its_reason(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    write_month(&world, "2026-10", "2");
    std::fs::write(world.data_file(period("2026-10")), "no Parquet").expect("damage");
    let (_, headers, _) = post(&world.router, None, "").await;
    worker(&world).look().await.expect("the refreshes");
    let refresh = world.get(headers["location"].to_str().expect("a location")).await["data"].clone();
    assert_eq!(refresh["state"], "failed");
    // The columns are looked at before anything is asked: a file that is no Parquet costs no query.
    assert_eq!(queries(&pool).await, []);
}
