//! Asking for files, as clients do.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt;

use crate::support::World;

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("plain text"))
    }
}

pub(super) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let (head, body) = router.clone().oneshot(request).await.expect("an answer").into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
    Answer { status: head.status, headers: head.headers, body }
}

pub(super) async fn post(router: &Router, body: &Value) -> Answer {
    let request = Request::post("/v1/cost-files").header(header::CONTENT_TYPE, "application/json");
    send(router, request.body(Body::from(body.to_string())).expect("a request")).await
}

pub(super) async fn get(router: &Router, path: &str) -> Answer {
    get_with(router, path, &[]).await
}

pub(super) async fn get_with(router: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    send(router, request.body(Body::empty()).expect("a request")).await
}

pub(super) async fn with(router: &Router, method: Method, path: &str) -> Answer {
    send(router, Request::builder().method(method).uri(path).body(Body::empty()).expect("a request")).await
}

/// The path of a file that is to be written.
pub(super) async fn ask(router: &Router, body: &Value) -> String {
    let answer = post(router, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{body}: {}", answer.text());
    answer.header("location").to_owned()
}

pub(super) async fn well(router: &Router, path: &str) -> Answer {
    let answer = get(router, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer
}

pub(super) async fn state(router: &Router, path: &str) -> String {
    well(router, path).await.json()["data"]["state"].as_str().expect("a state").to_owned()
}

/// Writes what waits, and tells how many files that were.
pub(super) async fn write(world: &World) -> usize {
    world.cost_file_runner().work_off().await.expect("the database")
}

/// Asks, has the file written, and gives back its path and what is said of it.
pub(super) async fn made(world: &World, router: &Router, body: &Value) -> (String, Value) {
    let path = ask(router, body).await;
    assert_eq!(write(world).await, 1);
    let answer = well(router, &path).await.json();
    assert_eq!(answer["data"]["state"], "complete", "{body}: {answer}");
    (path, answer)
}
