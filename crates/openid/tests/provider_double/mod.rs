//! A small OpenID provider that does what a test tells it, and counts who asks. `independent_provider.rs` has one that
//! others have written.
#![allow(dead_code, reason = "each test binary uses its part of the double")]

pub(crate) mod keys;

use std::collections::HashMap;
use std::future::IntoFuture;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use openid::{ClientOptions, Openid, OpenidOptions, Pacing};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use url::{Url, form_urlencoded};

use keys::SigningKey;

pub(crate) const AUDIENCE: &str = "chargeback-api";
pub(crate) const CLIENT: &str = "chargeback-web";
pub(crate) const REDIRECT: &str = "https://chargeback.example/v1/sign-in/return";
pub(crate) const SKEW: Duration = Duration::from_secs(30);

/// Long enough for a busy machine to do within it what a test does.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn pass_the_pause() {
    tokio::time::sleep(PAUSE + Duration::from_millis(100)).await;
}

/// The time of all tests.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

pub(crate) fn seconds_from_now(seconds: i64) -> i64 {
    (now() + TimeDelta::seconds(seconds)).timestamp()
}

#[derive(Clone)]
pub(crate) struct ProviderDouble {
    pub(crate) issuer: Url,
    state: Arc<ProviderState>,
}

struct ProviderState {
    issuer: String,
    descriptions: AtomicUsize,
    key_readings: AtomicUsize,
    exchanges: AtomicUsize,
    elsewhere: AtomicUsize,
    behaviour: Mutex<Behaviour>,
    codes: Mutex<HashMap<String, HashMap<String, String>>>,
}

/// What a test may change while the provider runs.
#[derive(Default)]
pub(crate) struct Behaviour {
    pub(crate) keys: Vec<Value>,
    pub(crate) is_away: bool,
    pub(crate) delay: Duration,
    pub(crate) cache_control: Option<&'static str>,
    pub(crate) key_set_body: Option<String>,
    pub(crate) redirects: bool,
    /// Laid over the discovery document; null takes a member away.
    pub(crate) description: Map<String, Value>,
    /// Signs ID tokens.
    pub(crate) identity_key: Option<SigningKey>,
    pub(crate) identity_header: Option<Value>,
    /// Laid over the claims of ID tokens; null takes a claim away.
    pub(crate) identity: Map<String, Value>,
    pub(crate) has_no_id_token: bool,
    pub(crate) client_secret: Option<&'static str>,
    /// How the client last said who it is.
    pub(crate) client_spoke_by: &'static str,
}

impl ProviderDouble {
    pub(crate) async fn start(keys: &[&SigningKey]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let state = Arc::new(ProviderState {
            issuer: issuer.clone(),
            descriptions: AtomicUsize::new(0),
            key_readings: AtomicUsize::new(0),
            exchanges: AtomicUsize::new(0),
            elsewhere: AtomicUsize::new(0),
            behaviour: Mutex::default(),
            codes: Mutex::default(),
        });
        tokio::spawn(axum::serve(listener, routes(state.clone())).into_future());
        let provider = Self { issuer: issuer.parse().unwrap(), state };
        provider.publish(keys);
        provider
    }

