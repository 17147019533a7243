//! A browser signs in at the OpenID provider, is known by its cookie, and signs out.

use std::time::Duration;

use crate::provider_double::ProviderDouble;
use crate::provider_double::keys::SigningKey;
use crate::support::World;
use access::audit::AuditAction;
use access::{Extent, GrantText, Role};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::Value;
use server::clock::Clock;
use server::config::ClaimGrantConfig;
use server::gate::{ClaimGrants, Gate, GateOptions};
use server::http::{ApiState, router};
use sqlx::PgPool;
use store::audit::AuditQuestion;
use store::{Store, VersionWatch};
use tower::ServiceExt;

const SESSION: &str = "__Host-chargeback";

/// A browser in front of the service, and the provider behind it.
struct Browser {
    world: World,
    router: Router,
    provider: ProviderDouble,
    cookies: Vec<(String, String)>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().expect("text")
    }
}

impl Browser {
    async fn new(pool: PgPool) -> Self {
        let world = World::with_sample(pool, 2_000).await;
        let key = SigningKey::p256("p256-1");
        let provider = ProviderDouble::start(&[&key]).await;
        provider.change(|behaviour| {
            behaviour.identity_key = Some(key);
            behaviour.identity.insert("groups".to_owned(), serde_json::json!(["finops"]));
        });
        let allow = GrantText { role: Some(Role::Finance), everything: true, ..GrantText::default() };
        let configured = [ClaimGrantConfig { claim: "groups".to_owned(), values: vec!["finops".to_owned()], allow }];
        let gate = Gate::guarded(GateOptions {
            store: world.store.clone(),
            versions: VersionWatch::default(),
            api_keys: false,
            openid: Some(provider.openid()),
            grants: ClaimGrants::read(&configured).expect("grants"),
            session_lasts: Some(Duration::from_secs(3600)),
        });
        let clock = Clock::Fixed(crate::provider_double::now());
        let router = router(ApiState { gate, clock, ..world.state.clone() });
        Self { world, router, provider, cookies: Vec::new() }
    }

