//! Tokens of an OpenID provider at the door: good ones are known, all others are refused alike.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::provider_double::keys::{SigningKey, hmac_token, message};
use crate::provider_double::{ProviderDouble, seconds_from_now};
use crate::support::World;
use access::{GrantText, Role};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use server::clock::Clock;
use server::config::ClaimGrantConfig;
use server::gate::{ClaimGrants, Gate, GateOptions};
use server::http::{ApiState, router};
use sqlx::PgPool;
use tower::ServiceExt;

/// The service behind a provider with a key of each kind.
struct Scene {
    world: World,
    provider: ProviderDouble,
    rsa: SigningKey,
    p256: SigningKey,
    router: Router,
}

impl Scene {
    async fn new(pool: PgPool) -> Self {
        let world = World::with_sample(pool, 2_000).await;
        let (rsa, p256) = (SigningKey::rsa("rsa-1"), SigningKey::p256("p256-1"));
        let provider = ProviderDouble::start(&[&rsa, &p256]).await;
        let viewer =
            GrantText { role: Some(Role::Viewer), teams: vec!["data-science".to_owned()], ..GrantText::default() };
        let configured =
            [ClaimGrantConfig { claim: "groups".to_owned(), values: vec!["data-science".to_owned()], allow: viewer }];
        let gate = Gate::guarded(GateOptions {
            store: world.store.clone(),
            versions: world.versions.clone(),
            api_keys: true,
            openid: Some(provider.hurried_openid()),
            grants: ClaimGrants::read(&configured).expect("grants"),
            session_lasts: None,
        });
        let clock = Clock::Fixed(crate::provider_double::now());
        let router = router(ApiState { gate, clock, ..world.state.clone() });
        Self { world, provider, rsa, p256, router }
    }

    async fn present(&self, path: &str, token: &str) -> (StatusCode, HeaderMap, String) {
        let authorization = format!("Bearer {token}");
        let request = Request::get(path).header(header::AUTHORIZATION, authorization);
        let request = request.body(Body::empty()).expect("a request");
        let (head, body) = self.router.clone().oneshot(request).await.expect("an answer").into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        (head.status, head.headers, String::from_utf8(body.to_vec()).expect("UTF-8"))
    }

    /// Good claims with one of them changed.
    fn claims(&self, name: &str, value: Value) -> Value {
        let mut claims = self.provider.claims();
        claims[name] = value;
        claims
    }

    fn bad_tokens(&self) -> Vec<(&'static str, String)> {
        let good = self.provider.claims();
        let stranger = SigningKey::rsa("rsa-1");
        let unsigned = message(&json!({ "typ": "JWT", "alg": "none" }).to_string(), &good);
        vec![
            ("expired", self.rsa.token(&self.claims("exp", json!(seconds_from_now(-3600))))),
            ("not yet valid", self.p256.token(&self.claims("nbf", json!(seconds_from_now(3600))))),
            ("wrong audience", self.rsa.token(&self.claims("aud", json!("somebody-else")))),
            ("wrong issuer", self.p256.token(&self.claims("iss", json!("https://id.example")))),
            ("wrong key", stranger.token(&good)),
            ("unknown key", SigningKey::p256("p256-9").token(&good)),
            ("no signature", format!("{unsigned}.")),
            ("public key as secret", hmac_token(&self.rsa.public_bytes(), "rsa-1", &good)),
            ("a megabyte", format!("{}.{}.x", BASE64URL_NOPAD.encode(b"{}"), "a".repeat(1024 * 1024))),
            ("no token", "x".to_owned()),
            ("a key that was never made", access::api_key::NewKey::random().expose().to_owned()),
        ]
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_good_token_is_known_and_sees_what_its_claims_allow(pool: PgPool) {
    let scene = Scene::new(pool).await;
    for key in [&scene.rsa, &scene.p256] {
        let token = key.token(&scene.provider.claims());
        // The second time it is known from memory.
        for _ in 0..2 {
            let (status, _, body) = scene.present("/v1/me", &token).await;
            assert_eq!(status, StatusCode::OK, "{body}");
            let me: Value = serde_json::from_str(&body).expect("JSON");
            assert_eq!(me["data"]["grants"], json!([{"permissions": ["costs:read"], "teams": ["data-science"]}]));
            assert_eq!(me["data"]["name"], "ada@id.example");
        }
        let (status, _, body) = scene.present("/v1/teams/data-science", &token).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(scene.present("/v1/audit", &token).await.0, StatusCode::FORBIDDEN);
    }
    let stranger = scene.rsa.token(&scene.claims("groups", json!(["others"])));
    assert_eq!(scene.present("/v1/me", &stranger).await.0, StatusCode::OK);
    assert_eq!(scene.present("/v1/costs", &stranger).await.0, StatusCode::FORBIDDEN);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn all_others_are_refused_alike(pool: PgPool) {
    let scene = Scene::new(pool).await;
    let mut answers = BTreeSet::new();
    let bad = scene.bad_tokens();
    for (what, token) in &bad {
        let arrived = Instant::now();
        let (status, mut headers, body) = scene.present("/v1/costs", token).await;
        assert!(arrived.elapsed() >= Duration::from_millis(100), "{what} was refused early");
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{what}: {body}");
        let request_id = headers.remove("x-request-id").expect("an id");
        let body = body.replace(request_id.to_str().expect("text"), "…");
        answers.insert(format!("{headers:?}\n{body}"));
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    insta::assert_snapshot!(answers.first().expect("an answer"));
    let reasons = reasons(&scene).await;
    assert_eq!(reasons.len(), bad.len(), "each leaves a trace");
    let distinct: BTreeSet<&String> = reasons.iter().collect();
    assert!(distinct.len() >= 8, "the log tells them apart: {reasons:#?}");
    for (_, token) in &bad {
        assert!(token.len() < 20 || !reasons.iter().any(|reason| reason.contains(token)), "no token is written down");
    }
}

async fn reasons(scene: &Scene) -> Vec<String> {
    let details: Vec<Value> = sqlx::query_scalar("select details from audit_entry where action = 'sign_in.refused'")
        .fetch_all(&scene.world.pool)
        .await
        .expect("the log");
    details.iter().map(|details| details["reason"].as_str().expect("a reason").to_owned()).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_key_of_the_provider_is_found_and_an_old_token_goes_on_until_it_expires(pool: PgPool) {
    let scene = Scene::new(pool).await;
    let old = scene.rsa.token(&scene.provider.claims());
    assert_eq!(scene.present("/v1/me", &old).await.0, StatusCode::OK);
    let next = SigningKey::rsa("rsa-2");
    scene.provider.publish(&[&next, &scene.p256]);
    assert_eq!(scene.present("/v1/me", &next.token(&scene.provider.claims())).await.0, StatusCode::OK);
    assert_eq!(scene.present("/v1/me", &old).await.0, StatusCode::OK, "it was verified and has not expired");
    let another = scene.rsa.token(&scene.claims("jti", json!("another")));
    assert_eq!(scene.present("/v1/me", &another).await.0, StatusCode::UNAUTHORIZED, "its key is gone");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn while_the_provider_is_away_nobody_is_called_a_liar(pool: PgPool) {
    let scene = Scene::new(pool).await;
    scene.provider.change(|behaviour| behaviour.is_away = true);
    let (status, headers, body) = scene.present("/v1/me", &scene.rsa.token(&scene.provider.claims())).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    assert!(body.contains("/problems/provider-unreachable"), "{body}");
    assert_eq!(headers[header::RETRY_AFTER], "5");
}