    pub(crate) fn publish(&self, keys: &[&SigningKey]) {
        let keys = keys.iter().map(|key| key.published()).collect();
        self.change(|behaviour| behaviour.keys = keys);
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Behaviour) -> T) -> T {
        change(&mut self.state.behaviour.lock().unwrap())
    }

    pub(crate) fn descriptions(&self) -> usize {
        self.state.descriptions.load(Ordering::SeqCst)
    }

    pub(crate) fn key_readings(&self) -> usize {
        self.state.key_readings.load(Ordering::SeqCst)
    }

    pub(crate) fn exchanges(&self) -> usize {
        self.state.exchanges.load(Ordering::SeqCst)
    }

    /// Requests at the place that redirects lead to.
    pub(crate) fn elsewhere(&self) -> usize {
        self.state.elsewhere.load(Ordering::SeqCst)
    }

    /// The issuer as it stands in tokens.
    pub(crate) fn name(&self) -> &str {
        &self.state.issuer
    }

    /// Claims that nothing is wrong with.
    pub(crate) fn claims(&self) -> Value {
        json!({
            "iss": self.state.issuer,
            "aud": AUDIENCE,
            "sub": "248289761001",
            "iat": seconds_from_now(-60),
            "nbf": seconds_from_now(-60),
            "exp": seconds_from_now(300),
            "email": "ada@id.example",
            "groups": ["data-science"],
        })
    }

    pub(crate) fn options(&self) -> OpenidOptions {
        OpenidOptions {
            issuer: self.issuer.clone(),
            audiences: vec![AUDIENCE.to_owned(), "another-of-ours".to_owned()],
            clock_skew: SKEW,
            client: Some(ClientOptions {
                client_id: CLIENT.to_owned(),
                client_secret: None,
                redirect_url: REDIRECT.parse().unwrap(),
                scopes: vec!["openid".to_owned(), "email".to_owned()],
            }),
            http_timeout: Duration::from_secs(5),
        }
    }

    pub(crate) fn openid(&self) -> Openid {
        Openid::new(self.options()).unwrap()
    }

    /// With pauses that a test can wait for ([`pass_the_pause`]).
    pub(crate) fn hurried_openid(&self) -> Openid {
        let pacing = Pacing {
            unknown_key: PAUSE,
            first_retry: PAUSE,
            longest_retry: PAUSE,
            shortest_fresh: PAUSE,
            ..Pacing::default()
        };
        Openid::with_pacing(self.options(), pacing).unwrap()
    }
}

fn routes(state: Arc<ProviderState>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(describe))
        .route("/keys", get(publish_keys))
        .route("/authorize", get(authorize))
        .route("/token", post(exchange))
        .route("/elsewhere", get(elsewhere).post(elsewhere))
        .with_state(state)
}

impl ProviderState {
    /// What comes instead of an answer, after the delay.
    async fn interruption(&self) -> Option<Response> {
        let (delay, is_away, redirects) = {
            let behaviour = self.behaviour.lock().unwrap();
            (behaviour.delay, behaviour.is_away, behaviour.redirects)
        };
        tokio::time::sleep(delay).await;
        match (is_away, redirects) {
            (true, _) => Some(StatusCode::SERVICE_UNAVAILABLE.into_response()),
            (_, true) => Some((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/elsewhere")]).into_response()),
            _ => None,
        }
    }
}

async fn elsewhere(State(state): State<Arc<ProviderState>>) -> StatusCode {
    state.elsewhere.fetch_add(1, Ordering::SeqCst);
    StatusCode::OK
}

async fn describe(State(state): State<Arc<ProviderState>>) -> Response {
    state.descriptions.fetch_add(1, Ordering::SeqCst);
    if let Some(response) = state.interruption().await {
        return response;
    }
    let issuer = &state.issuer;
    let mut document = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/keys"),
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "code_challenge_methods_supported": ["S256"],
    });
    overlay(&mut document, &state.behaviour.lock().unwrap().description);
    json_answer(StatusCode::OK, &document)
}

async fn publish_keys(State(state): State<Arc<ProviderState>>) -> Response {
    state.key_readings.fetch_add(1, Ordering::SeqCst);
    if let Some(response) = state.interruption().await {
        return response;
    }
    let behaviour = state.behaviour.lock().unwrap();
    let body = behaviour.key_set_body.clone().unwrap_or_else(|| json!({ "keys": behaviour.keys }).to_string());
    let mut response = ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    if let Some(value) = behaviour.cache_control {
        response.headers_mut().insert(header::CACHE_CONTROL, value.parse().unwrap());
    }
    response
}

