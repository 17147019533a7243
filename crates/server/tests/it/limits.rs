//! What one caller may ask for, and all of them together.

use std::sync::Arc;

use crate::support::World;
use access::audit::AuditAction;
use access::{Extent, Grant, GrantText, Grants, Role};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use serde_json::Value;
use server::config::LimitsConfig;
use sqlx::PgPool;
use store::audit::AuditQuestion;
use tower::ServiceExt;

fn limits(answers: u32, refusals: u32, at_once: usize) -> LimitsConfig {
    LimitsConfig {
        answers_per_minute: answers.try_into().expect("not zero"),
        refusals_per_minute: refusals.try_into().expect("not zero"),
        concurrent_requests: at_once.try_into().expect("not zero"),
        ..LimitsConfig::default()
    }
}

async fn ask(router: &Router, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer")
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().expect("plain text"))
}

async fn problem(response: Response<Body>) -> Value {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    serde_json::from_slice(&body).expect("a problem is JSON")
}

/// Waits until the announcements of the store are heard: then callers and versions are known from memory.
async fn listening(world: &World) {
    let (store, versions) = (world.store.clone(), world.versions.clone());
    tokio::spawn(async move { store.watch_versions(versions).await });
    while world.versions.access_epoch().is_none() || world.versions.current().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_caller_has_so_many_answers_a_minute_and_is_told_how_many_are_left(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    listening(&world).await;
    let router = world.limited(&limits(3, 60, 512), world.gate());
    let (alice, bob) = (world.key(&Grants::everything(), 1).await, world.key(&Grants::everything(), 1).await);
    let alice = [("authorization", alice.as_str())];
    let costs = "/v1/costs?period=2026-10";

    let first = ask(&router, costs, &alice).await;
    assert_eq!(text(first.headers(), "ratelimit-policy"), "\"answers\";q=3;w=60");
    assert_eq!(text(first.headers(), "ratelimit"), "\"answers\";r=2;t=20");
    let tag = text(first.headers(), "etag").to_owned();
    for cost in ["net_unblended", "list"] {
        let answer = ask(&router, &format!("{costs}&cost={cost}"), &alice).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    // What has been worked out already is there for everybody, and not counted.
    assert_eq!(ask(&router, costs, &alice).await.status(), StatusCode::OK);
    let refused = ask(&router, "/v1/teams", &alice).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = text(refused.headers(), "retry-after").parse().expect("seconds");
    assert!((18..=20).contains(&wait), "{wait}");
    assert!(text(refused.headers(), "ratelimit").starts_with("\"answers\";r=0;t="));
    assert_eq!(problem(refused).await["type"], "/problems/too-many-requests");

    // Whoever has the newest answer is told so, as often as they ask.
    for _ in 0..20 {
        let unchanged = ask(&router, costs, &[alice[0], ("if-none-match", &tag)]).await;
        assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
    }
    assert_eq!(ask(&router, "/v1/teams", &[("authorization", bob.as_str())]).await.status(), StatusCode::OK);
    assert_eq!(ask(&router, "/livez", &alice).await.status(), StatusCode::OK);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_that_guesses_is_not_listened_to_but_callers_who_are_known_are(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    listening(&world).await;
    let router = world.limited(&limits(1_000, 2, 512), world.gate());
    let before = world.versions.access_epoch().expect("an epoch");
    let (known, new) = (world.key(&Grants::everything(), 1).await, world.key(&Grants::everything(), 1).await);
    // Each new key makes instances look callers up again.
    while world.versions.access_epoch().is_none_or(|epoch| epoch < before + 4) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let me = |key: &str| [("authorization".to_owned(), key.to_owned())];
    let status = async |key: &str| {
        let headers = me(key);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        ask(&router, "/v1/me", &headers).await.status()
    };
    assert_eq!(status(&known).await, StatusCode::OK);
    for _ in 0..2 {
        assert_eq!(status("Bearer cbk_guess").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(status("Bearer cbk_guess").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(status(&known).await, StatusCode::OK, "known before, from the same address");
    assert_eq!(status(&new).await, StatusCode::TOO_MANY_REQUESTS, "not looked up for the moment");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn overload_is_shed_and_health_still_answers(pool: PgPool) {
    let world = World::with_sample(pool.clone(), 2_000).await;
    let router = Arc::new(world.limited(&limits(1_000, 60, 2), server::gate::Gate::open()));
    // Two answers wait for the database as long as somebody else holds what they read.
    let mut lock = pool.begin().await.expect("a transaction");
    sqlx::query("lock table serving in access exclusive mode").execute(&mut *lock).await.expect("the lock");
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let router = Arc::clone(&router);
            tokio::spawn(async move { ask(&router, "/v1/costs?period=2026-10", &[]).await.status() })
        })
        .collect();
    let shed = loop {
        let response = ask(&router, "/openapi.json", &[]).await;
        if response.status() != StatusCode::OK {
            break response;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(shed.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text(shed.headers(), "retry-after"), "1");
    assert_eq!(problem(shed).await["type"], "/problems/overloaded");
    assert_eq!(ask(&router, "/livez", &[]).await.status(), StatusCode::OK);
    lock.rollback().await.expect("the end of the lock");
    for answer in waiting {
        assert_eq!(answer.await.expect("an answer"), StatusCode::OK);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn another_site_cannot_have_a_browser_change_anything(pool: PgPool) {
    let world = World::new(pool).await;
    let router = world.guarded();
    let key = world.key(&Grants::everything(), 1).await;
    let post = |site: Option<&'static str>| {
        let request = Request::post("/v1/keys").header("authorization", &key).header("host", "chargeback.example.com");
        let request = match site {
            Some(site) => request.header("sec-fetch-site", site),
            None => request,
        };
        let body = r#"{"name": "x", "grants": [{"role": "viewer", "everything": true}]}"#;
        request.header("content-type", "application/json").body(Body::from(body)).expect("a request")
    };
    let refused = router.clone().oneshot(post(Some("cross-site"))).await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(problem(refused).await["type"], "/problems/cross-site");
    for site in [None, Some("same-origin"), Some("none")] {
        let made = router.clone().oneshot(post(site)).await.expect("an answer");
        assert_eq!(made.status(), StatusCode::CREATED, "{site:?}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nobody_fills_the_audit_log_with_paths_that_they_make_up(pool: PgPool) {
    let world = World::new(pool).await;
    let router = world.guarded();
    let garbage = [("authorization", "Bearer cbk_guess")];
    let longest = format!("/{}", "x".repeat(2047));
    assert_eq!(ask(&router, &longest, &garbage).await.status(), StatusCode::UNAUTHORIZED);
    let longer = ask(&router, &format!("{longest}x"), &garbage).await;
    assert_eq!(longer.status(), StatusCode::NOT_FOUND);
    assert_eq!(problem(longer).await["detail"], "the path has 2049 bytes; none here has more than 2048");
    let entries = world.store.audit_entries(&AuditQuestion::newest(Extent::Everything, 9)).await.expect("entries");
    let refused: Vec<usize> = entries
        .iter()
        .filter(|entry| entry.action == "sign_in.refused")
        .map(|entry| entry.object.as_deref().map_or(0, str::len))
        .collect();
    assert_eq!(refused, [2048]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_asks_for_what_they_may_not_do_is_in_the_audit_log(pool: PgPool) {
    let world = World::new(pool).await;
    let router = world.guarded();
    let viewer = GrantText { role: Some(Role::Viewer), teams: vec!["data-science".to_owned()], ..GrantText::default() };
    let viewer = Grant::try_from(viewer).expect("a grant");
    let key = world.key(&Grants::from_iter([&viewer]), 1).await;
    assert_eq!(ask(&router, "/v1/audit", &[("authorization", &key)]).await.status(), StatusCode::FORBIDDEN);

    let question =
        AuditQuestion { action: Some(AuditAction::AccessRefused), ..AuditQuestion::newest(Extent::Everything, 9) };
    let entries = world.store.audit_entries(&question).await.expect("entries");
    let [entry] = entries.as_slice() else { panic!("one entry: {entries:?}") };
    assert!(entry.caller.starts_with("api_key:"), "{entry:?}");
    assert_eq!((entry.object.as_deref(), entry.address.as_deref()), (Some("/v1/audit"), Some("127.0.0.1")));
    assert_eq!(entry.details["reason"], "this takes the permission `audit:read`");
}
