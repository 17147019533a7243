//! A receiver of its own, which verifies signatures with other code than the service makes them with.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use data_encoding::BASE64;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Takes messages, as it is told.
pub(super) struct Receiver {
    pub(super) url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    /// What is answered next; 204 where nothing is said.
    answers: Mutex<VecDeque<(u16, String)>>,
    /// Whether it takes messages and never answers.
    holds_back: AtomicBool,
}

/// A message as it came.
#[derive(Clone, Debug)]
pub(super) struct Received {
    headers: HeaderMap,
    body: String,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let shared = Arc::<Shared>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router =
            Router::new().route("/hook", post(take)).route("/elsewhere", post(take)).with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, shared, server }
    }

    /// What it answers next, one after another.
    pub(super) fn answer(&self, statuses: &[u16]) {
        let mut answers = self.shared.answers.lock().expect("nobody panicked");
        answers.extend(statuses.iter().map(|status| (*status, String::new())));
    }

    pub(super) fn answer_with(&self, status: u16, text: String) {
        self.shared.answers.lock().expect("nobody panicked").push_back((status, text));
    }

    /// Whether it never answers what it takes from now on.
    pub(super) fn hold_back(&self, holds_back: bool) {
        self.shared.holds_back.store(holds_back, Ordering::Release);
    }

    /// All that has come.
    pub(super) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().expect("nobody panicked").clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    shared.received.lock().expect("nobody panicked").push(Received { headers, body });
    if shared.holds_back.load(Ordering::Acquire) {
        std::future::pending::<()>().await;
    }
    let (status, text) = shared.answers.lock().expect("nobody panicked").pop_front().unwrap_or((204, String::new()));
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(header::LOCATION, "/elsewhere")], text).into_response()
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("a plain header")
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Whether one of its signatures is by this secret, as <https://www.standardwebhooks.com> says how.
    pub(super) fn is_signed_by(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").expect("the prefix").as_bytes()).expect("base64");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signed = format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body);
        self.header("webhook-signature").split(' ').any(|signature| {
            let (version, text) = signature.split_once(',').expect("a version");
            let bytes = BASE64.decode(text.as_bytes()).expect("base64");
            version == "v1" && hmac::verify(&key, signed.as_bytes(), &bytes).is_ok()
        })
    }
}
