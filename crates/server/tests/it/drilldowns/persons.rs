//! Where persons are hidden, lines name none, and the export is asked by the names that it knows.

use access::Caller;
use access::pseudonym::Pseudonyms;
use axum::Router;
use sample::LineItem;
use serde_json::json;
use server::gate::Gate;
use sqlx::PgPool;

use super::asking::{MONTH, caller, costs, drill, get, line, lines, month, well};
use crate::support::{World, now};

/// A world that hides persons.
pub(crate) async fn hiding(pool: PgPool) -> World {
    let mut world = World::new(pool.clone()).await;
    let key = "the key of the tests of drill-downs, 2026".to_owned();
    let store = store::Store::from_pool(pool).with_pseudonyms(Pseudonyms::new(key.into()).expect("a key"));
    world.refresher.store = store.clone();
    world.state.store = store.clone();
    world.store = store;
    let owner = |line: LineItem<'static>, owner: &'static str| LineItem {
        tags: [("iamPrincipal/team", "ds"), ("iamPrincipal/owner", owner)].into(),
        resource_id: Some(format!("agent/{owner}").into()),
        ..line
    };
    let lines = [
        owner(line("alice", "ds", 1, "1"), "alice@example.com"),
        owner(line("bob", "ds", 1, "2"), "bob@example.com"),
        owner(line("alice", "ds", 2, "4"), "Alice@example.com"),
    ];
    world.write(month(), &lines);
    world.refresh_well().await;
    world.store.keep_pseudonyms(now()).await.expect("pseudonyms");
    world
}

fn seen_by(world: &World, caller: Caller) -> Router {
    world.behind(Gate::same_for_all(caller).with_pseudonyms())
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn persons_are_drilled_into_by_their_pseudonyms(pool: PgPool) {
    let world = hiding(pool).await;
    let router = seen_by(&world, caller("ann", &[]));
    let shown = well(&router, &format!("/v1/costs?period={MONTH}&group_by=principal,tag:owner&order_by=-cost")).await;
    let row = shown["data"].as_array().expect("rows").iter().find(|row| row["cost"] == "2").expect("the row of Bob");
    let (path, _) = drill(&world, &router, &json!({ "period": MONTH, "principal": row["principal"] })).await;
    let of_bob = lines(&router, &path, 100).await;
    assert_eq!(costs(&of_bob), ["2"]);
    assert_eq!(of_bob[0]["principal"], row["principal"]);
    assert_eq!(of_bob[0]["principal_arn"], row["principal_arn"]);
    assert_eq!(of_bob[0]["tags"]["iamPrincipal/owner"], row["tag:owner"]);

    // Two spellings of one address are one pseudonym: both lines are found, though the export knows two values.
    let alice = shown["data"].as_array().expect("rows").iter().find(|row| row["cost"] != "2").expect("a row of Alice");
    let owner = json!({ "key": "owner", "value": alice["tag:owner"] });
    let (path, _) = drill(&world, &router, &json!({ "period": MONTH, "tag": owner })).await;
    assert_eq!(costs(&lines(&router, &path, 100).await), ["1", "4"]);

    // The real name finds nobody, as in costs.
    let named = json!({ "period": MONTH, "principal": "arn:aws:iam::123456789012:user/alice" });
    let (nothing, _) = drill(&world, &router, &named).await;
    assert!(lines(&router, &nothing, 100).await.is_empty());

    for format in ["json", "csv"] {
        let text = get(&router, &format!("{path}/rows?format={format}")).await.text.to_lowercase();
        assert!(!text.contains("alice") && !text.contains('@'), "{text}");
    }
}
