//! Tags over the bill of two months.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::bill_of_two_months::publish;
use super::client::{Client, column};

#[sqlx::test(migrations = "../../migrations")]
async fn whole_answers_about_tags(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    insta::assert_json_snapshot!("tags", client.get_ok("/v1/tags").await);
    insta::assert_json_snapshot!("tag_values", client.get_ok("/v1/tags/team?limit=2").await);
    insta::assert_json_snapshot!("tag_showback", client.get_ok("/v1/tags/cost-center/values/CC-1/showback").await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn pages_of_values_are_all_values(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let whole = client.get_ok("/v1/tags/team").await;
    let (mut rows, mut next) = (Vec::new(), "/v1/tags/team?limit=1".to_owned());
    loop {
        let page = client.get_ok(&next).await;
        assert_eq!(page["meta"]["totals"], whole["meta"]["totals"], "{next}");
        rows.extend(page["data"].as_array().expect("rows").clone());
        match page["links"]["next"].as_str() {
            Some(link) => next = link.to_owned(),
            None => break,
        }
    }
    assert_eq!(rows.len(), 4, "two teams and nobody, one of them in two currencies");
    assert_eq!(Value::from(rows), whole["data"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_key_and_a_value_may_hold_anything_once_they_are_encoded(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let answer = client.get_ok("/v1/tags/iamPrincipal%2Fteam").await;
    assert_eq!(column(&answer["data"], "value"), ["Data Science", "Data Science", "Web", "null"]);
    assert_eq!(answer["links"]["self"], "/v1/tags/team?period=2026-10&cost=unblended&limit=100");
    let showback = answer["data"][0]["links"]["showback"].as_str().expect("a link").to_owned();
    assert_eq!(showback, "/v1/tags/team/values/Data%20Science/showback?period=2026-10");
    assert_eq!(client.get_ok(&showback).await["data"]["value"], "Data Science");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_text_finds_the_values_that_contain_it(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let answer = client.get_ok("/v1/tags/team?q=SCIENCE").await;
    assert_eq!(column(&answer["data"], "value"), ["Data Science", "Data Science"]);
    assert_eq!(column(&answer["meta"]["totals"], "cost"), ["3", "0.35"]);
    assert_eq!(client.get_ok("/v1/tags/team?q=nobody").await["data"], json!([]));
    let everything = client.get_ok("/v1/tags/team?q=").await;
    assert_eq!(everything["data"], client.get_ok("/v1/tags/team").await["data"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_no_line_carries_is_not_found(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    for path in [
        "/v1/tags/cost-centre",
        "/v1/tags/team/values/web/showback",
        "/v1/tags/team%00",
        "/v1/tags/team/values/%00/showback",
    ] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status, answer.json()["type"].clone()),
            (StatusCode::NOT_FOUND, json!("/problems/unknown-tag"))
        );
    }
    assert_eq!(client.get("/v1/tags/cost-centre").await.json()["did_you_mean"], "cost-center");
    // September has no line of the web team, but the tag is there: a month without cost is an answer.
    let september = client.get_ok("/v1/tags/team/values/Web/showback?period=2026-09").await;
    assert_eq!((&september["data"]["totals"], &september["data"]["by_day"]), (&json!([]), &json!([])));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_cursor_of_another_question_is_refused_and_one_of_an_older_version_is_gone(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool.clone());
    let first = client.get_ok("/v1/tags/team?limit=1").await;
    let next = first["links"]["next"].as_str().expect("a link");
    let other = next.replace("/team?", "/cost-center?");
    let refused = client.get(&other).await;
    assert_eq!(
        (refused.status, refused.json()["errors"][0]["parameter"].clone()),
        (StatusCode::BAD_REQUEST, json!("cursor"))
    );
    let (again, flipped) = (client.get_ok(next).await, "update serving set data_version = data_version + 1");
    sqlx::query(flipped).execute(&pool).await.expect("a new version");
    assert_eq!(client.get_ok(next).await["data"], again["data"], "the page is still of the version of the first");
    sqlx::query("update data_version set forgotten = true").execute(&pool).await.expect("an old version");
    let gone = client.get(next).await;
    assert_eq!((gone.status, gone.json()["type"].clone()), (StatusCode::GONE, json!("/problems/cursor-outdated")));
    let begin_again = gone.json()["links"]["first"].as_str().expect("a link").to_owned();
    assert_eq!(client.get_ok(&begin_again).await["data"], first["data"]);
}
