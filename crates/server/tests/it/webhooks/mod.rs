//! Events sent to whoever wants them: signed, tried until they are taken, and never to where only this machine can reach.

mod killed;
mod managing;
mod private;
mod receiver;
mod trying;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use chrono::{DateTime, Utc};
use ledger::Ownership;
use serde_json::{Value, json};
use server::clock::Clock;
use server::config::WebhooksConfig;
use server::http::{ApiState, router};
use server::webhooks::{WebhookClient, WebhookSender};
use sqlx::PgPool;
use tower::ServiceExt;

use self::receiver::Receiver;
use crate::support::{World, now};

/// A world whose webhooks may be on this machine.
async fn world(pool: PgPool) -> World {
    let mut world = World::new(pool).await;
    let webhooks = WebhooksConfig { allow_http_and_private: true, ..WebhooksConfig::default() };
    world.router = router(ApiState { webhooks, ..world.state.clone() });
    world
}

/// An instance that sends, at this time.
fn sender(world: &World, now: DateTime<Utc>) -> WebhookSender {
    let client = WebhookClient::new(true).expect("a client");
    WebhookSender { store: world.store.clone(), clock: Clock::Fixed(now), client }
}

/// How many tries this instance makes at this time.
async fn tries(world: &World, now: DateTime<Utc>) -> usize {
    sender(world, now).send_due().await.expect("the database")
}

async fn send(router: &Router, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
    let response = router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn post(world: &World, path: &str) -> (StatusCode, Value) {
    send(&world.router, Method::POST, path, None).await
}

/// A webhook at this receiver: its path and its secret.
async fn webhook(world: &World, receiver: &Receiver) -> (String, String) {
    let body = json!({ "name": "test", "url": receiver.url });
    let (status, made) = send(&world.router, Method::POST, "/v1/webhooks", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let path = made["links"]["self"].as_str().expect("a path").to_owned();
    (path, made["secret"].as_str().expect("a secret").to_owned())
}

async fn deliveries(world: &World, path: &str) -> Vec<Value> {
    world.get(&format!("{path}/deliveries")).await["data"].as_array().expect("messages").clone()
}

/// Something happens: other rules come into force.
async fn change_rules(world: &World, team: &str) {
    let text = format!("[[rule]]\nname = \"all\"\nteam = \"{team}\"\n");
    world.store.apply_ownership(&Ownership::parse(&text).expect("rules"), now()).await.expect("the rules");
}
