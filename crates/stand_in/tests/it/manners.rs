//! What Athena does besides answering: states, tokens, workgroups, faults.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use crate::support::{World, id, reason, state};
use aws_sdk_athena::error::SdkError;
use aws_sdk_athena::types::QueryExecutionState::{Cancelled, Failed, Queued, Running, Succeeded};
use aws_sdk_athena::types::ResultConfiguration;
use chrono::Utc;
use stand_in::{Encryption, Failure, Settings, Workgroup};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn a_query_waits_then_runs_then_ends() {
    let world = World::with(Settings { queue_ms: 150, run_ms: 150, ..Settings::default() }).await;
    let id = world.start("select 1").send().await.unwrap().query_execution_id.unwrap();
    let begun = Instant::now();
    let mut seen = Vec::new();
    loop {
        let execution = world.get(&id).await;
        if seen.last() != Some(&state(&execution)) {
            seen.push(state(&execution));
        }
        let results = world.athena.get_query_results().query_execution_id(&id).send().await;
        if state(&execution) == Succeeded {
            let statistics = execution.statistics().unwrap();
            assert!(statistics.query_queue_time_in_millis().unwrap() >= 150);
            assert!(statistics.engine_execution_time_in_millis().unwrap() >= 150);
            assert!(execution.status().unwrap().completion_date_time().is_some());
            break;
        }
        if let Err(refused) = results {
            assert!(refused.into_service_error().is_invalid_request_exception());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(seen, [Queued, Running, Succeeded]);
    assert!(begun.elapsed() >= Duration::from_millis(290));
}

#[tokio::test]
async fn a_token_starts_one_query_however_often_it_comes() {
    let world = World::new().await;
    let start = |text: &str| world.start(text).client_request_token(TOKEN).send();
    let first = start("select 1").await.unwrap().query_execution_id.unwrap();
    world.wait(&first).await;
    assert_eq!(start("select 1").await.unwrap().query_execution_id.unwrap(), first);
    let other = start("select 2").await.unwrap_err().into_service_error();
    assert!(other.to_string().contains("Idempotent parameters do not match"), "{other}");
    let short = world.start("select 1").client_request_token("short").send().await.unwrap_err().into_service_error();
    assert!(short.is_invalid_request_exception());
    let executions = world.stand_in.executions();
    assert_eq!((executions.len(), executions[0].starts), (1, 2));
}

#[tokio::test]
async fn a_query_that_is_stopped_is_cancelled() {
    let world = World::with(Settings { run_ms: 60_000, ..Settings::default() }).await;
    let id = world.start("select 1").send().await.unwrap().query_execution_id.unwrap();
    world.athena.stop_query_execution().query_execution_id(&id).send().await.unwrap();
    assert_eq!(state(&world.wait(&id).await), Cancelled);
    // To stop it again is no error.
    world.athena.stop_query_execution().query_execution_id(&id).send().await.unwrap();
}

#[tokio::test]
async fn queries_fail_as_they_are_told_to() {
    let world = World::new().await;
    let failure = |category, retryable| Failure {
        category,
        error_type: 9999,
        retryable,
        message: "GENERIC_INTERNAL_ERROR: the weather".to_owned(),
    };
    world.stand_in.change(|settings| settings.fail_next = vec![failure(1, true), failure(3, false)]);
    for (category, retryable) in [(1, true), (3, false)] {
        let execution = world.run(world.start("select 1")).await;
        assert_eq!(state(&execution), Failed);
        assert_eq!(reason(&execution), "GENERIC_INTERNAL_ERROR: the weather");
        let error = execution.status().unwrap().athena_error().unwrap();
        assert_eq!((error.error_category(), error.retryable()), (Some(category), retryable));
    }
    assert_eq!(state(&world.run(world.start("select 1")).await), Succeeded);
}

#[tokio::test]
async fn some_requests_are_throttled_by_a_chance_that_can_be_repeated() {
    let throttled = async |seed| {
        let settings = Settings { throttle_percent: 30, throttle_seed: seed, ..Settings::default() };
        let world = World::with(settings).await;
        let mut refused = Vec::new();
        for _ in 0..100 {
            let answer = world.athena.get_work_group().work_group("primary").send().await;
            refused.push(answer.is_err());
        }
        assert_eq!(world.stand_in.counters().throttled, refused.iter().filter(|refused| **refused).count() as u64);
        refused
    };
    let refused = throttled(7).await;
    assert_eq!(throttled(7).await, refused);
    assert_ne!(throttled(8).await, refused);
    let count = refused.iter().filter(|refused| **refused).count();
    assert!((15..=45).contains(&count), "{count} of 100");

    let world = World::with(Settings { throttle_percent: 100, ..Settings::default() }).await;
    let mut kinds = Vec::new();
    for _ in 0..30 {
        let error = world.start("select 1").send().await.unwrap_err();
        let status = error.raw_response().unwrap().status().as_u16();
        let service = error.into_service_error();
        kinds.push((status, service.meta().code().unwrap().to_owned()));
    }
    kinds.sort();
    kinds.dedup();
    let names = kinds.iter().map(|(status, name)| (*status, name.as_str())).collect::<Vec<_>>();
    assert_eq!(
        names,
        [(400, "ThrottlingException"), (400, "TooManyRequestsException"), (500, "InternalServerException"),]
    );
    assert!(world.stand_in.executions().is_empty(), "a request that is refused starts nothing");
}

#[tokio::test]
async fn a_poll_can_lose_its_connection() {
    let world = World::new().await;
    let id = world.start("select 1").send().await.unwrap().query_execution_id.unwrap();
    world.stand_in.change(|settings| settings.lose_polls = 1);
    let lost = world.athena.get_query_execution().query_execution_id(&id).send().await.unwrap_err();
    assert!(matches!(lost, SdkError::DispatchFailure(_)), "{lost:?}");
    assert_eq!(state(&world.wait(&id).await), Succeeded);
    assert_eq!(world.stand_in.counters().polls_lost, 1);
}

#[tokio::test]
async fn credentials_expire_until_they_are_renewed() {
    let world = World::new().await;
    world.stand_in.change(|settings| settings.credentials_expire_at = Some(now()));
    let athena = world.start("select 1").send().await.unwrap_err().into_service_error();
    assert_eq!(athena.meta().code(), Some("ExpiredTokenException"));
    let s3 = world.s3.list_objects_v2().bucket("exports").send().await.unwrap_err().into_service_error();
    assert_eq!(s3.meta().code(), Some("ExpiredToken"));
    world.stand_in.change(|settings| settings.access_keys_renewed = vec!["anybody".to_owned()]);
    assert_eq!(state(&world.run(world.start("select 1")).await), Succeeded);
    assert_eq!(world.stand_in.counters().expired, 2);
}

#[tokio::test]
async fn a_workgroup_has_its_say() {
    let world = World::new().await;
    let encryption =
        Encryption { encryption_option: "SSE_KMS".to_owned(), kms_key: Some("arn:aws:kms:key".to_owned()) };
    world.stand_in.change(|settings| {
        settings.workgroups.insert(
            "enforced".to_owned(),
            Workgroup {
                enforced: true,
                output_location: Some("s3://results/enforced/".to_owned()),
                encryption: Some(encryption),
                ..Workgroup::default()
            },
        );
        settings
            .workgroups
            .insert("narrow".to_owned(), Workgroup { bytes_scanned_cutoff: Some(1_000), ..Workgroup::default() });
        settings.workgroups.insert("managed".to_owned(), Workgroup { managed_results: true, ..Workgroup::default() });
    });
    let execution = world.run(world.start("select 1").work_group("enforced")).await;
    let results = execution.result_configuration().unwrap();
    assert_eq!(results.output_location().unwrap(), format!("s3://results/enforced/{}.csv", id(&execution)));
    assert_eq!(results.encryption_configuration().unwrap().kms_key(), Some("arn:aws:kms:key"));

    let execution = world.run(world.start("select sum(line_item_unblended_cost) from cur2").work_group("narrow")).await;
    assert_eq!(
        (state(&execution), reason(&execution)),
        (Cancelled, "Query cancelled! : Bytes scanned limit was exceeded")
    );

    let managed = world.athena.start_query_execution().query_string("select 'x' as a").work_group("managed");
    let execution = world.run(managed).await;
    assert!(execution.result_configuration().is_none_or(|results| results.output_location().is_none()));
    let rows = world.athena.get_query_results().query_execution_id(id(&execution)).send().await.unwrap();
    assert_eq!(rows.result_set.unwrap().rows.unwrap().len(), 2);

    let unknown = world.start("select 1").work_group("unknown").send().await.unwrap_err().into_service_error();
    assert!(unknown.to_string().contains("WorkGroup unknown is not found."), "{unknown}");
    let nowhere = world.start("select 1").result_configuration(ResultConfiguration::builder().build());
    let nowhere = nowhere.send().await.unwrap_err().into_service_error();
    assert!(nowhere.to_string().contains("No output location provided"), "{nowhere}");

    let told = world.athena.get_work_group().work_group("narrow").send().await.unwrap().work_group.unwrap();
    assert_eq!(told.configuration().unwrap().bytes_scanned_cutoff_per_query(), Some(1_000));
}

#[tokio::test]
async fn unload_can_lack_its_permission() {
    let world = World::with(Settings { refuse_unload: true, ..Settings::default() }).await;
    let text = "UNLOAD (select 1 as one) TO 's3://results/one/' WITH (format = 'PARQUET')";
    let execution = world.run(world.start(text)).await;
    assert_eq!(state(&execution), Failed);
    assert!(reason(&execution).starts_with("PERMISSION_DENIED"), "{}", reason(&execution));
    assert!(world.s3.list_objects_v2().bucket("results").prefix("one/").send().await.unwrap().contents().is_empty());
}

fn now() -> chrono::DateTime<Utc> {
    std::time::SystemTime::now().into()
}
