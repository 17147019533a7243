//! A refresh is asked for over HTTP, watched, and told of as far as its watcher may hear.

use access::{Grant, GrantText, Grants, Permission};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::shared::{get_as, post, worker, write_month};
use crate::support::World;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refresh_is_asked_for_done_and_seen_to_be_done(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-09", "1.25");
    write_month(&world, "2026-10", "2");

    let (status, headers, body) = post(&world.router, None, "").await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let location = headers["location"].to_str().expect("a location").to_owned();
    assert_eq!((&body["data"]["state"], &body["data"]["parts"]), (&json!("queued"), &json!([])));
    assert_eq!(body["links"]["self"], location);

    // Asking again for what waits, or for a part of it, is asking for the same.
    for same in ["{}", r#"{"periods": ["2026-10"]}"#, r#"{"force": false}"#] {
        let (status, headers, _) = post(&world.router, None, same).await;
        assert_eq!((status, headers["location"].to_str().expect("a location")), (StatusCode::OK, location.as_str()));
    }
    // Asking for more is not.
    let (status, headers, _) = post(&world.router, None, r#"{"force": true, "periods": ["2026-09"]}"#).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let forced = headers["location"].to_str().expect("a location").to_owned();
    assert_ne!(forced, location);

    worker(&world).look().await.expect("the refreshes");
    let done = world.get(&location).await["data"].clone();
    assert_eq!((&done["state"], &done["attempts"], &done["failure"]), (&json!("succeeded"), &json!(1), &Value::Null));
    assert_eq!(done["progress"]["parts_done"], done["progress"]["parts"]);
    let part = &done["parts"][0];
    assert_eq!(
        (&part["period"], &part["result"], &part["engine"]),
        (&json!("2026-09"), &json!("published"), &json!("embedded"))
    );
    assert_eq!(part["totals"], json!([{"currency": "USD", "bill_total": "3.75", "bedrock_total": "3.75"}]));
    assert_eq!((&part["line_items"], &part["rows"], &part["rows_kept"]), (&json!(3), &json!(1), &json!(1)));
    assert_eq!(part["message"], "version 1 with 3 Bedrock line items in 1 rows");
    assert_eq!(world.get("/v1/costs?period=2026-10").await["data"][0]["cost"], "6");

    let again = world.get(&forced).await["data"].clone();
    assert_eq!(again["parts"].as_array().map(Vec::len), Some(1));
    assert_eq!((&again["parts"][0]["version"], &again["parts"][0]["period"]), (&json!(2), &json!("2026-09")));

    let audit = world.get("/v1/audit?action=refresh.requested").await["data"].clone();
    assert_eq!(audit.as_array().map(Vec::len), Some(5), "each request left a trace");
    assert_eq!(audit[4]["details"], json!({"periods": [], "force": false, "is_new": true}));
    assert!(location.ends_with(audit[4]["object"].as_str().expect("an id")));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_period_that_is_not_there_fails_and_says_so(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-10", "2");
    let (_, headers, _) = post(&world.router, None, r#"{"periods": ["2026-10", "2025-01"]}"#).await;
    worker(&world).look().await.expect("the refreshes");
    let failed = world.get(headers["location"].to_str().expect("a location")).await["data"].clone();
    assert_eq!(
        (&failed["state"], &failed["failure"]),
        (&json!("failed"), &json!("the export holds no manifest for 2025-01"))
    );
    let results: Vec<&Value> = failed["parts"].as_array().expect("parts").iter().map(|part| &part["result"]).collect();
    assert_eq!(results, ["failed", "published"], "a period that fails does not keep the others back");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_quotes_the_bill_is_told_to_who_sees_all_of_it(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-10", "2");
    std::fs::write(world.data_file(crate::support::period("2026-10")), "no Parquet").expect("damage");
    let router = world.guarded();
    let grant = |text: GrantText| Grant::try_from(text).expect("a grant");
    let may_run = || GrantText { permissions: vec![Permission::RefreshRun], everything: true, ..GrantText::default() };
    let sees = |text: GrantText| GrantText { permissions: vec![Permission::CostsRead], ..text };
    let of_team = sees(GrantText { teams: vec!["ds".to_owned()], ..GrantText::default() });
    let of_all = sees(GrantText { everything: true, ..GrantText::default() });
    let part = world.key(&Grants::from_iter([&grant(may_run()), &grant(of_team)]), 1).await;
    let whole = world.key(&Grants::from_iter([&grant(may_run()), &grant(of_all)]), 1).await;

    let (status, headers, _) = post(&router, Some(&part), "").await;
    assert_eq!(status, StatusCode::ACCEPTED);
    worker(&world).look().await.expect("the refreshes");
    let location = headers["location"].to_str().expect("a location").to_owned();
    for path in [location.as_str(), "/v1/refreshes"] {
        let one = |body: Value| if path == location { body["data"].clone() } else { body["data"][0].clone() };
        let hidden = one(get_as(&router, &part, path).await.2);
        assert_eq!((&hidden["state"], &hidden["failure"]), (&json!("failed"), &Value::Null));
        assert_eq!((&hidden["parts"][0]["result"], &hidden["parts"][0]["message"]), (&json!("failed"), &Value::Null));
        let told = one(get_as(&router, &whole, path).await.2);
        let reason = told["failure"].as_str().expect("a reason");
        assert!(reason.contains("cannot be read"), "{reason}");
        assert_eq!(told["parts"][0]["message"], reason);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn mistakes_are_told(pool: PgPool) {
    let world = World::new(pool).await;
    let (status, _, body) = post(&world.router, None, r#"{"periods": ["2026-13"], "froce": true}"#).await;
    assert_eq!((status, &body["type"]), (StatusCode::BAD_REQUEST, &json!("/problems/invalid-body")));
    assert_eq!(body["errors"].as_array().map(Vec::len), Some(2), "{body}");
    assert_eq!(body["errors"][0]["did_you_mean"], "force");
    let many = format!("{{\"periods\": [{}]}}", vec!["\"2026-10\""; 37].join(","));
    assert_eq!(post(&world.router, None, &many).await.2["type"], "/problems/limit-exceeded");
    for unknown in ["nonsense", "0199f3b2-a6d7-7c0e-9f5c-6f3f1c1a2b3c"] {
        let (status, body) = world.ask(&format!("/v1/refreshes/{unknown}")).await;
        assert_eq!((status, &body["type"]), (StatusCode::NOT_FOUND, &json!("/problems/unknown-refresh")));
    }
    assert_eq!(world.get("/v1/refreshes").await["data"], json!([]), "nothing was asked for");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_list_is_read_page_by_page(pool: PgPool) {
    let world = World::new(pool).await;
    let mut asked = Vec::new();
    for month in 1..=5 {
        let body = format!("{{\"periods\": [\"2026-0{month}\"]}}");
        asked.insert(0, post(&world.router, None, &body).await.2["data"]["id"].clone());
    }
    let (mut path, mut listed) = ("/v1/refreshes?limit=2".to_owned(), Vec::new());
    loop {
        let page = world.get(&path).await;
        let rows = page["data"].as_array().expect("rows").clone();
        assert!(rows.len() <= 2);
        listed.extend(rows.iter().map(|row| row["id"].clone()));
        let Some(next) = page["links"]["next"].as_str() else { break };
        path = next.to_owned();
    }
    let sorted = |ids: &[Value]| std::collections::BTreeSet::from_iter(ids.iter().map(ToString::to_string));
    assert_eq!((listed.len(), sorted(&listed)), (5, sorted(&asked)));
}
