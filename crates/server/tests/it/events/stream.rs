//! A stream of events: begun, resumed, limited, and ended by a stop or with the credentials.

use std::time::Duration;

use access::{Caller, Extent, Grants};
use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{Request, StatusCode, header};
use futures::StreamExt;
use ledger::Ownership;
use serde_json::{Value, json};
use server::config::LimitsConfig;
use server::gate::Gate;
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::refreshes::shared::write_month;
use crate::support::{World, now};

const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody who listens.
struct Listener {
    body: BodyDataStream,
    text: String,
}

/// An event as it was sent.
#[derive(Debug, PartialEq)]
struct Heard {
    id: Option<String>,
    event: String,
    data: Value,
}

impl Listener {
    async fn open(router: &Router, headers: &[(&str, &str)]) -> Result<Self, (StatusCode, Value)> {
        let request = Request::get("/v1/events").header(header::ACCEPT, "text/event-stream");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response =
            router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
        let (head, body) = response.into_parts();
        if head.status != StatusCode::OK {
            let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
            return Err((head.status, serde_json::from_slice(&bytes).expect("a problem")));
        }
        assert_eq!(head.headers[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(head.headers[header::CACHE_CONTROL], "no-store");
        Ok(Self { body: body.into_data_stream(), text: String::new() })
    }

    /// The next event; `None` where the stream has ended.
    async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if block.starts_with(':') {
                    continue;
                }
                return Some(read(&block));
            }
            let piece = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("a word in time")?;
            self.text.push_str(std::str::from_utf8(&piece.expect("a piece")).expect("UTF-8"));
        }
    }
}

fn read(block: &str) -> Heard {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    Heard {
        id: field("id").map(str::to_owned),
        event: field("event").expect("an event").to_owned(),
        data: serde_json::from_str(field("data").expect("data")).expect("JSON"),
    }
}

/// Hears what the database announces, as `serve` does.
fn watching(world: &World) -> JoinHandle<()> {
    let (store, versions) = (world.store.clone(), world.versions.clone());
    tokio::spawn(async move { store.watch_versions(versions).await })
}

