//! Nothing is sent to where only this machine or its network can reach, unless that is allowed.

use axum::http::{Method, StatusCode};
use serde_json::json;
use server::clock::Clock;
use server::webhooks::{WebhookClient, WebhookSender};
use sqlx::PgPool;

use super::receiver::Receiver;
use super::{change_rules, deliveries, send, tries, webhook, world};
use crate::support::{World, now};

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_webhook_is_at_a_public_https_address(pool: PgPool) {
    let world = World::new(pool).await;
    for url in [
        "http://hooks.example.com/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://localhost/",
        "https://user:word@hooks.example.com/",
        "file:///etc/passwd",
    ] {
        let body = json!({ "name": "test", "url": url });
        let (status, problem) = send(&world.router, Method::POST, "/v1/webhooks", Some(body)).await;
        assert_eq!((status, &problem["errors"][0]["parameter"]), (StatusCode::BAD_REQUEST, &json!("url")), "{url}");
    }
    let body = json!({ "name": "test", "url": "https://hooks.example.com/chargeback" });
    let (status, _) = send(&world.router, Method::POST, "/v1/webhooks", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED);
}

/// A name may lead anywhere, and what was allowed once may not be any more: what counts is where a message would go.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_leads_to_this_machine_is_not_connected_to(pool: PgPool) {
    let world = world(pool.clone()).await;
    let receiver = Receiver::start().await;
    let (path, _) = webhook(&world, &receiver).await;
    let strict = |client| WebhookSender { store: world.store.clone(), clock: Clock::Fixed(now()), client };
    let client = WebhookClient::new(false).expect("a client");
    let port = receiver.url.split(':').next_back().expect("a port").replace("/hook", "");
    // The last of these is a name that only the machine's own table of hosts knows to be here.
    let urls =
        [receiver.url.clone(), format!("https://127.0.0.1:{port}/hook"), format!("https://localhost:{port}/hook")];
    for (index, url) in urls.iter().enumerate() {
        sqlx::query("update webhook set url = $1").bind(url).execute(&pool).await.expect("another address");
        change_rules(&world, &format!("team-{index}")).await;
        assert_eq!(strict(client.clone()).send_due().await.expect("the database"), 1);
        let newest = deliveries(&world, &path).await[0].clone();
        let failure = newest["attempts"][0]["failure"].as_str().expect("a reason");
        assert!(failure.contains("nothing is sent to"), "{url}: {failure}");
    }
    assert_eq!(receiver.received().len(), 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_an_answer_the_beginning_is_read(pool: PgPool) {
    let world = world(pool).await;
    let receiver = Receiver::start().await;
    let (path, _) = webhook(&world, &receiver).await;
    receiver.answer_with(500, format!("it hurts \0{}", "x".repeat(1 << 20)));
    change_rules(&world, "a").await;
    tries(&world, now()).await;
    let answer = deliveries(&world, &path).await[0]["attempts"][0]["answer"].clone();
    let text = answer.as_str().expect("a text");
    assert!(text.starts_with("it hurts \u{fffd}xxx"), "{}", &text[..20]);
    assert_eq!(text.chars().count(), 4096);
}
