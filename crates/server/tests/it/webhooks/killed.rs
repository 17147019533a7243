//! The real binary: killed while it sends, and told to stop while somebody listens.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::receiver::Receiver;
use crate::listening::service::Service;

const ALLOWED: &str = "[webhooks]\nallow_http_and_private = true";
const PATIENCE: Duration = Duration::from_secs(30);

async fn until_received(receiver: &Receiver, count: usize) {
    let received = async {
        while receiver.received().len() < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, received).await.expect("the message in time");
}

async fn post(client: &Client, service: &Service, path: &str, body: &Value) -> Value {
    let request = client.post(format!("http://{}{path}", service.address)).json(body);
    let response = request.send().await.expect("an answer");
    assert!(response.status().is_success(), "{path}: {}", response.status());
    response.json().await.expect("JSON")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_a_killed_process_was_sending_is_sent_by_the_next(pool: PgPool) {
    let receiver = Receiver::start().await;
    let client = Client::new();
    let service = Service::start(&pool, ALLOWED);
    let webhook = json!({ "name": "test", "url": receiver.url, "types": ["refresh.failed"] });
    let made = post(&client, &service, "/v1/webhooks", &webhook).await;
    let path = made["links"]["self"].as_str().expect("a path");
    receiver.hold_back(true);
    post(&client, &service, &format!("{path}/test"), &Value::Null).await;
    until_received(&receiver, 1).await;
    service.signal("-KILL");
    drop(service);
    receiver.hold_back(false);

    // A minute later, without waiting for it.
    let due = "update webhook_delivery set next_at = now() where state = 'pending'";
    assert_eq!(sqlx::query(due).execute(&pool).await.expect("the database").rows_affected(), 1, "it is not lost");
    let mut next = Service::start(&pool, ALLOWED);
    until_received(&receiver, 2).await;
    let received = receiver.received();
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    assert!(received[1].is_signed_by(made["secret"].as_str().expect("a secret")));

    // Whoever listens does not hold up the stop.
    let stream = client.get(format!("http://{}/v1/events", next.address)).header("accept", "text/event-stream");
    let mut stream = stream.send().await.expect("a stream");
    assert_eq!(stream.status(), StatusCode::OK);
    let first = stream.chunk().await.expect("a piece").expect("an event");
    assert!(first.starts_with(b"retry: 3000\nevent: data.version.current\n"), "{first:?}");
    let (elapsed, said) = next.stop();
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}: {said}");
    while let Some(piece) = stream.chunk().await.expect("the stream ends well, and is not cut off") {
        assert!(!piece.is_empty());
    }
}