async fn change_rules(world: &World, team: &str) {
    let text = format!("[[rule]]\nname = \"all\"\nteam = \"{team}\"\n");
    world.store.apply_ownership(&Ownership::parse(&text).expect("rules"), now()).await.expect("the rules");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_served_is_said_at_once_and_what_happens_as_it_happens(pool: PgPool) {
    let world = World::new(pool).await;
    let watch = watching(&world);
    let mut listener = Listener::open(&world.router, &[]).await.expect("a stream");
    let first = listener.next().await.expect("an event");
    assert_eq!((first.event.as_str(), &first.data["data"]["data_version"]), ("data.version.current", &json!("v1")));
    write_month(&world, "2026-09", "1");
    world.refresh_well().await;
    let second = listener.next().await.expect("an event");
    assert_eq!((second.event.as_str(), &second.data["data"]["data_version"]), ("data.version.published", &json!("v2")));
    assert_eq!(second.data["data"]["period"], "2026-09");
    assert_eq!(second.id.as_deref(), second.data["id"].as_str());
    // The list has it under the same words.
    assert_eq!(world.get("/v1/events?limit=1").await["data"][0], second.data);
    watch.abort();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stream_goes_on_where_it_was_lost_and_misses_nothing(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let watch = watching(&world);
    let mut listener = Listener::open(&world.router, &[]).await.expect("a stream");
    let id = listener.next().await.expect("an event").id.expect("an id");
    drop(listener);
    for team in ["a", "b", "c"] {
        change_rules(&world, team).await;
    }
    let mut resumed = Listener::open(&world.router, &[("last-event-id", &id)]).await.expect("a stream");
    let current = resumed.next().await.expect("an event");
    assert_eq!(
        (current.id, &current.data["data"]["data_version"]),
        (None, &json!("v4")),
        "the place stays where it is"
    );
    for version in 2..=4 {
        let missed = resumed.next().await.expect("an event");
        assert_eq!(
            (missed.event.as_str(), &missed.data["data"]["data_version"]),
            ("data.version.published", &json!(format!("v{version}")))
        );
    }
    // What is not kept any more was before all that is.
    let forgotten = uuid::Uuid::nil().to_string();
    let mut late = Listener::open(&world.router, &[("last-event-id", &forgotten)]).await.expect("a stream");
    late.next().await.expect("what is served");
    assert_eq!(late.next().await.expect("an event").data["data"]["data_version"], "v1");
    let (status, problem) = Listener::open(&world.router, &[("last-event-id", "17")]).await.err().expect("refused");
    assert_eq!((status, &problem["errors"][0]["parameter"]), (StatusCode::BAD_REQUEST, &json!("Last-Event-ID")));
    watch.abort();
}

/// More than is read at a time, and all of it while nobody announces anything.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_long_absence_is_made_up_for_piece_by_piece(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let written = sqlx::query(
        "insert into event (event_id, type, at, payload)
         select gen_random_uuid(), 'refresh.failed', now(), jsonb_build_object('number', number)
           from generate_series(1, 250) as number order by number",
    );
    written.execute(&pool).await.expect("events");
    let forgotten = uuid::Uuid::nil().to_string();
    let mut listener = Listener::open(&world.router, &[("last-event-id", &forgotten)]).await.expect("a stream");
    let mut heard = Vec::new();
    for _ in 0..252 {
        heard.push(listener.next().await.expect("an event"));
    }
    let numbers: Vec<_> = heard.iter().filter_map(|heard| heard.data["data"]["number"].as_i64()).collect();
    assert_eq!(numbers, (1..=250).collect::<Vec<_>>());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stream_ends_when_the_service_stops(pool: PgPool) {
    let world = World::new(pool).await;
    let mut listener = Listener::open(&world.router, &[]).await.expect("a stream");
    listener.next().await.expect("an event");
    world.state.stop.cancel();
    let begun = std::time::Instant::now();
    assert_eq!(listener.next().await, None);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stream_ends_with_the_key_with_which_it_was_begun(pool: PgPool) {
    let world = World::new(pool).await;
    let (watch, router) = (watching(&world), world.guarded());
    let (status, _) = Listener::open(&router, &[]).await.err().expect("nobody is let in unknown");
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let key = world.key(&Grants::everything(), 1).await;
    let mut listener = Listener::open(&router, &[("authorization", &key)]).await.expect("a stream");
    listener.next().await.expect("an event");
    let keys = world.store.keys(&Extent::Everything, None, 10).await.expect("the keys");
    world
        .store
        .revoke_key(keys[0].key_id, &Extent::Everything, &Caller::command_line(), None, now())
        .await
        .expect("revoked");
    // The event comes after the revocation: the key does not hear it.
    change_rules(&world, "a").await;
    assert_eq!(listener.next().await, None);
    watch.abort();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn streams_are_few_for_each_caller_and_leave_room_for_requests(pool: PgPool) {
    let world = World::new(pool).await;
    let two = 2.try_into().expect("not zero");
    let limits = LimitsConfig { concurrent_requests: two, event_streams_per_caller: two, ..LimitsConfig::default() };
    let router = world.limited(&limits, Gate::open());
    let first = Listener::open(&router, &[]).await.expect("a stream");
    let _second = Listener::open(&router, &[]).await.expect("another");
    let (status, problem) = Listener::open(&router, &[]).await.err().expect("no third");
    assert_eq!((status, &problem["type"]), (StatusCode::TOO_MANY_REQUESTS, &json!("/problems/too-many-requests")));
    // Two requests may be worked on at once, and two streams are open.
    let request = Request::get("/v1/events").body(Body::empty()).expect("a request");
    let list = router.clone().oneshot(request).await.expect("an answer");
    assert_eq!(list.status(), StatusCode::OK, "streams are not worked on");
    drop(first);
    Listener::open(&router, &[]).await.expect("the place of the one that ended");

    let one = LimitsConfig { event_streams: 1.try_into().expect("not zero"), ..LimitsConfig::default() };
    let router = world.limited(&one, Gate::open());
    let _only = Listener::open(&router, &[]).await.expect("a stream");
    let (status, _) = Listener::open(&router, &[]).await.err().expect("no second");
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}
