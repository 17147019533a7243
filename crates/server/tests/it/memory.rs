//! Answers are worked out once for each data version, and kept for whoever asks the same.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use sample::LineItem;
use serde_json::Value;
use sqlx::PgPool;
use tower::ServiceExt;

use crate::drilldowns::asking::caller;
use crate::support::{World, amount, period};

const MONTH: &str = "2026-09";
const BY_TEAM: &str = "/v1/costs?period=2026-09&group_by=team";

fn line(team: &'static str, cost: &str) -> LineItem<'static> {
    LineItem {
        iam_principal: Some("arn:aws:iam::123456789012:user/alice".into()),
        unblended_cost: amount(cost),
        tags: [("iamPrincipal/team", team)].into(),
        ..LineItem::bedrock_usage(period(MONTH))
    }
}

/// Two teams, which cost `number` and twice that.
async fn publish(world: &World, number: u32) {
    world.write(period(MONTH), &[line("ds", &number.to_string()), line("web", &(2 * number).to_string())]);
    world.refresh_well().await;
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

async fn ask(router: &Router, path: &str) -> Answer {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let (head, body) = router.clone().oneshot(request).await.expect("an answer").into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    Answer { status: head.status, headers: head.headers, body: serde_json::from_slice(&body).expect("JSON") }
}

/// How many answers came from memory so far.
async fn from_memory(world: &World) -> u32 {
    let (_, text) = world.ask_for_text("/metrics").await;
    let count = text.lines().find_map(|line| line.strip_prefix("chargeback_answers_from_memory_total "));
    count.expect("the measure").parse().expect("a number")
}

fn cost(answer: &Answer) -> &str {
    answer.body["meta"]["totals"][0]["cost"].as_str().expect("a cost")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_many_who_ask_the_same_one_has_it_worked_out(pool: PgPool) {
    let world = World::new(pool).await;
    publish(&world, 7).await;
    let _watch = world.watch_versions().await;
    let answers = futures::future::join_all((0..20).map(|_| ask(&world.router, BY_TEAM))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK && cost(answer) == "21"));
    assert_eq!(from_memory(&world).await, 19);
    // What is left to an asker is theirs to know: it is not kept with the answer.
    let counted = answers.iter().filter(|answer| answer.headers.contains_key("ratelimit")).count();
    assert_eq!(counted, 1);
    assert!(answers.iter().all(|answer| answer.headers["etag"] == answers[0].headers["etag"]));

    // A new version is asked for anew, and only that.
    publish(&world, 8).await;
    world.wait_for_version().await;
    assert_eq!(cost(&ask(&world.router, BY_TEAM).await), "24");
    assert_eq!(from_memory(&world).await, 19);
    assert_eq!(cost(&ask(&world.router, BY_TEAM).await), "24");
    assert_eq!(from_memory(&world).await, 20);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nobody_gets_what_was_worked_out_for_another_sight(pool: PgPool) {
    let world = World::new(pool).await;
    publish(&world, 7).await;
    let _watch = world.watch_versions().await;
    let [of_ds, of_web, of_both] =
        [&["ds"][..], &["web"], &["ds", "web"]].map(|teams| world.as_caller(caller("ann", teams)));
    for _ in 0..2 {
        assert_eq!(cost(&ask(&world.router, BY_TEAM).await), "21");
        assert_eq!(cost(&ask(&of_ds, BY_TEAM).await), "7");
        assert_eq!(cost(&ask(&of_web, BY_TEAM).await), "14");
        assert_eq!(cost(&ask(&of_both, BY_TEAM).await), "21");
    }
    assert_eq!(from_memory(&world).await, 4);
    // Two callers who see the same are answered from the same.
    assert_eq!(cost(&ask(&world.as_caller(caller("bob", &["ds"])), BY_TEAM).await), "7");
    assert_eq!(from_memory(&world).await, 5);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn problems_are_told_to_each_for_themselves(pool: PgPool) {
    let world = World::new(pool).await;
    publish(&world, 7).await;
    let _watch = world.watch_versions().await;
    let path = "/v1/costs?period=2026-01";
    let answers = futures::future::join_all((0..5).map(|_| ask(&world.router, path))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::NOT_FOUND));
    let ids: std::collections::BTreeSet<String> =
        answers.iter().map(|answer| answer.body["request_id"].to_string()).collect();
    assert_eq!(ids.len(), 5, "{ids:?}");
    assert_eq!(from_memory(&world).await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_larger_than_the_memory_is_worked_out_each_time(pool: PgPool) {
    let world = World::new(pool).await;
    publish(&world, 7).await;
    let _watch = world.watch_versions().await;
    for bytes in [0, 2048] {
        let router = world.remembering(bytes);
        for _ in 0..3 {
            assert_eq!(cost(&ask(&router, BY_TEAM).await), "21");
        }
    }
    assert_eq!(from_memory(&world).await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn those_who_wait_are_answered_though_the_first_goes_away(pool: PgPool) {
    let world = World::new(pool).await;
    publish(&world, 7).await;
    let _watch = world.watch_versions().await;
    let mut first = Box::pin(ask(&world.router, BY_TEAM));
    let mut second = Box::pin(ask(&world.router, BY_TEAM));
    let mut looks = 0;
    poll_fn(|context| {
        assert!(first.as_mut().poll(context).is_pending(), "the database cannot have answered yet");
        assert!(second.as_mut().poll(context).is_pending());
        looks += 1;
        if looks == 1 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    drop(first);
    assert_eq!(cost(&second.await), "21");
}

/// Asks until the sixth version has come, and gives back how often each was seen.
async fn poll(router: Router, path: &'static str, first: i64) -> BTreeMap<i64, usize> {
    let mut seen = BTreeMap::new();
    loop {
        let answer = ask(&router, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let version = answer.body["meta"]["data_version"].as_str().and_then(|text| text[1..].parse().ok());
        let version: i64 = version.expect("a version");
        let number = version - first + 1;
        let expected = if path.contains("showback") { 2 * number } else { 3 * number };
        assert_eq!(cost(&answer), expected.to_string(), "{path} in {version}");
        assert_eq!(answer.body["control"][0]["bedrock_total"], (3 * number).to_string(), "{path} in {version}");
        assert!(seen.keys().all(|earlier| *earlier <= version), "no poller goes back in time");
        *seen.entry(version).or_default() += 1;
        if number == 6 {
            return seen;
        }
        // What comes from memory waits for nothing.
        tokio::task::yield_now().await;
    }
}

/// Whoever polls while versions are published one after another gets each time wholly one of them.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_answer_is_wholly_of_one_version_while_versions_flip(pool: PgPool) {
    let world = World::new(pool).await;
    publish(&world, 1).await;
    let _watch = world.watch_versions().await;
    let first = world.versions.current().expect("a version");
    let paths = [BY_TEAM, "/v1/teams/web/showback?period=2026-09", "/v1/teams?period=2026-09"];
    let pollers = paths.iter().flat_map(|path| {
        [world.router.clone(), world.remembering(0)].map(|router| tokio::spawn(poll(router, path, first)))
    });
    let pollers: Vec<_> = pollers.collect();
    for number in 2..=6 {
        publish(&world, number).await;
    }
    for poller in pollers {
        assert!(poller.await.expect("a poller").len() >= 2, "it saw a flip");
    }
}
