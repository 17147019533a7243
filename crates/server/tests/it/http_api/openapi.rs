//! The description of the API is committed, whole, and true of the answers.

use std::path::Path;

use access::api_key::NewKey;
use access::{Caller, Grants};
use axum::http::StatusCode;
use bill::Amount;
use bill::principal::Principal;
use serde_json::Value;
use server::http::openapi;
use sqlx::PgPool;
use store::Store;
use store::drilldowns::FetchedLine;
use store::keys::KeyToCreate;
use store::queries::{FinishedQuery, StartedQuery};
use store::refreshes::{CurrencyTotal, Occasion, PartProgress, RefreshToRequest};
use store::webhooks::{Tried, Verdict};

use super::bill_of_two_months::{ALICE, publish};
use super::client::Client;

#[test]
fn the_committed_description_is_the_one_that_the_code_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let generated = openapi().to_pretty_json().expect("the description is JSON") + "\n";
    assert!(
        committed == generated,
        "crates/server/openapi.json is not what the code says. Regenerate it, read the difference, and commit it:\n\
         cargo run -p server -- openapi > crates/server/openapi.json"
    );
}

#[test]
fn every_operation_is_described_whole() {
    let document = serde_json::to_value(openapi()).expect("the description is JSON");
    assert_eq!(document["openapi"], "3.1.0");
    for (path, method, operation) in operations(&document) {
        for key in ["summary", "description", "operationId", "tags"] {
            assert!(!operation[key].is_null(), "{method} {path} lacks `{key}`");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(!parameter["description"].is_null(), "{method} {path}: {parameter}");
        }
        if path.starts_with("/v1/") {
            let refused =
                |status: &str| operation["responses"][status]["content"]["application/problem+json"].is_object();
            assert!(["400", "401", "403", "429", "503"].into_iter().all(refused), "{method} {path}");
        }
    }
}

/// What a program that reads the description sends is taken, and what it would not send is not.
#[test]
fn what_is_taken_is_described_to_the_letter() {
    let document = serde_json::to_value(openapi()).expect("the description is JSON");
    for name in ["NewKey", "Rotation"] {
        let body = &document["components"]["schemas"][name];
        assert_eq!(body["additionalProperties"], false, "{name}: unknown fields are refused");
        for (field, schema) in body["properties"].as_object().expect("fields") {
            let takes_null = schema["oneOf"].is_array() || schema["type"].is_array();
            assert!(!takes_null, "{name}.{field}: null is refused");
        }
    }
    let parameter = |path: &str, name: &str| {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().expect("parameters");
        parameters.iter().find(|parameter| parameter["name"] == name).expect("the parameter")["schema"].clone()
    };
    assert_eq!(parameter("/v1/audit", "action")["enum"][0], "sign_in.refused");
    assert_eq!(parameter("/v1/audit", "cursor"), parameter("/v1/keys", "cursor"));
    assert_eq!(parameter("/v1/costs", "group_by")["uniqueItems"], true);
    let period = parameter("/v1/periods/{period}", "period");
    assert_eq!(period["pattern"], parameter("/v1/costs", "period")["items"]["pattern"]);
    assert!(parameter("/v1/costs", "filter")["propertyNames"]["pattern"].is_string());
    // Whoever has no session is signed out already.
    assert_eq!(document["paths"]["/auth/sign-out"]["post"]["security"][0], serde_json::json!({}));
}

pub(super) fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("an item") {
            operations.push((path.as_str(), method.as_str(), operation));
        }
    }
    operations
}

