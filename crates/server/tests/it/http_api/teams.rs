//! Teams and their showback over the bill of two months.

use axum::http::StatusCode;
use bill::Amount;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::bill_of_two_months::publish;
use super::client::{Client, column};

fn costs(rows: &Value, currency: &str) -> Amount {
    let rows = rows.as_array().expect("rows").iter().filter(|row| row["currency"] == currency);
    rows.map(|row| row["cost"].as_str().expect("text").parse::<Amount>().expect("an amount")).sum()
}

#[sqlx::test(migrations = "../../migrations")]
async fn teams_and_unattributed_together_are_what_bedrock_cost(pool: PgPool) {
    publish(&pool).await;
    let answer = Client::new(pool).get_ok("/v1/teams").await;
    assert_eq!(column(&answer["data"], "slug"), ["data-science", "unattributed", "web"]);
    assert_eq!(column(&answer["data"], "name"), ["Data Science", "Unattributed", "Web"]);
    let usd: Amount = answer["data"].as_array().expect("teams").iter().map(|team| costs(&team["costs"], "USD")).sum();
    assert_eq!(json!(usd), answer["control"][1]["bedrock_total"]);
    assert_eq!(answer["meta"]["query"], json!({"period": "2026-10", "cost": "unblended"}));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_team_shows_every_period_and_the_rules_behind_it(pool: PgPool) {
    publish(&pool).await;
    let answer = Client::new(pool).get_ok("/v1/teams/data-science").await;
    assert_eq!(column(&answer["data"]["periods"], "period"), ["2026-10", "2026-09"]);
    assert_eq!(costs(&answer["data"]["periods"][1]["costs"], "USD"), Amount::from_integer(1));
    assert_eq!(costs(&answer["data"]["rules"], "USD"), costs(&answer["meta"]["totals"], "USD"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_side_of_a_showback_is_the_same_money(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    for team in ["data-science", "web", "unattributed"] {
        let answer = client.get_ok(&format!("/v1/teams/{team}/showback?period=2026-10")).await;
        let showback = &answer["data"];
        for currency in ["USD", "CNY"] {
            let total = costs(&showback["totals"], currency);
            let sides = ["by_day", "by_model", "by_token_kind", "by_principal", "by_charge_type", "rules"];
            for side in sides
                .map(|side| &showback[side])
                .into_iter()
                .chain(showback["by_tag"].as_object().expect("tags").values())
            {
                assert_eq!(costs(side, currency), total, "{team} {side}");
            }
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_showback_compares_with_the_month_before(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    let showback = client.get_ok("/v1/teams/data-science/showback").await["data"].clone();
    assert_eq!(showback["period"], "2026-10");
    assert_eq!(
        showback["change"],
        json!({"previous_period": "2026-09", "currencies": [
            {"currency": "CNY", "previous_cost": "0", "cost": "3", "percent": null},
            {"currency": "USD", "previous_cost": "1", "cost": "-0.65", "percent": "-65"},
        ]})
    );
    let tags: Vec<&String> = showback["by_tag"].as_object().expect("tags").keys().collect();
    assert_eq!(tags, ["tag:cost-center", "tag:team"]);
    let first = client.get_ok("/v1/teams/data-science/showback?period=2026-09").await;
    assert_eq!(first["data"]["change"], Value::Null);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_no_rule_claims_says_why(pool: PgPool) {
    publish(&pool).await;
    let answer = Client::new(pool).get_ok("/v1/teams/unattributed/showback").await;
    let rules = &answer["data"]["rules"];
    assert_eq!(column(rules, "because"), ["charge_type_without_principal"]);
    assert_eq!(rules[0]["cost"], "-0.05");
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_unknown_team_is_not_found_and_the_nearest_is_named(pool: PgPool) {
    publish(&pool).await;
    let client = Client::new(pool);
    for path in ["/v1/teams/data-sience", "/v1/teams/data-sience/showback"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.json()["type"], "/problems/unknown-team");
        assert_eq!(answer.json()["did_you_mean"], "data-science");
    }
}
