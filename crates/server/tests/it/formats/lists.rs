//! Lists as CSV: the same things as in JSON, field by field.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use sqlx::PgPool;
use store::webhooks::{Tried, Verdict};

use super::read::{Answer, Row, csv_rows, get_well, send};
use crate::support::{World, now, period};

/// What is one column as JSON, because its keys are not the same in each thing.
const WHOLE: [&str; 3] = ["extent", "details", "data"];

type Cells = BTreeMap<String, Option<String>>;

/// What a thing says under each column; its links are left out.
fn cells(thing: &Value, prefix: &str, each: Option<&str>) -> Cells {
    let mut cells = Cells::new();
    for (key, value) in thing.as_object().expect("a thing").iter().filter(|(key, _)| *key != "links") {
        let name = format!("{prefix}{key}");
        if each == Some(key) {
            continue;
        }
        if value.is_object() && !WHOLE.contains(&key.as_str()) {
            cells.extend(self::cells(value, &format!("{name}_"), None));
        } else {
            cells.insert(name, text(value));
        }
    }
    cells
}

/// The lines that a thing is: one for each member of this list, or one alone.
fn lines(thing: &Value, each: Option<&str>) -> Vec<Cells> {
    let alone = cells(thing, "", each);
    let members = each.and_then(|each| thing[each].as_array()).filter(|members| !members.is_empty());
    let Some(members) = members else { return vec![alone] };
    let line = |member: &Value| {
        let mut line = alone.clone();
        line.extend(cells(member, &format!("{}_", each.unwrap_or_default()), None));
        line
    };
    members.iter().map(line).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Array(members) if members.is_empty() => None,
        other => Some(other.to_string()),
    }
}

