//! What may be asked for, at once and in a day.

use axum::Router;
use axum::http::StatusCode;
use serde_json::json;
use server::config::DrilldownConfig;
use server::drilldowns::DrilldownDesk;
use server::gate::Gate;
use server::http::{ApiState, router};
use sqlx::PgPool;

use super::asking::{MONTH, ask, caller, costs, delete, lines, post, well, world};
use crate::support::World;

/// The same world with limits of its own.
fn limit(world: &mut World, limits: DrilldownConfig) {
    world.state.drilldowns = DrilldownDesk::new(limits);
}

fn seen_by(world: &World, name: &str, teams: &[&str]) -> Router {
    router(ApiState { gate: Gate::same_for_all(caller(name, teams)), ..world.state.clone() })
}

fn n(number: u32) -> std::num::NonZeroU32 {
    number.try_into().expect("not zero")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_figure_of_too_many_lines_is_refused_and_other_peoples_lines_count_for_nobody(pool: PgPool) {
    let mut world = world(pool).await;
    limit(&mut world, DrilldownConfig { max_rows: n(3), ..DrilldownConfig::default() });
    let (ann, web) = (seen_by(&world, "ann", &[]), seen_by(&world, "web", &["web"]));
    let answer = post(&ann, &json!({ "period": MONTH })).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["type"], "/problems/limit-exceeded");
    let sentence = "this figure is made of 9 lines; at most 3 are fetched, so ask for a part of it";
    assert_eq!(answer.json()["detail"], sentence);
    // The same question about their own three lines is within the limit, whatever others have.
    let path = ask(&web, &json!({ "period": MONTH })).await;
    assert_eq!(world.fetch_lines().await, 1);
    let answer = well(&web, &path).await;
    assert_eq!(
        (&answer["data"]["state"], &answer["data"]["tie_out"][0]["ties_out"]),
        (&json!("complete"), &json!(true))
    );
    assert_eq!(costs(&lines(&web, &path, 100).await), ["64", "128", "256"]);
    let kept: i64 =
        sqlx::query_scalar("select count(*) from drilldown_row").fetch_one(&world.pool).await.expect("a count");
    assert_eq!(kept, 3, "the lines of others are not kept");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn lines_that_take_too_much_are_not_kept(pool: PgPool) {
    let mut world = world(pool).await;
    limit(&mut world, DrilldownConfig { max_bytes: 100, ..DrilldownConfig::default() });
    let (ann, ben) = (seen_by(&world, "ann", &[]), seen_by(&world, "ben", &["ds"]));
    let (of_ann, of_ben) = (ask(&ann, &json!({ "period": MONTH })).await, ask(&ben, &json!({ "period": MONTH })).await);
    assert_eq!(world.fetch_lines().await, 1);
    let told = "the lines take more than 100 bytes, the most that are kept (`[drilldown] max_bytes`); ask for fewer";
    assert_eq!(well(&ann, &of_ann).await["data"]["failure"], told);
    let hidden = "the lines could not be fetched; the log of the service says why";
    assert_eq!(well(&ben, &of_ben).await["data"]["failure"], hidden);
    let kept: i64 =
        sqlx::query_scalar("select count(*) from drilldown_row").fetch_one(&world.pool).await.expect("a count");
    assert_eq!(kept, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_caller_asks_for_so_many_at_once_and_in_a_day(pool: PgPool) {
    let mut world = world(pool).await;
    limit(&mut world, DrilldownConfig { at_once: n(2), per_day: n(3), ..DrilldownConfig::default() });
    let (ann, ben) = (seen_by(&world, "ann", &[]), seen_by(&world, "ben", &[]));
    let of_day = |day: u32| json!({ "period": MONTH, "day": format!("2026-09-0{day}") });
    let first = ask(&ann, &of_day(1)).await;
    ask(&ann, &of_day(2)).await;
    let third = post(&ann, &of_day(3)).await;
    assert_eq!(third.status, StatusCode::TOO_MANY_REQUESTS, "{}", third.text);
    assert!(third.text.contains("2 drill-downs of yours are being fetched"), "{}", third.text);
    ask(&ben, &of_day(3)).await;
    world.fetch_lines().await;
    ask(&ann, &of_day(3)).await;
    delete(&ann, &first).await;
    let fourth = post(&ann, &of_day(1)).await;
    assert_eq!(fourth.status, StatusCode::TOO_MANY_REQUESTS, "{}", fourth.text);
    assert!(fourth.text.contains("3 drill-downs a day"), "{}", fourth.text);
    assert_eq!(fourth.headers["retry-after"], "86400");
}
