//! A day stands for the version that was served when it ended.

use axum::http::StatusCode;
use chrono::TimeDelta;
use sample::LineItem;
use serde_json::json;
use sqlx::PgPool;

use super::history::{Said, a_history, line, questions, say};
use crate::support::{World, now, period};

/// Has the versions of a history published on one day each, the last one today; whatever was before, with the first.
async fn a_version_each_day(world: &World, history: &[Said]) {
    let last = history.len() as i64 - 1;
    let number = |said: &Said| said.version[1..].parse::<i64>().expect("a number");
    for (place, said) in history.iter().enumerate() {
        sqlx::query("update data_version set published_at = $1 where data_version = $2 or $3 and data_version < $2")
            .bind(now() - TimeDelta::days(last - place as i64))
            .bind(number(said))
            .bind(place == 0)
            .execute(&world.pool)
            .await
            .expect("another day");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_day_means_what_was_served_when_it_ended(pool: PgPool) {
    let world = World::new(pool).await;
    let history = a_history(&world, &world.router).await;
    a_version_each_day(&world, &history).await;
    let last = history.len() as i64 - 1;
    for (place, said) in history.iter().enumerate() {
        let day = (now() - TimeDelta::days(last - place as i64)).date_naive();
        for (question, answer) in questions().iter().zip(&said.answers) {
            let mut again = say(&world.router, &format!("{question}&as_of={day}")).await;
            if let Some(meta) = again.get_mut("meta") {
                // The day is another one than that of the history.
                meta["as_of"] = answer["meta"]["as_of"].clone();
            }
            assert_eq!(&again, answer, "{question} as of {day}");
        }
    }
    let too_early = (now() - TimeDelta::days(last + 1)).date_naive();
    for question in questions() {
        let (status, problem) = world.ask(&format!("{question}&as_of={too_early}")).await;
        let parameter = &problem["errors"][0]["parameter"];
        assert_eq!((status, parameter), (StatusCode::BAD_REQUEST, &json!("as_of")), "{question}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn how_far_a_month_had_come_is_said_as_of_the_day(pool: PgPool) {
    let world = World::new(pool).await;
    let month = "2026-10";
    let invoiced = |user| LineItem { invoice_id: Some("INV-1".into()), ..line(month, user, "ds", "1") };
    world.write(period(month), &[invoiced("alice"), invoiced("bob")]);
    world.refresh_well().await;
    sqlx::query("update data_version set published_at = '2026-10-30T12:00:00Z'")
        .execute(&world.pool)
        .await
        .expect("a day");
    let status = async |path: &str| world.get(path).await["meta"]["period_status"][month].clone();
    for question in [
        format!("/v1/costs?period={month}&group_by=principal&limit=1"),
        format!("/v1/principals?period={month}&limit=1"),
    ] {
        assert_eq!(status(&question).await, "provisional");
        for (day, had_come) in [("2026-10-31", "open"), ("2026-11-01", "provisional")] {
            let first = world.get(&format!("{question}&as_of={day}")).await;
            assert_eq!(first["meta"]["period_status"][month], had_come, "{question} as of {day}");
            let second = first["links"]["next"].as_str().expect("a second page");
            assert_eq!(status(second).await, had_come, "{second}");
        }
    }
}