    async fn send(&mut self, method: Method, path: &str, more: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "chargeback.example");
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let (head, body) = self.router.clone().oneshot(request).await.expect("an answer").into_parts();
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().expect("text");
            let (name, rest) = text.split_once('=').expect("a cookie");
            let value = rest.split(';').next().expect("a value").to_owned();
            self.cookies.retain(|(known, _)| known != name);
            if !text.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value));
            }
        }
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        Answer { status: head.status, headers: head.headers, body: String::from_utf8(body.to_vec()).expect("UTF-8") }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    /// Begins here and goes to the provider, which sends the browser back to this path.
    async fn go_to_the_provider(&mut self, return_to: &str) -> String {
        let begun = self.get(&format!("/auth/sign-in?return_to={return_to}")).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
        let no_redirects = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        let at_provider = no_redirects.expect("a client").get(begun.location()).send().await.expect("the provider");
        let back = at_provider.headers()[header::LOCATION].to_str().expect("text");
        let query = back.split_once('?').expect("a query").1;
        format!("/auth/callback?{query}")
    }

    fn has_session(&self) -> bool {
        self.cookies.iter().any(|(name, _)| name == SESSION)
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_browser_signs_in_is_known_and_signs_out(pool: PgPool) {
    let mut browser = Browser::new(pool).await;
    assert_eq!(browser.get("/v1/me").await.status, StatusCode::UNAUTHORIZED);
    let callback = browser.go_to_the_provider("/v1/teams").await;
    let back = browser.get(&callback).await;
    assert_eq!((back.status, back.location()), (StatusCode::SEE_OTHER, "/v1/teams"), "{}", back.body);
    assert!(browser.has_session());

    let me: Value = serde_json::from_str(&browser.get("/v1/me").await.body).expect("JSON");
    assert_eq!((&me["data"]["kind"], &me["data"]["name"]), (&"session".into(), &"Ada Lovelace".into()));
    assert_eq!(browser.get("/v1/costs").await.status, StatusCode::OK);

    let from_elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let refused = browser.send(Method::POST, "/auth/sign-out", &from_elsewhere).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    assert!(refused.body.contains("/problems/cross-site"), "{}", refused.body);
    assert_eq!(browser.get("/v1/me").await.status, StatusCode::OK, "another site cannot sign anybody out");

    let before = browser.cookies.clone();
    let from_here = [("origin", "https://chargeback.example"), ("sec-fetch-site", "same-origin")];
    assert_eq!(browser.send(Method::POST, "/auth/sign-out", &from_here).await.status, StatusCode::NO_CONTENT);
    assert!(!browser.has_session());
    browser.cookies = before;
    assert_eq!(browser.get("/v1/me").await.status, StatusCode::UNAUTHORIZED, "a kept cookie is worth nothing");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_the_provider_sends_back_is_good_once_and_for_the_browser_that_asked(pool: PgPool) {
    let mut browser = Browser::new(pool).await;
    let callback = browser.go_to_the_provider("/").await;

    let cookies = std::mem::take(&mut browser.cookies);
    let elsewhere = browser.get(&callback).await;
    assert_eq!(elsewhere.status, StatusCode::BAD_REQUEST, "a browser that did not begin");
    assert!(elsewhere.body.contains("/problems/sign-in-failed"), "{}", elsewhere.body);

    browser.cookies = cookies.clone();
    assert_eq!(browser.get(&callback).await.status, StatusCode::SEE_OTHER);
    browser.cookies = cookies;
    assert_eq!(browser.get(&callback).await.status, StatusCode::BAD_REQUEST, "twice");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refusal_of_the_provider_and_a_forged_identity_sign_nobody_in(pool: PgPool) {
    let mut browser = Browser::new(pool).await;
    let refused = browser.get("/auth/callback?error=access_denied&state=x").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains("access_denied"), "{}", refused.body);

    browser.provider.change(|behaviour| behaviour.identity.insert("nonce".to_owned(), "another".into()));
    let callback = browser.go_to_the_provider("/").await;
    assert_eq!(browser.get(&callback).await.status, StatusCode::BAD_REQUEST);
    assert!(!browser.has_session());
    assert_eq!(browser.get("/v1/me").await.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_is_refused_at_the_end_of_signing_in_is_in_the_audit_log(pool: PgPool) {
    let store = Store::from_pool(pool.clone());
    let mut browser = Browser::new(pool).await;
    browser.get("/auth/callback?error=access_denied&state=x").await;
    browser.provider.change(|behaviour| behaviour.identity.insert("nonce".to_owned(), "another".into()));
    let callback = browser.go_to_the_provider("/").await;
    let refused = browser.get(&callback).await;
    assert!(!refused.body.contains("another sign-in"), "the reason is for the log: {}", refused.body);
    browser.get("/auth/callback").await;

    let question = AuditQuestion {
        action: Some(AuditAction::SignInRefused),
        object: Some("/auth/callback".to_owned()),
        ..AuditQuestion::newest(Extent::Everything, 9)
    };
    let entries = store.audit_entries(&question).await.expect("entries");
    let reasons: Vec<&str> = entries.iter().map(|entry| entry.details["reason"].as_str().expect("a reason")).collect();
    assert_eq!(
        reasons,
        [
            "the provider sent neither a code nor an error",
            "the ID token belongs to another sign-in",
            "the provider refused: `access_denied`"
        ]
    );
    assert!(entries.iter().all(|entry| entry.caller == "anonymous:unknown" && entry.address.is_some()), "{entries:?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_cookie_is_worth_nothing_where_signing_in_is_not_configured_any_more(pool: PgPool) {
    let mut browser = Browser::new(pool).await;
    let callback = browser.go_to_the_provider("/").await;
    browser.get(&callback).await;
    assert_eq!(browser.get("/v1/me").await.status, StatusCode::OK);

    let (store, state) = (browser.world.store.clone(), browser.world.state.clone());
    let without_sign_in = |openid| {
        let options = GateOptions {
            store: store.clone(),
            versions: VersionWatch::default(),
            api_keys: true,
            openid,
            grants: ClaimGrants::default(),
            session_lasts: None,
        };
        let clock = Clock::Fixed(crate::provider_double::now());
        router(ApiState { gate: Gate::guarded(options), clock, ..state.clone() })
    };
    for openid in [None, Some(browser.provider.openid())] {
        browser.router = without_sign_in(openid);
        assert_eq!(browser.get("/v1/me").await.status, StatusCode::UNAUTHORIZED);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn where_no_provider_is_configured_there_is_nothing_to_sign_in_at(pool: PgPool) {
    let world = World::new(pool).await;
    let request = Request::get("/auth/sign-in").body(Body::empty()).expect("a request");
    let answer = world.guarded().oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}