/// Signs in whoever comes, and sends the browser back.
async fn authorize(State(state): State<Arc<ProviderState>>, RawQuery(query): RawQuery) -> Response {
    let asked = form(query.unwrap_or_default().as_bytes());
    let mut codes = state.codes.lock().unwrap();
    let code = format!("code-{}", codes.len());
    let mut back: Url = asked["redirect_uri"].parse().unwrap();
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", &asked["state"]);
    codes.insert(code, asked);
    (StatusCode::FOUND, [(header::LOCATION, back.to_string())]).into_response()
}

async fn exchange(State(state): State<Arc<ProviderState>>, headers: HeaderMap, body: Bytes) -> Response {
    state.exchanges.fetch_add(1, Ordering::SeqCst);
    if let Some(response) = state.interruption().await {
        return response;
    }
    let given = form(&body);
    let mut behaviour = state.behaviour.lock().unwrap();
    let Some(spoke_by) = authenticated(&headers, &given, behaviour.client_secret) else {
        return json_answer(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_client" }));
    };
    behaviour.client_spoke_by = spoke_by;
    let asked = state.codes.lock().unwrap().remove(given.get("code").map_or("", String::as_str));
    let Some(asked) = asked.filter(|asked| is_provable(asked, &given)) else {
        return json_answer(StatusCode::BAD_REQUEST, &json!({ "error": "invalid_grant" }));
    };
    let mut answer = json!({ "access_token": "for-others", "token_type": "Bearer", "expires_in": 300 });
    if !behaviour.has_no_id_token {
        answer["id_token"] = json!(id_token(&state.issuer, &behaviour, &asked));
    }
    json_answer(StatusCode::OK, &answer)
}

fn id_token(issuer: &str, behaviour: &Behaviour, asked: &HashMap<String, String>) -> String {
    let key = behaviour.identity_key.as_ref().unwrap();
    let mut claims = json!({
        "iss": issuer,
        "aud": asked["client_id"],
        "sub": "248289761001",
        "nonce": asked["nonce"],
        "iat": seconds_from_now(-1),
        "exp": seconds_from_now(300),
        "name": "Ada Lovelace",
    });
    overlay(&mut claims, &behaviour.identity);
    let header = json!({ "typ": "JWT", "alg": key.algorithm(), "kid": key.id });
    key.token_with_header(&behaviour.identity_header.clone().unwrap_or(header).to_string(), &claims)
}

/// How the client said who it is, if that is right.
fn authenticated(headers: &HeaderMap, given: &HashMap<String, String>, secret: Option<&str>) -> Option<&'static str> {
    let Some(secret) = secret else { return (given.get("client_id")? == CLIENT).then_some("name") };
    if let Some(header) = headers.get(header::AUTHORIZATION) {
        let wanted = data_encoding::BASE64.encode(format!("{CLIENT}:{secret}").as_bytes());
        return (header.to_str().unwrap() == format!("Basic {wanted}")).then_some("header");
    }
    (given.get("client_id")? == CLIENT && given.get("client_secret")? == secret).then_some("body")
}

/// Whoever has the code must also have what its challenge was made of, and be where the browser was sent back to.
fn is_provable(asked: &HashMap<String, String>, given: &HashMap<String, String>) -> bool {
    let Some(verifier) = given.get("code_verifier") else { return false };
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    asked["code_challenge_method"] == "S256"
        && asked["code_challenge"] == BASE64URL_NOPAD.encode(digest.as_ref())
        && given.get("redirect_uri") == asked.get("redirect_uri")
        && given.get("grant_type").is_some_and(|grant| grant == "authorization_code")
}

fn form(encoded: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

fn overlay(document: &mut Value, changes: &Map<String, Value>) {
    let document = document.as_object_mut().unwrap();
    document.extend(changes.clone());
    document.retain(|_, value| !value.is_null());
}

fn json_answer(status: StatusCode, document: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], document.to_string()).into_response()
}
