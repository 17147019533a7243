//! Every example of the API's description is asked, in one story over the sample, and answers as it says there.
//!
//! A new operation needs an example: a file in `src/http/documentation/examples/` and its name in `mod.rs` there. Then
//! `EXAMPLES_UPDATE=1 cargo test -p server --test it examples` writes today's answers; look at the difference.

use std::path::{Path, PathBuf};

use access::api_key::NewKey;
use access::{Caller, Grants};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use chrono::TimeDelta;
use regex::{Captures, Regex};
use serde_json::{Map, Value, json};
use server::http::{example_names, openapi};
use sqlx::PgPool;
use store::keys::KeyToCreate;
use tower::ServiceExt;

use super::openapi::{conforms, operations};
use crate::refreshes::shared::worker;
use crate::support::{World, now};

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_example_answers_as_it_says(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let (router, key) = (world.guarded(), earlier_key(&world).await);
    let document = serde_json::to_value(openapi()).expect("the description is JSON");
    let mut ids = Ids::default();
    for name in example_names() {
        let mut example = read(name);
        let (status, answer) = ask(&router, &key, &example, &ids).await;
        let answer = ids.without_what_changes(answer);
        let operation = example["operation"].as_str().expect("an operation").to_owned();
        conforms(&document, schema(&document, &operation, &status), &answer, name);
        if std::env::var_os("EXAMPLES_UPDATE").is_some() {
            example.insert("status".to_owned(), status);
            example.insert("answer".to_owned(), answer);
            let text = serde_json::to_string_pretty(&example).expect("JSON") + "\n";
            std::fs::write(file(name), text).expect("the example is written");
        } else {
            assert_eq!((&example["status"], &example["answer"]), (&status, &answer), "{name}");
        }
        // What was asked for is done, so that the next examples show it.
        match operation.as_str() {
            "create_cost_file" => assert_eq!(world.cost_file_runner().work_off().await.expect("the database"), 1),
            "create_drilldown" => assert_eq!(world.fetch_lines().await, 1),
            "create_refresh" => {
                let lease = world.store.claim_refresh(None, now()).await.expect("the database").expect("a refresh");
                worker(&world).perform(lease).await.expect("the refresh");
            }
            _ => {}
        }
    }
}

#[test]
fn every_operation_has_an_example() {
    let document = serde_json::to_value(openapi()).expect("the description is JSON");
    let mut shown = 0;
    for (path, method, operation) in operations(&document) {
        let body = &operation["requestBody"]["content"]["application/json"];
        assert!(body.is_null() || body["examples"].is_object(), "{method} {path}: the body has no example");
        let (mut answers_json, mut answers_shown) = (false, 0);
        for (status, answer) in operation["responses"].as_object().expect("responses") {
            for (media_type, content) in answer["content"].as_object().into_iter().flatten() {
                let (is_answer, examples) =
                    (status.starts_with('2'), content["examples"].as_object().map_or(0, Map::len));
                answers_json |= is_answer && media_type == "application/json";
                answers_shown += if is_answer { examples } else { 0 };
                shown += examples;
            }
        }
        // The description itself would be an example that has itself in it.
        let wants_example = answers_json && path != "/openapi.json";
        assert_eq!(wants_example, answers_shown > 0, "{method} {path}: an example of an answer");
    }
    assert_eq!(shown, example_names().count(), "every example is of an answer that is described");
    let refusals = &document["paths"]["/v1/costs"]["get"]["responses"]["400"]["content"]["application/problem+json"];
    assert!(refusals["examples"].is_object(), "a refusal has an example");
}

/// The key that the examples are asked with, made before the one that is made in an example: lists have the latest first.
async fn earlier_key(world: &World) -> String {
    let key = NewKey::random();
    let (name, hash) = ("reporting".to_owned(), key.hash());
    let new = KeyToCreate { name, hash, grants: Grants::everything(), expires_at: None };
    let earlier = now() - TimeDelta::days(1);
    world.store.create_key(&new, &Caller::command_line(), None, earlier).await.expect("a key");
    format!("Bearer {}", key.expose())
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/http/documentation/examples/{name}.json"))
}

fn read(name: &str) -> Map<String, Value> {
    let text = std::fs::read_to_string(file(name)).expect("an example");
    serde_json::from_str(&text).expect("an example is JSON")
}

/// What is answered to the request of an example.
async fn ask(router: &Router, key: &str, example: &Map<String, Value>, ids: &Ids) -> (Value, Value) {
    let request = ids.as_they_are(example["request"].as_str().expect("a request"));
    let (method, path) = request.split_once(' ').expect("a method and a path");
    let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, key);
    let request = match example.get("body") {
        Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    };
    let response = router.clone().oneshot(request.expect("a request")).await.expect("an answer");
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    (json!(status), serde_json::from_slice(&body).expect("the answer is JSON"))
}

fn schema<'d>(document: &'d Value, operation: &str, status: &Value) -> &'d Value {
    let (_, _, operation) = operations(document)
        .into_iter()
        .find(|(_, _, known)| known["operationId"] == operation)
        .unwrap_or_else(|| panic!("there is no operation {operation}"));
    let content = &operation["responses"][status.to_string()]["content"];
    let content = content.as_object().and_then(|content| content.values().next());
    &content.unwrap_or_else(|| panic!("{status} is not described: {operation}"))["schema"]
}

/// The ids of this run, in the order in which they were seen: the examples have others, which stay the same.
#[derive(Default)]
struct Ids(Vec<String>);

const ID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}";
const FIRST_DIGITS: &str = "019f3b2a-6d77-7c0e-9f5c-";

impl Ids {
    fn as_they_are(&self, request: &str) -> String {
        let replace = |found: &Captures<'_>| {
            let number = usize::from_str_radix(&found[1], 16).expect("a number");
            self.0.get(number - 1).unwrap_or_else(|| panic!("no id was seen for {}", &found[0])).clone()
        };
        pattern(&format!("{FIRST_DIGITS}([0-9a-f]{{12}})")).replace_all(request, replace).into_owned()
    }

    /// Ids, times, durations, digests, cursors and keys are never the same twice; everything else is.
    fn without_what_changes(&mut self, answer: Value) -> Value {
        let text = answer.to_string();
        let text = pattern(ID).replace_all(&text, |found: &Captures<'_>| {
            let number = self.0.iter().position(|id| *id == found[0]).unwrap_or_else(|| {
                self.0.push(found[0].to_owned());
                self.0.len() - 1
            });
            format!("{FIRST_DIGITS}{:012x}", number + 1)
        });
        let replacements = [
            (r#""\d{4}-\d\d-\d\dT[0-9:.]+Z""#, "\"2026-11-23T12:00:00Z\""),
            (r#"("(?:[a-z]+_seconds|[a-z]+_ms)"):\d+"#, "$1:5"),
            (r#""[0-9a-f]{32}""#, "\"019f3b2a6d777c0e9f5c6f3f1c1a2b3c\""),
            (r#""[0-9a-f]{64}""#, "\"0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9\""),
            ("cursor=[A-Za-z0-9_-]+", "cursor=AQuauyRGih91AaIIRv4Af5OptQ1biNzeXg"),
            (r#""whsec_[A-Za-z0-9+/=]+""#, "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\""),
            (r#""cbk_[a-z2-7]+""#, "\"cbk_a4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqma7siza\""),
        ];
        let text = replacements.iter().fold(text.into_owned(), |text, (changing, fixed)| {
            pattern(changing).replace_all(&text, *fixed).into_owned()
        });
        serde_json::from_str(&text).expect("still JSON")
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}