/// Every field of JSON is a column, and no column is anything else.
fn assert_same(rows: &[Row], things: &[Value], each: Option<&str>, path: &str) {
    let expected: Vec<Cells> = things.iter().flat_map(|thing| lines(thing, each)).collect();
    let found: Vec<Cells> = rows.iter().map(|row| row.iter().cloned().collect()).collect();
    let columns: BTreeSet<&String> = found[0].keys().collect();
    let known: BTreeSet<&String> = expected.iter().flat_map(Cells::keys).collect();
    assert!(columns.is_subset(&known), "{path}: {:?}", columns.difference(&known));
    let set = |line: &Cells| line.iter().filter(|(_, cell)| cell.is_some()).map(own).collect::<Cells>();
    fn own((name, cell): (&String, &Option<String>)) -> (String, Option<String>) {
        (name.clone(), cell.clone())
    }
    assert_eq!(found.iter().map(set).collect::<Vec<_>>(), expected.iter().map(set).collect::<Vec<_>>(), "{path}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_list_as_csv_leaves_nothing_out(pool: PgPool) {
    let world = World::with_sample(pool, 3_000).await;
    world.key(&access::Grants::everything(), 3).await;
    assert!(post(&world, "/v1/refreshes", &json!({})).await.status.is_success());
    record_a_query(&world).await;
    let webhook = format!("/v1/webhooks/{}", webhook_with_messages(&world).await);
    for (path, list, each, name) in [
        ("/v1/teams", "/data", Some("costs"), "teams-2026-10"),
        ("/v1/principals?limit=1000", "/data", None, "principals-2026-10"),
        ("/v1/principals?q=user&cost=list", "/data", None, "principals-2026-10"),
        ("/v1/models", "/data", None, "models-2026-10"),
        ("/v1/models?period=2026-09&cost=net_unblended", "/data", None, "models-2026-09"),
        ("/v1/dimensions", "/data", None, "dimensions"),
        ("/v1/dimensions/account/values", "/data", None, "dimension-values-2026-10"),
        ("/v1/dimensions/principal/values?limit=1000", "/data", None, "dimension-values-2026-10"),
        ("/v1/tags", "/data", Some("coverage"), "tags-2026-10"),
        ("/v1/tags/cost-center", "/data", None, "tag-values-2026-10"),
        ("/v1/periods", "/data", Some("totals"), "periods"),
        ("/v1/periods/2026-10", "/data/versions", None, "versions-2026-10"),
        ("/v1/events", "/data", None, "events"),
        ("/v1/webhooks", "/data", None, "webhooks"),
        (&format!("{webhook}/deliveries"), "/data", Some("attempts"), "deliveries"),
        ("/v1/refreshes", "/data", None, "refreshes"),
        ("/v1/queries", "/data", None, "queries"),
        ("/v1/keys", "/data", None, "keys"),
        ("/v1/audit", "/data", None, "audit"),
    ] {
        let json = get_well(&world.router, path).await.json();
        let format = if path.contains('?') { "&format=csv" } else { "?format=csv" };
        let csv = get_well(&world.router, &format!("{path}{format}")).await;
        assert_eq!(csv.header("content-disposition"), format!("attachment; filename=\"{name}.csv\""), "{path}");
        let things = json.pointer(list).and_then(Value::as_array).expect("a list");
        assert!(!things.is_empty(), "{path}");
        assert_same(&csv_rows(csv.text()), things, each, path);
        assert_eq!(csv.header("data-version"), json["meta"]["data_version"].as_str().unwrap_or_default(), "{path}");
        if json["meta"].is_object() {
            let described_by = csv.header("link").split("; rel=\"describedby\"").next().expect("a link");
            assert_eq!(described_by, format!("<{}>", json["links"]["self"].as_str().expect("itself")), "{path}");
        }
    }
}

async fn post(world: &World, path: &str, body: &Value) -> Answer {
    let request = Request::post(path).header("content-type", "application/json").body(Body::from(body.to_string()));
    send(&world.router, request.expect("a request")).await
}

/// Two messages, one of them tried twice, and answers that a spreadsheet would run.
async fn webhook_with_messages(world: &World) -> String {
    let webhook = json!({ "name": "test", "url": "https://hooks.example.com/", "types": ["refresh.failed"] });
    let made = post(world, "/v1/webhooks", &webhook).await.json();
    let id = made["data"]["id"].as_str().expect("an id").to_owned();
    for _ in 0..2 {
        assert!(post(world, &format!("/v1/webhooks/{id}/test"), &Value::Null).await.status.is_success());
    }
    for _ in 0..2 {
        let due = world.store.take_deliveries(now(), now(), 1).await.expect("the database");
        let tried = Tried {
            at: now(),
            duration: std::time::Duration::from_millis(7),
            status: Some(500),
            failure: Some("the receiver answered 500".to_owned()),
            answer: Some("=1+1".to_owned()),
        };
        world.store.write_attempt(&due[0], &tried, Verdict::Again(Some(now()))).await.expect("the database");
    }
    id
}

async fn record_a_query(world: &World) {
    use store::queries::{FinishedQuery, StartedQuery};
    let query = StartedQuery {
        engine: "athena",
        execution_id: "a",
        refresh_id: None,
        question: "daily_cost",
        fingerprint: "f",
        parameters: &[],
        export: "main",
        period: period("2026-10"),
        delivery: "d",
        at: now(),
    };
    let finished = FinishedQuery {
        failure: Some("=a formula"),
        scanned_bytes: Some(7),
        price: Some(bill::Amount::ZERO),
        queued_ms: 1,
        ran_ms: 2,
        rows: 5,
        at: now(),
    };
    world.store.query_finished(&query, &finished).await.expect("a query");
}

/// Where the next page is, as `Link` says.
fn next_page(page: &Answer) -> Option<String> {
    let links = page.header("link").split(", ").find_map(|link| link.strip_suffix(">; rel=\"next\""));
    links.map(|link| link.trim_start_matches('<').to_owned())
}

/// A list that is longer than its page says so, and where it goes on: in the same format.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn pages_of_csv_lead_to_one_another(pool: PgPool) {
    let world = World::with_sample(pool, 3_000).await;
    for _ in 0..5 {
        world.key(&access::Grants::everything(), 3).await;
        let webhook = json!({ "name": "test", "url": "https://hooks.example.com/" });
        assert!(post(&world, "/v1/webhooks", &webhook).await.status.is_success());
    }
    for path in [
        "/v1/keys",
        "/v1/webhooks",
        "/v1/events",
        "/v1/principals",
        "/v1/tags/cost-center",
        "/v1/dimensions/usage_type/values",
    ] {
        let whole = csv_rows(get_well(&world.router, &format!("{path}?limit=1000&format=csv")).await.text());
        let (mut next, mut rows, mut lengths) = (Some(format!("{path}?limit=2&format=csv")), Vec::new(), Vec::new());
        while let Some(path) = next {
            assert!(path.contains("format=csv"), "{path}");
            let page = get_well(&world.router, &path).await;
            let of_page = csv_rows(page.text());
            lengths.push(of_page.len());
            rows.extend(of_page);
            next = next_page(&page);
        }
        assert_eq!(rows, whole, "{path}");
        assert!(lengths.len() > 1 && lengths[..lengths.len() - 1].iter().all(|length| *length == 2), "{path}");
    }
    // Who says it in a header says it in the next one as well.
    let request = Request::get("/v1/principals?limit=2").header("accept", "text/csv").body(Body::empty());
    let next = next_page(&send(&world.router, request.expect("a request")).await).expect("another page");
    assert!(!next.contains("format="), "{next}");
    let request = Request::get(&next).header("accept", "text/csv").body(Body::empty());
    let second = send(&world.router, request.expect("a request")).await;
    assert_eq!(csv_rows(second.text()).len(), 2);
}
