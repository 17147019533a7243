//! An event is written with what it tells of, and says where something happened, never how much or who.

use access::{Caller, Extent, Grant, GrantText, Grants, Role};
use axum::http::StatusCode;
use chrono::TimeDelta;
use ledger::Ownership;
use serde_json::json;
use sqlx::PgPool;
use store::refreshes::{Occasion, RefreshToRequest};

use super::types;
use crate::interrupted::load_of_one_line;
use crate::refreshes::shared::{instance, worker, write_month};
use crate::support::{World, now, period};

const RULES: &str = "[[rule]]\nname = \"all\"\nteam = \"platform\"\n";

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_data_version_is_told_with_what_made_it(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-09", "1");
    write_month(&world, "2026-10", "2");
    world.refresh_well().await;
    // Nothing has changed: nothing is told.
    world.refresh_well().await;
    world.store.apply_ownership(&Ownership::by_team_tag(), now()).await.expect("the same rules");

    let answer = world.get("/v1/events").await;
    let data: Vec<_> = answer["data"].as_array().expect("events").iter().map(|event| event["data"].clone()).collect();
    let load = |data_version: &str, period: &str| {
        json!({ "data_version": data_version, "because": "load", "export": "sample", "period": period, "version": 1,
                "ownership_version": 1 })
    };
    let rules = json!({ "data_version": "v1", "because": "rules", "ownership_version": 1 });
    // Newest first; a refresh reads the newest month first.
    let newest = world.get("/v1/status").await["data"]["data_version"].clone();
    assert_eq!((&data[0]["data_version"], data.len()), (&newest, 3));
    assert_eq!(data[2], rules);
    assert!(
        data[..2] == [load("v3", "2026-09"), load("v2", "2026-10")]
            || data[..2] == [load("v3", "2026-10"), load("v2", "2026-09")],
        "{data:?}"
    );
    assert_eq!(types(&answer), ["data.version.published"; 3]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_load_that_does_not_add_up_is_told_without_a_figure(pool: PgPool) {
    let world = World::new(pool).await;
    let (load, differences) = load_of_one_line(&world, "10.000000000001", "10").await;
    load.fail("10.000000000001 is not 10", &differences, now()).await.expect("the record");
    let answer = world.get("/v1/events?type=tie_out.failed").await;
    let event = &answer["data"][0]["data"];
    assert_eq!((&event["differences"], &event["version"]), (&json!(1), &json!(1)));
    assert!(event["reason"].as_str().expect("a reason").contains("does not add up to the control totals"));
    assert!(!answer["data"].to_string().contains("10.0"), "{answer}");
    assert_eq!(types(&world.get("/v1/events").await), ["tie_out.failed", "data.version.published"]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refresh_that_fails_is_told_once_with_reasons_that_quote_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-09", "1");
    write_month(&world, "2026-10", "2");
    std::fs::write(world.data_file(period("2026-10")), "not Parquet, and from arn:aws:iam::123456789012:user/ann")
        .expect("damage");
    let all = RefreshToRequest { occasion: Occasion::Caller, periods: [].into(), force: false };
    let asked = world.store.request_refresh(&all, &Caller::anonymous(), None, now()).await.expect("a request");
    worker(&world).look().await.expect("the refresh");
    let answer = world.get("/v1/events?type=refresh.failed").await;
    assert_eq!(
        answer["data"].as_array().expect("events").iter().map(|event| &event["data"]).collect::<Vec<_>>(),
        [&json!({
            "refresh": asked.refresh_id,
            "occasion": "caller",
            "failed": [{ "export": "sample", "period": "2026-10", "reason": "the export could not be asked" }],
        })]
    );
    assert!(!answer.to_string().contains("ann"));
    assert_eq!(
        types(&world.get("/v1/events").await),
        ["refresh.failed", "data.version.published", "data.version.published"]
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_not_committed_was_not_told(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    write_month(&world, "2026-09", "1");
    // The database refuses the very last step of publishing.
    for statement in [
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$",
        "create constraint trigger refuse after update on serving deferrable initially deferred
         for each row execute function refuse()",
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&pool).await.expect("the trigger");
    }
    world.refresh_badly().await;
    assert_eq!(types(&world.get("/v1/events").await), ["data.version.published"], "of the rules, before");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn events_are_kept_for_thirty_days_and_read_page_by_page(pool: PgPool) {
    let world = World::new(pool).await;
    for (day, name) in ["a", "b", "c", "d"].iter().enumerate() {
        let rules = Ownership::parse(&RULES.replace("platform", name)).expect("rules");
        let at = now() + TimeDelta::days(10 * i64::try_from(day).expect("a few")) + TimeDelta::seconds(1);
        world.store.apply_ownership(&rules, at).await.expect("the rules");
    }
    // The first was 30 days before the last, and a second.
    let mut path = "/v1/events?limit=3&type=data.version.published".to_owned();
    let mut versions = Vec::new();
    loop {
        let page = world.get(&path).await;
        versions
            .extend(page["data"].as_array().expect("events").iter().map(|event| event["data"]["data_version"].clone()));
        let Some(next) = page["links"]["next"].as_str() else { break };
        path = next.to_owned();
    }
    assert_eq!(versions, ["v5", "v4", "v3", "v2"].map(|version| json!(version)));
    let (status, problem) = world.ask("/v1/events?type=refresh.fialed&lmit=3").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let faults: Vec<_> =
        problem["errors"].as_array().expect("faults").iter().map(|fault| &fault["did_you_mean"]).collect();
    assert_eq!(faults, ["limit", "refresh.failed"]);
}

/// Whoever sees a part of the bill hears of every version and every failure, and of nothing that is in them.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_sees_a_part_hears_the_same(pool: PgPool) {
    let mut world = World::new(pool).await;
    write_month(&world, "2026-09", "1234.5");
    world.refresh_well().await;
    instance(&world, now() + TimeDelta::hours(1)).look().await.expect("nothing new");
    let viewer = GrantText { role: Some(Role::Viewer), teams: vec!["web".to_owned()], ..GrantText::default() };
    let grants = Grants::from_iter([&Grant::try_from(viewer).expect("a grant")]);
    assert_eq!(grants.extent(access::Permission::CostsRead), Some(&Extent::of_team("web")));
    world.router = world.as_caller(Caller { grants, ..Caller::anonymous() });
    let seen = world.get("/v1/events").await;
    assert_eq!(types(&seen).len(), 2);
    for word in ["1234", "3703", "ann", "\"ds\"", "123456789012"] {
        assert!(!seen["data"].to_string().contains(word), "{word} in {seen}");
    }
}
