//! What is kept to be said again, and what is told where it is not.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use super::history::{questions, rules_giving, write_month};
use crate::support::{World, now};

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_cannot_be_said_again_is_told_with_what_can(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-09", 1).await;
    let mut problems = Vec::new();
    for as_of in ["v99", "v999999999999999999", "2026-11-24", "2026-11-22", "0", "2026-02-30", "v01", ""] {
        let (status, problem) = world.ask(&format!("/v1/costs?as_of={as_of}")).await;
        assert_eq!((status, &problem["errors"][0]["parameter"]), (StatusCode::BAD_REQUEST, &json!("as_of")), "{as_of}");
        problems.push(format!("{as_of}: {}", problem["errors"][0]["detail"].as_str().expect("a sentence")));
    }
    insta::assert_snapshot!(problems.join("\n"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn five_versions_of_a_month_and_five_sets_of_rules_are_kept(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-09", 1).await;
    let first = said_now_of(&world).await;
    for cost in 2..=6 {
        write_month(&world, "2026-09", cost).await;
        assert_eq!(cost_as_of(&world, &first).await, Ok("1.000000000001".to_owned()), "after {cost} loads");
    }
    write_month(&world, "2026-09", 7).await;
    let oldest = cost_as_of(&world, &first).await.expect_err("the first load is gone");
    insta::assert_snapshot!(oldest);

    let before_rules = said_now_of(&world).await;
    for user in ["a", "b", "c", "d", "e"] {
        world.store.apply_ownership(&rules_giving(user, "Platform"), now()).await.expect("rules");
        assert_eq!(
            cost_as_of(&world, &before_rules).await,
            Ok("7.000000000001".to_owned()),
            "under the rules of {user}"
        );
    }
    world.store.apply_ownership(&rules_giving("f", "Platform"), now()).await.expect("rules");
    let oldest = cost_as_of(&world, &before_rules).await.expect_err("the rules are gone");
    insta::assert_snapshot!(oldest);
    let owners: i64 = sqlx::query_scalar("select count(distinct ownership_id) from owner")
        .fetch_one(&world.pool)
        .await
        .expect("owners");
    assert_eq!(owners, 6, "those in force, and five before");
}

async fn said_now_of(world: &World) -> String {
    world.get("/v1/costs").await["meta"]["data_version"].as_str().expect("a version").to_owned()
}

/// What September cost, or why that is not known.
async fn cost_as_of(world: &World, version: &str) -> Result<String, String> {
    let (status, answer) = world.ask(&format!("/v1/costs?period=2026-09&group_by=team&as_of={version}")).await;
    if status == StatusCode::OK {
        return Ok(answer["meta"]["totals"][0]["cost"].as_str().expect("a cost").to_owned());
    }
    assert_eq!((status, &answer["type"]), (StatusCode::GONE, &json!("/problems/data-version-gone")));
    Err(answer["detail"].as_str().expect("a sentence").to_owned())
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whatever_is_asked_of_a_version_that_is_gone_is_answered_with_where_to_ask(pool: PgPool) {
    let world = World::new(pool).await;
    for month in ["2026-08", "2026-09"] {
        write_month(&world, month, 1).await;
    }
    let first = said_now_of(&world).await;
    for cost in 2..=7 {
        write_month(&world, "2026-09", cost).await;
    }
    let mut told = String::new();
    for question in questions() {
        let (status, problem) = world.ask(&format!("{question}&as_of={first}")).await;
        assert_eq!((status, &problem["type"]), (StatusCode::GONE, &json!("/problems/data-version-gone")), "{question}");
        let newest = problem["links"]["latest-version"].as_str().expect("a link");
        assert_eq!(newest, question, "the same question, of now");
        told.push_str(&format!("{}\n", problem["links"]["successor-version"].as_str().expect("a link")));
    }
    insta::assert_snapshot!(told);
}

/// Rules come into force before anything is loaded: that is a version as well, in which there is nothing to be asked.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_version_before_the_first_load_is_named_as_such(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    for path in ["/v1/costs?as_of=v1", "/v1/teams?as_of=v1", "/v1/summary?as_of=v1"] {
        let (status, problem) = world.ask(path).await;
        assert_eq!((status.as_u16(), &problem["errors"][0]["parameter"]), (400, &"as_of".into()), "{path}: {problem}");
        let detail = "no billing period had been published by data version v1; ask for a later one";
        assert_eq!(problem["detail"], detail, "{path}");
    }
}
