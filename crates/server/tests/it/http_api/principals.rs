//! Principals over the bill of two months.

use axum::http::StatusCode;
use bill::principal::Principal;
use serde_json::json;
use sqlx::PgPool;

use super::bill_of_two_months::{ALICE, GATEWAY, publish};
use super::client::{Client, column};

fn id_of(arn: &str) -> String {
    Principal::parse(Some(arn)).expect("a principal").id
}

#[sqlx::test(migrations = "../../migrations")]
async fn whole_answers_about_principals(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    insta::assert_json_snapshot!("principals", client.get_ok("/v1/principals").await);
    insta::assert_json_snapshot!("principal", client.get_ok(&format!("/v1/principals/{}", id_of(ALICE))).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_principal_is_found_by_what_is_known_of_it(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    for (question, found) in [
        ("q=ALI", vec![ALICE, ALICE]),
        ("q=assumed-role%2Fgate", vec![GATEWAY]),
        ("q=%25", vec![]),
        ("arn=arn:aws:iam::111122223333:user/alice", vec![ALICE, ALICE]),
        ("arn=arn:aws:iam::111122223333:user/ali", vec![]),
        ("arn=", vec!["null"]),
        ("role=gateway", vec![GATEWAY]),
        ("role=gateway&identity=iam_user", vec![]),
        ("identity=assumed_role", vec![GATEWAY]),
        ("identity=", vec!["null"]),
        ("person=alice", vec![]),
        ("period=2026-09&q=111122223333", vec![ALICE]),
    ] {
        let answer = client.get_ok(&format!("/v1/principals?{question}")).await;
        assert_eq!(column(&answer["data"], "arn"), found, "{question}");
        let own = answer["links"]["self"].as_str().expect("a link");
        assert_eq!(client.get_ok(own).await, answer, "{question}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_wrong_with_a_search_is_said(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let answer = client.get("/v1/principals?identity=iam_usr&limit=0&cursor=x&arm=y").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(column(&answer.json()["errors"], "parameter"), ["arm", "limit", "identity"]);
    assert_eq!(answer.json()["errors"][2]["did_you_mean"], "iam_user");
    assert_eq!(client.get("/v1/principals?cursor=x").await.json()["errors"][0]["parameter"], "cursor");
    let unknown = client.get("/v1/principals/prn_00000000000000000000").await;
    assert_eq!(
        (unknown.status, unknown.json()["type"].clone()),
        (StatusCode::NOT_FOUND, json!("/problems/unknown-principal"))
    );
}
