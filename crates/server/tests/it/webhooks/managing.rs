//! Webhooks are made, tried out, given new secrets and deleted, and each leaves a trace.

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::receiver::Receiver;
use super::{change_rules, deliveries, post, send, tries, webhook, world};
use crate::support::now;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_webhook_is_sent_what_it_asks_for(pool: PgPool) {
    let world = world(pool).await;
    let receiver = Receiver::start().await;
    let body = json!({ "name": "failures", "url": receiver.url, "types": ["tie_out.failed", "refresh.failed", "tie_out.failed"] });
    let (_, made) = send(&world.router, Method::POST, "/v1/webhooks", Some(body)).await;
    assert_eq!(made["data"]["types"], json!(["refresh.failed", "tie_out.failed"]));
    let path = made["links"]["self"].as_str().expect("a path").to_owned();
    change_rules(&world, "a").await;
    assert_eq!(tries(&world, now()).await, 0);
    let (status, test) = post(&world, &format!("{path}/test")).await;
    assert_eq!((status, &test["data"]["message"]["type"]), (StatusCode::ACCEPTED, &json!("webhook.test")));
    assert_eq!(tries(&world, now()).await, 1);
    let received = receiver.received();
    assert_eq!((received.len(), received[0].json()), (1, test["data"]["message"].clone()));
    assert!(received[0].is_signed_by(made["secret"].as_str().expect("a secret")));
    assert_eq!(deliveries(&world, &path).await[0]["occasion"], "test");
    let types = world.get("/v1/events").await;
    assert!(!types.to_string().contains("webhook.test"), "a test is nobody else's affair");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_secret_signs_beside_the_one_before_for_a_day(pool: PgPool) {
    let world = world(pool).await;
    let receiver = Receiver::start().await;
    let (path, old) = webhook(&world, &receiver).await;
    let (status, rotated) = post(&world, &format!("{path}/rotate")).await;
    assert_eq!(status, StatusCode::OK);
    let new = rotated["secret"].as_str().expect("a secret").to_owned();
    assert_ne!(old, new);
    assert_eq!(rotated["data"]["previous_secret_until"], "2026-11-24T12:00:00Z");
    change_rules(&world, "a").await;
    tries(&world, now()).await;
    change_rules(&world, "b").await;
    tries(&world, now() + TimeDelta::days(1)).await;
    let signed: Vec<[bool; 2]> =
        receiver.received().iter().map(|message| [message.is_signed_by(&old), message.is_signed_by(&new)]).collect();
    assert_eq!(signed, [[true, true], [false, true]]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_done_is_written_down_and_no_secret_is_shown_twice(pool: PgPool) {
    let world = world(pool).await;
    let receiver = Receiver::start().await;
    let (path, secret) = webhook(&world, &receiver).await;
    post(&world, &format!("{path}/test")).await;
    tries(&world, now()).await;
    let replay = deliveries(&world, &path).await[0]["links"]["replay"].as_str().expect("a path").to_owned();
    post(&world, &replay).await;
    let (_, rotated) = post(&world, &format!("{path}/rotate")).await;
    post(&world, &format!("{path}/enable")).await;
    let new = rotated["secret"].as_str().expect("a secret").to_owned();
    let told = [
        world.get("/v1/webhooks").await,
        world.get(&path).await,
        world.get(&format!("{path}/deliveries")).await,
        world.get("/v1/audit").await,
    ];
    for answer in &told {
        assert!(!answer.to_string().contains(&secret) && !answer.to_string().contains(&new), "{answer}");
    }
    assert!(!told[3].to_string().contains("/hook"), "the path of an address may be a secret: {}", told[3]);
    let (status, _) = send(&world.router, Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, problem) = send(&world.router, Method::DELETE, &path, None).await;
    assert_eq!((status, &problem["type"]), (StatusCode::NOT_FOUND, &json!("/problems/unknown-webhook")));
    let audit = world.get("/v1/audit").await;
    let actions: Vec<&str> = audit["data"]
        .as_array()
        .expect("entries")
        .iter()
        .rev()
        .filter_map(|entry| entry["action"].as_str())
        .filter(|action| action.starts_with("webhook."))
        .collect();
    assert_eq!(
        actions,
        [
            "webhook.created",
            "webhook.tested",
            "webhook.replayed",
            "webhook.secret_rotated",
            "webhook.enabled",
            "webhook.deleted"
        ]
    );
    assert_eq!(world.get("/v1/webhooks").await["data"], json!([]));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_fault_of_a_new_webhook_is_named(pool: PgPool) {
    let world = world(pool).await;
    let body = json!({ "nmae": "x", "name": " ", "url": "nowhere", "types": ["refresh.fialed"] });
    let (status, problem) = send(&world.router, Method::POST, "/v1/webhooks", Some(body)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let faults: Vec<(&Value, &Value)> = problem["errors"]
        .as_array()
        .expect("faults")
        .iter()
        .map(|fault| (&fault["parameter"], &fault["did_you_mean"]))
        .collect();
    let none = Value::Null;
    assert_eq!(
        faults,
        [
            (&json!("nmae"), &json!("name")),
            (&json!("name"), &none),
            (&json!("url"), &none),
            (&json!("types[0]"), &json!("refresh.failed"))
        ]
    );
    for (path, kind) in [
        ("/v1/webhooks/nothing/test", "/problems/unknown-webhook"),
        ("/v1/webhooks/0199f3b2-a6d7-7c0e-9f5c-6f3f1c1a2b3c/rotate", "/problems/unknown-webhook"),
        ("/v1/webhooks/0199f3b2-a6d7-7c0e-9f5c-6f3f1c1a2b3c/deliveries/x/replay", "/problems/unknown-delivery"),
    ] {
        let (status, problem) = post(&world, path).await;
        assert_eq!((status, &problem["type"]), (StatusCode::NOT_FOUND, &json!(kind)), "{path}");
    }
}
