//! The stand-in is watched and changed over HTTP, by those who cannot call it.
#![allow(clippy::unwrap_used)]

use crate::support::World;
use serde_json::{Value, json};

#[tokio::test]
async fn settings_are_changed_one_by_one() {
    let world = World::new().await;
    let url = format!("{}/_control", world.stand_in.url());
    let client = reqwest::Client::new();
    let changed = client.post(&url).json(&json!({"lose_polls": 2, "run_ms": 5})).send().await.unwrap();
    assert_eq!(changed.status(), 200);
    client.post(&url).json(&json!({"throttle_percent": 0})).send().await.unwrap();
    let settings = world.stand_in.settings();
    assert_eq!((settings.lose_polls, settings.run_ms), (2, 5), "what is not named stays");
    let refused = client.post(&url).json(&json!({"loose_polls": 2})).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("loose_polls"));
}

#[tokio::test]
async fn what_was_asked_is_counted() {
    let world = World::new().await;
    world
        .run(
            world
                .start("select sum(line_item_unblended_cost) from cur2 where billing_period = ?")
                .execution_parameters("'2026-04'"),
        )
        .await;
    world.s3.list_buckets().send().await.unwrap();
    let report: Value = reqwest::get(format!("{}/_control", world.stand_in.url())).await.unwrap().json().await.unwrap();
    assert_eq!(report["counters"]["requests"]["athena.StartQueryExecution"], 1);
    assert_eq!(report["counters"]["requests"]["s3.GET"], 1);
    let execution = &report["executions"][0];
    assert_eq!((&execution["state"], &execution["parameters"]), (&json!("SUCCEEDED"), &json!(["'2026-04'"])));
    assert!(execution["bytes_scanned"].as_u64().unwrap() > 0);
}
