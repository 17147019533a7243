//! Lists as CSV: the same things as in JSON, with every key of theirs.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::PgPool;

use super::read::{csv_rows, get_well};
use crate::support::World;

/// The keys of a thing as columns are named; a thing's own links are left out.
fn keys(thing: &Value, each: Option<&str>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (key, value) in thing.as_object().expect("a thing").iter().filter(|(key, _)| *key != "links") {
        let members = value.as_array().filter(|_| each == Some(key));
        match members.and_then(|members| members.first()).or(Some(value)).filter(|value| value.is_object()) {
            Some(inner) if key != "extent" && key != "details" => {
                names.extend(keys(inner, None).into_iter().map(|within| format!("{key}_{within}")));
            }
            _ => {
                names.insert(key.clone());
            }
        }
    }
    names
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_list_as_csv_leaves_nothing_out(pool: PgPool) {
    let world = World::with_sample(pool, 3_000).await;
    world.key(&access::Grants::everything(), 3).await;
    let body = axum::body::Body::from("{}");
    let request = axum::http::Request::post("/v1/refreshes").header("content-type", "application/json").body(body);
    assert!(super::read::send(&world.router, request.expect("a request")).await.status.is_success());
    record_a_query(&world).await;
    for (path, each, name, id) in [
        ("/v1/teams", Some("costs"), "teams-2026-10", "slug"),
        ("/v1/periods", Some("totals"), "periods", "period"),
        ("/v1/refreshes", None, "refreshes", "id"),
        ("/v1/queries", None, "queries", "execution_id"),
        ("/v1/keys", None, "keys", "id"),
        ("/v1/audit", None, "audit", "sequence"),
    ] {
        let json = get_well(&world.router, path).await.json();
        let csv = get_well(&world.router, &format!("{path}?format=csv")).await;
        assert_eq!(csv.header("content-disposition"), format!("attachment; filename=\"{name}.csv\""));
        let things = json["data"].as_array().expect("a list");
        assert!(!things.is_empty(), "{path}");
        let rows = csv_rows(csv.text());
        let columns: BTreeSet<String> = rows[0].iter().map(|(name, _)| name.clone()).collect();
        let has_members =
            |thing: &&Value| each.is_none_or(|each| thing[each].as_array().is_some_and(|list| !list.is_empty()));
        let with_members = things.iter().find(has_members).expect("a thing with members");
        assert_eq!(columns, keys(with_members, each), "{path}");
        let members = |thing: &Value| each.map_or(1, |each| thing[each].as_array().map_or(0, Vec::len).max(1));
        let expected = things.iter().flat_map(|thing| std::iter::repeat_n(text(&thing[id]), members(thing)));
        let found = rows.iter().map(|row| row.iter().find(|(name, _)| name == id).and_then(|(_, value)| value.clone()));
        assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{path}");
    }
    let teams = csv_rows(get_well(&world.router, "/v1/teams?format=csv").await.text());
    let json = get_well(&world.router, "/v1/teams").await.json();
    let costs =
        json["data"].as_array().expect("teams").iter().flat_map(|team| team["costs"].as_array().expect("costs"));
    let costs: Vec<_> = costs.map(|figures| text(&figures["cost"])).collect();
    let of_csv =
        teams.iter().filter_map(|row| row.iter().find(|(name, _)| name == "costs_cost")).map(|(_, cost)| cost.clone());
    assert_eq!(of_csv.filter(Option::is_some).collect::<Vec<_>>(), costs);
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
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
        period: crate::support::period("2026-10"),
        delivery: "d",
        at: crate::support::now(),
    };
    let finished = FinishedQuery {
        failure: Some("=a formula"),
        scanned_bytes: Some(7),
        price: Some(bill::Amount::ZERO),
        queued_ms: 1,
        ran_ms: 2,
        rows: 5,
        at: crate::support::now(),
    };
    world.store.query_finished(&query, &finished).await.expect("a query");
}

/// A list that is longer than its page says so, and where it goes on: in the same format.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn pages_of_csv_lead_to_one_another(pool: PgPool) {
    let world = World::new(pool).await;
    for _ in 0..5 {
        world.key(&access::Grants::everything(), 3).await;
    }
    let mut path = "/v1/keys?limit=2&format=csv".to_owned();
    let mut lengths = Vec::new();
    loop {
        let page = get_well(&world.router, &path).await;
        lengths.push(csv_rows(page.text()).len());
        let Some(next) = page.header("link").strip_suffix(">; rel=\"next\"") else { break };
        path = next.trim_start_matches('<').to_owned();
    }
    assert_eq!(lengths, [2, 2, 1]);
}