#[test]
fn no_reference_leads_nowhere() {
    let document = serde_json::to_value(openapi()).expect("the description is JSON");
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect_references<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            references.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|value| collect_references(value, references));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_references(value, references)),
        _ => {}
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn answers_have_the_keys_that_are_described_and_no_others(pool: PgPool) {
    publish(&pool).await;
    let key = create_key(&pool).await;
    let refresh = refresh(&pool).await;
    let client = Client::new(pool.clone());
    let drilldown = create_drilldown(&client, pool.clone()).await;
    let file = create_cost_file(&client).await;
    let webhook = create_webhook(&client, &pool).await;
    let document = client.get_ok("/openapi.json").await;
    let mut asked = 0;
    for (path, _, operation) in operations(&document).into_iter().filter(|(_, method, _)| *method == "get") {
        // Signing in answers with where to go, and only where it is configured; measures and the page are no JSON.
        // Nor is the content of a file.
        if path.starts_with("/auth/") || path == "/metrics" || path == "/docs" || path.ends_with("/content") {
            continue;
        }
        let filled = path.replace("{team}", "data-science").replace("{period}", "2026-10").replace("{kind}", "timeout");
        let alice = Principal::parse(Some(ALICE)).expect("a principal").id;
        let filled = filled.replace("{key}", "cost-center").replace("{value}", "CC-1").replace("{principal}", &alice);
        let filled = filled.replace("{model}", "claude-a").replace("{dimension}", "account");
        let id = match path {
            path if path.starts_with("/v1/drilldowns/") => &drilldown,
            path if path.starts_with("/v1/cost-files/") => &file,
            path if path.starts_with("/v1/refreshes") => &refresh,
            path if path.starts_with("/v1/webhooks") => &webhook,
            _ => &key,
        };
        let answer = client.get(&filled.replace("{id}", id)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        conforms(&document, schema, &answer.json(), path);
        asked += 1;
    }
    assert!(asked > 15);
    let problem = client.get("/v1/costs?limit=0").await.json();
    conforms(&document, &document["components"]["schemas"]["Problem"], &problem, "a problem");
}

/// A drill-down with a line, as if it had been fetched.
async fn create_drilldown(client: &Client, pool: PgPool) -> String {
    let answer =
        client.post("/v1/drilldowns", &serde_json::json!({ "period": "2026-10", "charge_type": "Usage" })).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let mut set = Store::from_pool(pool).take_drilldown().await.expect("the database").expect("lines to fetch");
    let line = FetchedLine {
        usage_date: "2026-10-05".parse().expect("a day"),
        usage_hour: Some(13),
        subject_id: 1,
        charge_id: 1,
        currency: *b"USD",
        costs: [bill::Amount::from_integer(1); 3],
        quantity: bill::Amount::from_integer(1),
        resource: None,
        description: Some("one line"),
    };
    set.write(&[line]).await.expect("kept");
    set.finish("2026-11-05T06:00:00Z".parse().expect("an instant")).await.expect("complete");
    answer.json()["data"]["id"].as_str().expect("an id").to_owned()
}

/// A file that waits.
async fn create_cost_file(client: &Client) -> String {
    let answer = client.post("/v1/cost-files", &serde_json::json!({ "period": ["2026-10"] })).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    answer.json()["data"]["id"].as_str().expect("an id").to_owned()
}

/// A webhook with a message that was tried once.
async fn create_webhook(client: &Client, pool: &PgPool) -> String {
    let webhook =
        serde_json::json!({ "name": "test", "url": "https://hooks.example.com/", "types": ["refresh.failed"] });
    let answer = client.post("/v1/webhooks", &webhook).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let id = answer.json()["data"]["id"].as_str().expect("an id").to_owned();
    let answer = client.post(&format!("/v1/webhooks/{id}/test"), &Value::Null).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let (store, now) = (Store::from_pool(pool.clone()), "2026-11-05T06:00:00Z".parse().expect("an instant"));
    let due = store.take_deliveries(now, now, 1).await.expect("the database");
    let tried = Tried {
        at: now,
        duration: std::time::Duration::from_millis(7),
        status: Some(500),
        failure: Some("the receiver answered 500".to_owned()),
        answer: Some("no".to_owned()),
    };
    store.write_attempt(&due[0], &tried, Verdict::Again(Some(now))).await.expect("the database");
    id
}

async fn create_key(pool: &PgPool) -> String {
    let key = NewKey::random();
    let new =
        KeyToCreate { name: "grafana".to_owned(), hash: key.hash(), grants: Grants::everything(), expires_at: None };
    let now = "2026-11-05T06:00:00Z".parse().expect("an instant");
    let record = Store::from_pool(pool.clone()).create_key(&new, &Caller::command_line(), None, now).await;
    record.expect("a key").key_id.to_string()
}

/// A refresh that is going on, and a query that it put.
async fn refresh(pool: &PgPool) -> String {
    let (store, now) = (Store::from_pool(pool.clone()), "2026-11-05T06:00:00Z".parse().expect("an instant"));
    let period = "2026-10".parse().expect("a period");
    let wanted = RefreshToRequest { occasion: Occasion::Caller, periods: [period].into(), force: true };
    store.request_refresh(&wanted, &Caller::anonymous(), None, now).await.expect("a request");
    let mut lease = store.claim_refresh(None, now).await.expect("the store").expect("a refresh to do");
    let total = CurrencyTotal { currency: "USD".to_owned(), bill_total: Amount::ZERO, bedrock_total: Amount::ZERO };
    let part = PartProgress {
        export: "main".to_owned(),
        period: Some(period),
        engine: "athena",
        step: Some("reading daily cost"),
        rows: 5,
        totals: vec![total],
        manifest_written_at: Some(now),
        started_at: Some(now),
        end: None,
    };
    lease.write_parts([&part]).await.expect("progress");
    let query = StartedQuery {
        engine: "athena",
        execution_id: "a",
        refresh_id: Some(lease.refresh_id),
        question: "daily_cost",
        fingerprint: "f",
        parameters: &[],
        export: "main",
        period,
        delivery: "d",
        at: now,
    };
    let finished = FinishedQuery {
        failure: None,
        scanned_bytes: Some(7),
        price: Some(Amount::ZERO),
        queued_ms: 1,
        ran_ms: 2,
        rows: 5,
        at: now,
    };
    store.query_finished(&query, &finished).await.expect("a query");
    lease.refresh_id.to_string()
}

/// As much of JSON Schema as the description uses.
pub(super) fn conforms(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return conforms(document, document.pointer(&reference[1..]).expect("a schema"), value, place);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let is_null = |choice: &&Value| choice["type"] == "null";
        let choice = choices.iter().find(|choice| is_null(choice) == value.is_null());
        return conforms(document, choice.unwrap_or_else(|| panic!("{place}: {value}")), value, place);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let has = |key: &Value| key.as_str().is_some_and(|key| value.get(key).is_some());
        let fits = |choice: &&Value| choice["required"].as_array().is_some_and(|keys| keys.iter().all(has));
        let choice = choices.iter().find(fits);
        return conforms(document, choice.unwrap_or_else(|| panic!("{place}: {value}")), value, place);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = &schema["type"];
    let fits = allowed == kind || allowed.as_array().is_some_and(|kinds| kinds.contains(&Value::from(kind)));
    assert!(fits, "{place} is {kind} and not {allowed}");
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        conforms(document, &schema["items"], item, &format!("{place}[{index}]"));
    }
    for (key, item) in value.as_object().into_iter().flatten() {
        let known = &schema["properties"][key];
        let described = if known.is_null() { &schema["additionalProperties"] } else { known };
        let is_free = schema["properties"].is_null() && schema["additionalProperties"].is_null();
        assert!(is_free || !described.is_null(), "{place} has a key that is not described: {key}");
        if !is_free {
            conforms(document, described, item, &format!("{place}.{key}"));
        }
    }
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(!value[key].is_null() || value.get(key).is_some(), "{place} lacks {key}");
    }
}
