//! Which format a request is answered in.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;
use sqlx::PgPool;

use super::read::{Answer, get, get_well, send};
use crate::support::World;

const COSTS: &str = "/v1/costs?period=2026-10&group_by=team";

async fn accepting(router: &Router, path: &str, accept: &str) -> Answer {
    send(router, Request::get(path).header("accept", accept).body(Body::empty()).expect("a request")).await
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn accept_decides_where_format_says_nothing(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    for (accept, content_type) in [
        ("*/*", "application/json"),
        ("text/csv", "text/csv; charset=utf-8; header=present"),
        ("application/json;q=0.2, application/x-ndjson", "application/x-ndjson"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/html, */*;q=0.1", "application/json"),
    ] {
        let answer = accepting(&world.router, COSTS, accept).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, content_type), "{accept}");
        assert!(answer.header("vary").contains("accept"), "{accept}");
        let named = accepting(&world.router, &format!("{COSTS}&format=csv"), accept).await;
        assert!(named.header("content-type").starts_with("text/csv"), "`format` is not overruled by {accept}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_not_there_is_refused_with_what_is(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let refused = accepting(&world.router, COSTS, "application/xml").await;
    assert_eq!(
        (refused.status, refused.header("content-type")),
        (StatusCode::NOT_ACCEPTABLE, "application/problem+json")
    );
    assert_eq!(refused.json()["type"], "/problems/not-acceptable");
    assert_eq!(
        refused.json()["detail"],
        "the `Accept` header takes none of what can be had here: application/json, text/csv, application/x-ndjson, \
         application/vnd.apache.parquet"
    );
    let refused = accepting(&world.router, "/v1/teams", "application/vnd.apache.parquet").await;
    assert_eq!(refused.status, StatusCode::NOT_ACCEPTABLE);
    let unknown = get(&world.router, &format!("{COSTS}&format=cvs")).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    let fault = &unknown.json()["errors"][0];
    assert_eq!((&fault["parameter"], &fault["did_you_mean"]), (&"format".into(), &"csv".into()), "{fault}");
    assert_eq!(fault["allowed"], serde_json::json!(["json", "csv", "ndjson", "parquet"]));
    let faults = accepting(&world.router, "/v1/costs?perod=2026-10", "application/xml").await;
    assert_eq!(faults.status, StatusCode::BAD_REQUEST, "what is asked is looked at first");
}

/// A poller of one format is not told that another one is unchanged.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_format_has_a_tag_of_its_own(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let mut tags: Vec<String> = Vec::new();
    for accept in ["application/json", "text/csv", "application/x-ndjson", "application/vnd.apache.parquet"] {
        let tag = accepting(&world.router, COSTS, accept).await.header("etag").to_owned();
        let request = |tag: &str| {
            let request = Request::get(COSTS).header("accept", accept).header("if-none-match", tag);
            request.body(Body::empty()).expect("a request")
        };
        assert_eq!(send(&world.router, request(&tag)).await.status, StatusCode::NOT_MODIFIED, "{accept}");
        for other in &tags {
            assert_eq!(send(&world.router, request(other)).await.status, StatusCode::OK, "{accept} with {other}");
        }
        assert!(!tags.contains(&tag), "{accept}");
        tags.push(tag);
    }
}

/// The headers of a table are had without having it worked out.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn head_tells_of_a_table(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    for format in ["csv", "ndjson", "parquet", "json"] {
        let path = format!("{COSTS}&format={format}");
        let full = get_well(&world.router, &path).await;
        let request = Request::builder().method(Method::HEAD).uri(&path).body(Body::empty()).expect("a request");
        let head = send(&world.router, request).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{format}");
        for name in full.headers.keys().filter(|name| !["x-request-id", "ratelimit"].contains(&name.as_str())) {
            assert_eq!(head.headers.get(name), full.headers.get(name), "{format}: {name}");
        }
        assert_eq!(head.headers.len(), full.headers.len(), "{format}");
    }
}

/// Lists that are no tables, and why.
const NO_TABLES: [(&str, &str); 1] =
    [("list_problems", "what the description says of the service itself: read by whoever writes a client, once")];

/// A path that is there in the sample, for the pattern of one.
async fn there(world: &World, pattern: &str) -> String {
    let teams = world.get("/v1/teams").await;
    let team = teams["data"][0]["slug"].as_str().expect("a team").to_owned();
    let values = world.get("/v1/tags/cost-center").await;
    let is_set = |value: &&Value| !value["value"].is_null();
    let value = values["data"].as_array().expect("values").iter().find(is_set).expect("a value");
    let showback = value["links"]["showback"].as_str().expect("a link").split('?').next().expect("a path");
    let webhook = serde_json::json!({ "name": "test", "url": "https://hooks.example.com/" }).to_string();
    let request = Request::post("/v1/webhooks").header("content-type", "application/json").body(Body::from(webhook));
    let webhook = send(&world.router, request.expect("a request")).await.json();
    pattern
        .replace("/v1/tags/{key}/values/{value}/showback", showback)
        .replace("{team}", &team)
        .replace("{key}", "cost-center")
        .replace("{dimension}", "model")
        .replace("{period}", "2026-10")
        .replace("{id}", webhook["data"]["id"].as_str().expect("an id"))
}

/// Whatever the description says can be had as CSV can be, by name and by header; no list is left out but for a reason.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_list_is_a_table_as_well(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let document = serde_json::to_value(server::http::openapi()).expect("the description is JSON");
    let mut tables = 0;
    for (pattern, item) in document["paths"].as_object().expect("paths") {
        let operation = &item["get"];
        let name = operation["operationId"].as_str().unwrap_or_default();
        // A file is in the format in which it was asked for; it has tests of its own.
        if name == "get_cost_file_content" {
            continue;
        }
        let is_table = operation["responses"]["200"]["content"]["text/csv"].is_object();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        assert_eq!(parameters.iter().any(|parameter| parameter["name"] == "format"), is_table, "{pattern}");
        assert_eq!(operation["responses"]["406"].is_object(), is_table, "{pattern}");
        if name.starts_with("list_") && !NO_TABLES.iter().any(|(known, _)| *known == name) {
            assert!(is_table, "{pattern} is a list: let it be had as CSV, or say here why not");
        }
        // The lines of a drill-down have to be fetched first; their table has tests of its own.
        if !is_table || pattern.starts_with("/v1/drilldowns/") {
            continue;
        }
        let path = there(&world, pattern).await;
        let json = accepting(&world.router, &path, "application/json").await;
        let csv = accepting(&world.router, &path, "text/csv").await;
        assert_eq!((json.status, csv.status), (StatusCode::OK, StatusCode::OK), "{path}: {}", csv.text());
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present", "{path}");
        let named = get_well(&world.router, &format!("{path}?format=csv")).await;
        assert_eq!(named.text(), csv.text(), "{path}");
        for answer in [&json, &csv, &named] {
            let is_kept_by_nobody = answer.header("cache-control") == "no-store";
            assert!(answer.header("vary").contains("accept") || is_kept_by_nobody, "{path}");
        }
        assert_eq!(json.header("etag").is_empty(), csv.header("etag").is_empty(), "{path}");
        if !csv.header("etag").is_empty() {
            assert_ne!(json.header("etag"), csv.header("etag"), "{path}");
            let held = |tag: &str| Request::get(&path).header("accept", "text/csv").header("if-none-match", tag);
            let again = |tag: &str| held(tag).body(Body::empty()).expect("a request");
            assert_eq!(send(&world.router, again(csv.header("etag"))).await.status, StatusCode::NOT_MODIFIED, "{path}");
            assert_eq!(send(&world.router, again(json.header("etag"))).await.status, StatusCode::OK, "{path}");
        }
        let refused = accepting(&world.router, &path, "application/xml").await;
        assert_eq!(refused.status, StatusCode::NOT_ACCEPTABLE, "{path}");
        tables += 1;
    }
    assert!(tables >= 20, "{tables}");
}
