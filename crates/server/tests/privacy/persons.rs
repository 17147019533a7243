//! A bill of persons with awkward names, and a service that hides them.

use access::pseudonym::Pseudonyms;
use bill::BillingPeriod;
use sample::LineItem;
use serde_json::Value;
use server::gate::Gate;
use sqlx::PgPool;
use store::Store;

use crate::support::{World, amount, period};

pub(crate) const MONTH: &str = "2026-09";
pub(crate) const KEY: &str = "the key of the tests of privacy, 2026";

pub(crate) const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
pub(crate) const LAPTOP: &str = "arn:aws:sts::123456789012:assumed-role/BedrockRole/alice-laptop";
pub(crate) const BOB: &str =
    "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Analysts_0123456789abcdef/bob.miller";

/// An ARN, and its tags.
type Person = (&'static str, &'static [(&'static str, &'static str)]);

/// Who called, with the tags of theirs, and what each of them cost is two to the power of their place: every sum of some of
/// them says which ones they are.
const PERSONS: [Person; 14] = [
    (ALICE, &[("team", "ds"), ("owner", "Alice@Example.com"), ("user", "alice")]),
    ("arn:aws:iam::123456789012:user/research-berlin/alice", &[("team", "ds"), ("user", "alice")]),
    ("arn:aws:iam::123456789012:user/BedrockAPIKey-hr8l", &[("team", "ds"), ("alice@example.com", "personal")]),
    (LAPTOP, &[("team", "ds"), ("owner", "alice@example.com, bob.miller@example.com")]),
    ("arn:aws:sts::123456789012:assumed-role/BedrockRole/Alice@Example.com", &[("team", "ds")]),
    ("arn:aws:sts::123456789012:assumed-role/BedrockRole/alice@example.com", &[("team", "ds")]),
    (BOB, &[("team", "web"), ("user", "bob.miller")]),
    ("arn:aws:sts::123456789012:federated-user/carol", &[("team", "web")]),
    ("AROAEXAMPLEID:dave.jones", &[("team", "web")]),
    ("arn:aws:iam::123456789012:role/batch/Nightly", &[("team", "web")]),
    ("arn:aws:sts::123456789012:assumed-role/of-xenia@example.com/run-4711", &[]),
    ("arn:aws:iam::123456789012:root", &[]),
    ("bedrock.amazonaws.com", &[]),
    ("", &[("team", "web"), ("owner", "bob.miller@example.com")]),
];

/// No part of these may be anywhere.
pub(crate) const NAMES: [&str; 13] =
    ["alice", "berlin", "hr8l", "laptop", "@", "%40", "bob", "miller", "carol", "dave", "jones", "xenia", "run-4711"];

pub(crate) fn pseudonyms(key: &str) -> Pseudonyms {
    let pseudonyms = Pseudonyms::new(key.to_owned().into()).expect("a key");
    pseudonyms.with_person_tags(["user".parse().expect("a tag")])
}

fn month() -> BillingPeriod {
    period(MONTH)
}

fn lines() -> Vec<LineItem<'static>> {
    let line = |(place, (arn, tags)): (usize, &Person)| LineItem {
        iam_principal: Some((*arn).into()),
        unblended_cost: amount(&(1_u32 << place).to_string()),
        tags: tags.iter().map(|(key, value)| (format!("iamPrincipal/{key}"), *value)).collect(),
        resource_tags: [("user_contact", if place == 3 { "mailto:alice@example.com" } else { "desk 4" })].into(),
        usage_account_id: if place % 2 == 0 { "123456789012" } else { "210987654321" }.into(),
        usage_account_name: Some(if place % 2 == 0 { "Sandbox" } else { "xenia@example.com" }.into()),
        ..LineItem::bedrock_usage(month())
    };
    PERSONS.iter().enumerate().map(line).collect()
}

/// A world that hides persons, with the bill written and not read yet.
pub(crate) async fn world(pool: PgPool, key: &str) -> World {
    let mut world = World::new(pool.clone()).await;
    restart(&mut world, Store::from_pool(pool).with_pseudonyms(pseudonyms(key))).await;
    world.write(month(), &lines());
    world
}

/// The same with the bill read.
pub(crate) async fn published(pool: PgPool) -> World {
    let world = world(pool, KEY).await;
    world.refresh_well().await;
    world
}

/// What the service does when it starts.
pub(crate) async fn restart(world: &mut World, store: Store) {
    store.keep_pseudonyms(crate::support::now()).await.expect("pseudonyms");
    world.store = store.clone();
    world.refresher.store = store.clone();
    world.state.store = store;
    world.router = world.behind(Gate::open().with_pseudonyms());
}

/// The same bill as it is seen where nobody is hidden.
pub(crate) fn unhidden(world: &World) -> axum::Router {
    world.behind(Gate::open())
}

/// Who is named in a text.
pub(crate) fn named_in(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    NAMES.into_iter().filter(|name| text.contains(name)).collect()
}

/// The values of a dimension, row by row.
pub(crate) fn column(answer: &Value, dimension: &str) -> Vec<Option<String>> {
    let rows = answer["data"].as_array().expect("rows");
    rows.iter().map(|row| row[dimension].as_str().map(str::to_owned)).collect()
}

/// Asks a router of the world for something that must go well.
pub(crate) async fn get(router: &axum::Router, path: &str) -> Value {
    let (status, _, text) = ask(router, path, None).await;
    assert_eq!(status, axum::http::StatusCode::OK, "{path}: {text}");
    serde_json::from_str(&text).expect("JSON")
}

/// Asks a router, under a condition.
pub(crate) async fn ask(
    router: &axum::Router,
    path: &str,
    if_none_match: Option<&str>,
) -> (axum::http::StatusCode, axum::http::HeaderMap, String) {
    use axum::http::{Request, header};
    use tower::ServiceExt;

    let request = Request::get(path);
    let request = match if_none_match {
        Some(tag) => request.header(header::IF_NONE_MATCH, tag),
        None => request,
    };
    let request = request.body(axum::body::Body::empty()).expect("a request");
    let (head, body) = router.clone().oneshot(request).await.expect("an answer").into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    (head.status, head.headers, String::from_utf8(body.to_vec()).expect("UTF-8"))
}
