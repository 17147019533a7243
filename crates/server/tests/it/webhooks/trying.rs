//! A message is tried until it is taken, by whoever is there to try, and given up after days.

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::receiver::Receiver;
use super::{change_rules, deliveries, post, sender, tries, webhook, world};
use crate::support::{World, now};

/// When the newest message is tried next.
async fn next_try(world: &World, path: &str) -> Option<DateTime<Utc>> {
    let newest = deliveries(world, path).await[0]["next_attempt_at"].clone();
    newest.as_str().map(|text| text.parse().expect("a time"))
}

fn statuses(delivery: &Value) -> Vec<Option<i64>> {
    let attempts = delivery["attempts"].as_array().expect("tries");
    attempts.iter().map(|attempt| attempt["status"].as_i64()).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_happens_is_sent_once_and_signed(pool: PgPool) {
    let world = world(pool).await;
    let receiver = Receiver::start().await;
    let (path, secret) = webhook(&world, &receiver).await;
    assert_eq!(tries(&world, now()).await, 0, "nothing that happened before");
    change_rules(&world, "a").await;
    assert_eq!((tries(&world, now()).await, tries(&world, now()).await), (1, 0));
    let received = receiver.received();
    let [message] = received.as_slice() else { panic!("one message: {received:?}") };
    assert!(message.is_signed_by(&secret));
    assert!(!message.is_signed_by("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="), "a secret of somebody else");
    assert_eq!(message.header("webhook-timestamp"), now().timestamp().to_string());
    assert_eq!(message.header("content-type"), "application/json");
    let event = world.get("/v1/events?limit=1").await["data"][0].clone();
    assert_eq!((message.json(), message.header("webhook-id")), (event.clone(), event["id"].as_str().expect("an id")));
    let sent = deliveries(&world, &path).await;
    assert_eq!((sent.len(), &sent[0]["state"], &sent[0]["message"]), (1, &json!("delivered"), &event));
    assert_eq!(statuses(&sent[0]), [Some(204)]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_receiver_that_fails_is_tried_again_later_and_later(pool: PgPool) {
    let world = world(pool).await;
    let receiver = Receiver::start().await;
    let (path, secret) = webhook(&world, &receiver).await;
    receiver.answer(&[500, 302, 429]);
    change_rules(&world, "a").await;
    let mut at = now();
    for (least, most) in [(5, 6), (300, 330), (1800, 1980)] {
        assert_eq!(tries(&world, at).await, 1);
        let next = next_try(&world, &path).await.expect("it is tried again");
        assert!((least..=most).contains(&(next - at).num_seconds()), "{}", next - at);
        assert_eq!(tries(&world, next - TimeDelta::milliseconds(1)).await, 0, "not before its time");
        at = next;
    }
    let failing = world.get(&path).await["data"]["failing_since"].clone();
    assert_eq!(failing.as_str().map(|text| &text[..19]), Some("2026-11-23T12:00:00"));
    assert_eq!(tries(&world, at).await, 1);
    let sent = deliveries(&world, &path).await;
    assert_eq!((&sent[0]["state"], statuses(&sent[0])), (&json!("delivered"), [500, 302, 429, 204].map(Some).to_vec()));
    assert_eq!(sent[0]["attempts"][1]["failure"], "the receiver answered 302; redirects are not followed");
    assert_eq!(world.get(&path).await["data"]["failing_since"], Value::Null);
    let received = receiver.received();
    assert_eq!(received.len(), 4, "nothing was sent to where it was redirected");
    for message in &received {
        assert_eq!(message.header("webhook-id"), received[0].header("webhook-id"));
        assert!(message.is_signed_by(&secret));
    }
    assert_ne!(received[3].header("webhook-timestamp"), received[0].header("webhook-timestamp"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_nobody_takes_is_given_up_and_its_webhook_disabled_after_days(pool: PgPool) {
    let world = world(pool).await;
    let receiver = Receiver::start().await;
    let (path, _) = webhook(&world, &receiver).await;
    // Nobody listens there any more.
    drop(receiver);
    tokio::task::yield_now().await;
    change_rules(&world, "a").await;
    let (mut at, mut tried) = (now(), 0);
    loop {
        tried += tries(&world, at).await;
        match next_try(&world, &path).await {
            Some(next) => at = next,
            None => break,
        }
    }
    let sent = deliveries(&world, &path).await;
    assert_eq!((tried, &sent[0]["state"], statuses(&sent[0])), (10, &json!("failed"), vec![None; 10]));
    let failure = sent[0]["attempts"][0]["failure"].as_str().expect("a reason");
    assert!(failure.starts_with("the receiver cannot be reached: "), "{failure}");
    assert!((3..4).contains(&(at - now()).num_days()), "{}", at - now());
    assert_eq!(world.get(&path).await["data"]["state"], "active");

    // On the sixth day another message fails.
    change_rules(&world, "b").await;
    change_rules(&world, "c").await;
    tries(&world, now() + TimeDelta::days(5) + TimeDelta::hours(1)).await;
    let webhook = world.get(&path).await["data"].clone();
    assert_eq!(
        (&webhook["state"], &webhook["disabled_because"]),
        (&json!("disabled"), &json!("every try has failed for 5 days"))
    );
    assert!(deliveries(&world, &path).await.iter().all(|delivery| delivery["state"] == "failed"));
    change_rules(&world, "d").await;
    assert_eq!(deliveries(&world, &path).await.len(), 3, "nothing is kept for a webhook that is disabled");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_is_gone_is_left_alone_until_enabled_and_replayed(pool: PgPool) {
    let world = world(pool).await;
    let receiver = Receiver::start().await;
    let (path, secret) = webhook(&world, &receiver).await;
    receiver.answer(&[410]);
    change_rules(&world, "a").await;
    tries(&world, now()).await;
    let gone = world.get(&path).await["data"].clone();
    assert_eq!(
        (&gone["state"], &gone["disabled_because"]),
        (&json!("disabled"), &json!("the receiver answered 410 Gone"))
    );
    let first = deliveries(&world, &path).await[0].clone();
    let replay = first["links"]["replay"].as_str().expect("a path").to_owned();
    for refused in [replay.as_str(), &format!("{path}/test")] {
        let (status, problem) = post(&world, refused).await;
        assert_eq!(
            (status, &problem["type"]),
            (StatusCode::CONFLICT, &json!("/problems/webhook-disabled")),
            "{refused}"
        );
    }
    let (status, enabled) = post(&world, &format!("{path}/enable")).await;
    assert_eq!((status, &enabled["data"]["state"]), (StatusCode::OK, &json!("active")));
    let (status, replayed) = post(&world, &replay).await;
    assert_eq!((status, &replayed["data"]["occasion"]), (StatusCode::ACCEPTED, &json!("replay")));
    assert_eq!(tries(&world, now()).await, 1);
    let received = receiver.received();
    assert_eq!((received.len(), received[1].json()), (2, received[0].json()));
    assert_eq!(received[1].header("webhook-id"), received[0].header("webhook-id"), "the same message");
    assert!(received[1].is_signed_by(&secret));
    let states: Vec<Value> = deliveries(&world, &path).await.iter().map(|delivery| delivery["state"].clone()).collect();
    assert_eq!(states, ["delivered", "failed"], "newest first");
}

/// Whoever is killed writes nothing down: what it had taken is due again a minute later, wherever it had got to.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_a_process_that_died_had_taken_is_sent_by_another(pool: PgPool) {
    let world = world(pool).await;
    let receiver = Receiver::start().await;
    let (path, _) = webhook(&world, &receiver).await;
    change_rules(&world, "a").await;
    let minute = TimeDelta::seconds(60);
    let taken = world.store.take_deliveries(now(), now() + minute, 10).await.expect("the database");
    assert_eq!(taken.len(), 1);
    drop(taken);
    assert_eq!(tries(&world, now() + TimeDelta::seconds(59)).await, 0, "somebody is at it");
    assert_eq!(tries(&world, now() + minute).await, 1);
    assert_eq!(receiver.received().len(), 1);

    // A process that dies after the receiver has taken the message: it comes again, under the same id.
    change_rules(&world, "b").await;
    let sender = sender(&world, now());
    receiver.answer(&[503]);
    {
        let sending = sender.send_due();
        tokio::pin!(sending);
        while receiver.received().len() < 2 {
            tokio::select! {
                _ = &mut sending => break,
                () = tokio::time::sleep(std::time::Duration::from_millis(1)) => {}
            }
        }
    }
    // What it had begun to write down is rolled back as soon as the database notices.
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while tries(&world, now() + minute).await == 0 {
        assert!(std::time::Instant::now() < patience, "the message is lost");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let received = receiver.received();
    assert_eq!(received.len(), 3);
    assert_eq!(received[1].header("webhook-id"), received[2].header("webhook-id"));
    assert_eq!(deliveries(&world, &path).await[0]["state"], "delivered");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_many_instances_one_sends_each_message(pool: PgPool) {
    let world = world(pool).await;
    let receiver = Receiver::start().await;
    webhook(&world, &receiver).await;
    for team in ["a", "b", "c", "d", "e", "f"] {
        change_rules(&world, team).await;
    }
    let senders = [(); 4].map(|()| sender(&world, now()));
    let tried = futures::future::join_all(senders.iter().map(|sender| sender.send_due())).await;
    assert_eq!(tried.into_iter().map(|tries| tries.expect("the database")).sum::<usize>(), 6);
    assert_eq!(receiver.received().len(), 6);
}
