//! The same lines as CSV.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bill::Amount;
use sample::LineItem;
use serde_json::json;
use sqlx::PgPool;

use super::asking::{MONTH, caller, drill, get, line, lines, month, send};
use crate::support::{World, amount, decimal};

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn csv_has_the_same_lines_and_no_formula(pool: PgPool) {
    let world = World::new(pool).await;
    let mut written: Vec<LineItem<'static>> = (0..2_500).map(|_| line("alice", "ds", 1, "0.001")).collect();
    written.push(LineItem {
        resource_id: Some("=HYPERLINK(\"http://evil\")".into()),
        description: Some("@SUM(A1), \"quoted\"\r\nsecond line".into()),
        unblended_cost: amount("-12.5"),
        charge_type: "-Credit".into(),
        ..line("alice", "ds", 2, "0")
    });
    world.write(month(), &written);
    world.refresh_well().await;
    let router = world.as_caller(caller("ann", &[]));
    let (path, _) = drill(&world, &router, &json!({ "period": MONTH })).await;
    let as_json = lines(&router, &path, 1000).await;
    let answer = get(&router, &format!("{path}/rows?format=csv")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8; header=present");
    let mut reader = ::csv::Reader::from_reader(answer.text.as_bytes());
    let headers = reader.headers().expect("a header").clone();
    let records: Vec<::csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("records");
    assert_eq!(records.len(), 2_501);
    let column = |name: &str| headers.iter().position(|header| header == name).expect("a column");
    let sum: Amount = records.iter().map(|record| amount(&record[column("unblended_cost")])).sum();
    assert_eq!(sum, as_json.iter().map(|line| decimal(&line["unblended_cost"])).sum());
    let last = &records[2_500];
    assert_eq!(&last[column("resource")], "'=HYPERLINK(\"http://evil\")");
    assert_eq!(&last[column("description")], "'@SUM(A1), \"quoted\"\r\nsecond line");
    assert_eq!(&last[column("charge_type")], "'-Credit");
    assert_eq!(&last[column("unblended_cost")], "-12.5", "a number is a number");
    assert_eq!(&last[column("tags")], "{\"iamPrincipal/team\":\"ds\"}");
    assert_eq!(as_json[2_500]["resource"], "=HYPERLINK(\"http://evil\")", "JSON says what the bill says");
    assert!(answer.text.contains("\r\n") && answer.text.starts_with("date,hour,payer,account,"));

    let request = Request::get(format!("{path}/rows")).header(header::ACCEPT, "text/csv").body(Body::empty());
    assert_eq!(send(&router, request.expect("a request")).await.text, answer.text);
    let both = get(&router, &format!("{path}/rows?format=csv&limit=3")).await;
    assert_eq!(both.status, StatusCode::BAD_REQUEST, "{}", both.text);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_cursor_belongs_to_its_drill_down(pool: PgPool) {
    let world = super::asking::world(pool).await;
    let router = world.as_caller(caller("ann", &[]));
    let (one, _) = drill(&world, &router, &json!({ "period": MONTH })).await;
    let (other, _) = drill(&world, &router, &json!({ "period": MONTH, "charge_type": "Usage" })).await;
    let page = get(&router, &format!("{one}/rows?limit=4")).await.json();
    let next = page["links"]["next"].as_str().expect("a next page");
    assert_eq!(get(&router, next).await.json()["data"].as_array().map(Vec::len), Some(4));
    let (_, query) = next.split_once('?').expect("a query");
    let answer = get(&router, &format!("{other}/rows?{query}")).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["parameter"]), (StatusCode::BAD_REQUEST, &json!("cursor")));
}
