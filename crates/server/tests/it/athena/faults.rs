//! AWS has bad days: each ends well, or says plainly why not, with what was served served still.

use std::time::Duration;

use engine::Fetch;
use serde_json::Value;
use sqlx::PgPool;
use stand_in::Failure;

use super::world::{Cloud, through_athena};
use crate::support::World;

async fn april(world: &World) -> Value {
    world.get("/v1/costs?period=2026-04").await["meta"]["totals"][0]["cost"].clone()
}

/// Delivers October anew, so that there is something to refresh; what was served of it before is told.
async fn delivered_anew(world: &World, cloud: &Cloud) -> Value {
    let served = world.get("/v1/costs?period=2026-10").await;
    let options = sample::SampleOptions {
        lines: 2_000,
        folder: world.export_folder(),
        export_name: "sample".to_owned(),
        restate: Some("2026-10".parse().expect("a month")),
        ..sample::SampleOptions::default()
    };
    sample::write(&options, |_| {}).expect("a sample");
    cloud.deliver(&world.export_folder());
    served
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn three_of_ten_requests_throttled_and_polls_lost_change_nothing(pool: PgPool) {
    let (world, cloud) = through_athena(pool, Fetch::Auto).await;
    cloud.stand_in.change(|settings| {
        settings.throttle_percent = 30;
        settings.lose_polls = 3;
        settings.queue_ms = 50;
        settings.run_ms = 50;
    });
    world.refresh_well().await;
    assert_eq!(april(&world).await, "5.1978");
    let counters = cloud.stand_in.counters();
    assert!(counters.throttled > 0 && counters.polls_lost == 3, "{counters:?}");
    let questions = cloud.queries_of("bedrock_line").len();
    assert_eq!(questions, 2 * 4, "each question was put once for each month, whatever was lost on the way");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_query_that_fails_is_put_again_where_that_helps_and_told_plainly_where_not(pool: PgPool) {
    let (world, cloud) = through_athena(pool, Fetch::Auto).await;
    let failure = |category, retryable, message: &str| Failure {
        category,
        error_type: 9999,
        retryable,
        message: message.to_owned(),
    };
    let transient = "GENERIC_INTERNAL_ERROR: a node went away";
    cloud.stand_in.change(|settings| settings.fail_next = vec![failure(1, true, transient)]);
    world.refresh_well().await;
    assert_eq!(april(&world).await, "5.1978");

    let served = delivered_anew(&world, &cloud).await;
    for (category, message) in [
        (1, "GENERIC_INTERNAL_ERROR: too many nodes went away"),
        (2, "HIVE_PARTITION_SCHEMA_MISMATCH: types do not match"),
        (3, "Query exhausted resources at this scale factor"),
    ] {
        cloud.stand_in.change(|settings| settings.fail_next = vec![failure(category, false, message); 8]);
        let outcomes = world.refresh().await;
        let failed: Vec<&str> = outcomes
            .iter()
            .filter(|outcome| outcome.result == "failed")
            .map(|outcome| outcome.message.as_str())
            .collect();
        assert!(!failed.is_empty() && failed.iter().all(|told| told.contains(message)), "{outcomes:#?}");
        assert_eq!(world.get("/v1/costs?period=2026-10").await["data"], served["data"], "what was served is");
    }
    cloud.stand_in.change(|settings| settings.fail_next.clear());
    world.refresh_well().await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn where_unload_is_not_allowed_the_result_file_is_read(pool: PgPool) {
    let (world, cloud) = through_athena(pool, Fetch::Auto).await;
    cloud.stand_in.change(|settings| settings.refuse_unload = true);
    world.refresh_well().await;
    assert_eq!(april(&world).await, "5.1978");
    let (unloads, all) = (cloud.queries_of("unload").len(), cloud.stand_in.executions().len());
    assert!(unloads == 1 && all == 1 + 2 * 4, "asked once and remembered: {unloads} of {all}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn managed_results_are_read_to_their_last_page(pool: PgPool) {
    let (world, cloud) = through_athena(pool, Fetch::Auto).await;
    cloud.stand_in.change(|settings| {
        let workgroup = settings.workgroups.get_mut("primary").expect("a workgroup");
        (workgroup.managed_results, workgroup.enforced, workgroup.output_location) = (true, true, None);
    });
    world.refresh_well().await;
    assert_eq!(april(&world).await, "5.1978");
    let pages = cloud.stand_in.counters().requests["athena.GetQueryResults"];
    assert!(pages >= 2 * 4, "{pages}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn credentials_that_expire_midway_are_told_and_the_next_refresh_heals(pool: PgPool) {
    let (world, cloud) = through_athena(pool, Fetch::Auto).await;
    cloud.stand_in.change(|settings| settings.run_ms = 1_500);
    let expiring = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let past = "2020-01-01T00:00:00Z".parse().expect("a time");
        cloud.stand_in.change(|settings| settings.credentials_expire_at = Some(past));
    };
    let (outcomes, ()) = tokio::join!(world.refresh(), expiring);
    let failed: Vec<&str> =
        outcomes.iter().filter(|outcome| outcome.result == "failed").map(|outcome| outcome.message.as_str()).collect();
    assert!(!failed.is_empty() && failed.iter().all(|message| message.contains("expired")), "{outcomes:#?}");
    cloud.stand_in.change(|settings| (settings.credentials_expire_at, settings.run_ms) = (None, 0));
    world.refresh_well().await;
    assert_eq!(april(&world).await, "5.1978");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_listing_that_lies_for_a_second_is_never_a_wrong_bill(pool: PgPool) {
    let (world, cloud) = through_athena(pool, Fetch::Auto).await;
    world.refresh_well().await;
    let served = delivered_anew(&world, &cloud).await;
    cloud.stand_in.change(|settings| settings.listing_delay_ms = 1_000);
    let mut honest = false;
    for _ in 0..30 {
        let outcomes = world.refresh().await;
        let failed = outcomes.into_iter().any(|outcome| outcome.result == "failed");
        let october = world.get("/v1/costs?period=2026-10").await;
        assert_eq!(october["control"][0]["delta"], "0");
        if !failed && october["data"] != served["data"] {
            honest = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(honest, "once the listing is whole, the month is read");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_table_that_cannot_be_asked_is_told_with_what_would_mend_it(pool: PgPool) {
    let (world, cloud) = through_athena(pool, Fetch::Auto).await;
    cloud.stand_in.drop_table("billing", "cur2");
    let outcomes = world.refresh().await;
    let told = &outcomes[0].message;
    assert!(outcomes.iter().all(|outcome| outcome.result == "failed"), "{outcomes:?}");
    assert!(told.contains("there is no table `cur2` in the database `billing`"), "{told}");
    assert!(told.contains("sql/cur2_table.sql"), "{told}");
}
