//! The figures that AWS published for this feature come back to the last digit.
//!
//! Source: AWS Machine Learning Blog, "Introducing granular cost attribution for Amazon Bedrock", scenarios 1 to 4
//! (<https://aws.amazon.com/blogs/machine-learning/introducing-granular-cost-attribution-for-amazon-bedrock/>).

use crate::support::{World, costs_by, decimal, period, sum_of_rows};
use sqlx::PgPool;

const MONTH: &str = "2026-04";

async fn published(pool: PgPool) -> World {
    let world = World::new(pool).await;
    let options =
        sample::SampleOptions { months: 0, folder: world.export_folder(), ..sample::SampleOptions::default() };
    sample::write(&options, |_| {}).expect("the published month");
    world.refresh_well().await;
    world
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn by_principal(pool: PgPool) {
    let world = published(pool).await;
    let answer = world.get(&format!("/v1/costs?period={MONTH}&group_by=principal&order_by=-cost")).await;
    let rows = costs_by(&answer, &["principal_arn"]);
    let rows: Vec<_> = rows.iter().map(|(arn, cost)| (arn[0].as_deref().unwrap_or("-"), cost.as_str())).collect();
    assert_eq!(
        rows,
        [
            ("arn:aws:sts::123456789012:assumed-role/BedrockRole/gw-tenant-acme", "1.451"),
            ("arn:aws:sts::123456789012:assumed-role/Role-1/user-1@acme.org", "1.273"),
            ("arn:aws:iam::123456789012:user/user-2", "1.188"),
            ("arn:aws:sts::123456789012:assumed-role/Role-1/user-2@acme.org", "0.429"),
            ("arn:aws:iam::123456789012:user/user-1", "0.2838"),
            ("arn:aws:sts::123456789012:assumed-role/BedrockRole/gw-user-1", "0.244"),
            ("arn:aws:sts::123456789012:assumed-role/Role-1/session-123", "0.198"),
            ("arn:aws:sts::123456789012:assumed-role/Role-2/session-456", "0.131"),
        ]
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn by_principal_and_usage_type(pool: PgPool) {
    let world = published(pool).await;
    let answer =
        world.get(&format!("/v1/costs?period={MONTH}&group_by=principal,usage_type&order_by=usage_type")).await;
    let mut rows: Vec<String> = costs_by(&answer, &["principal_arn", "usage_type"])
        .into_iter()
        .map(|(key, cost)| {
            let arn = key[0].clone().unwrap_or_default();
            let principal = arn.split_once("123456789012:").map_or(arn.as_str(), |(_, rest)| rest).to_owned();
            format!("{principal} {} {cost}", key[1].as_deref().unwrap_or("-"))
        })
        .collect();
    rows.sort();
    assert_eq!(
        rows,
        [
            "assumed-role/BedrockRole/gw-tenant-acme USE1-Claude4.6Opus-input-tokens 0.526",
            "assumed-role/BedrockRole/gw-tenant-acme USE1-Claude4.6Opus-output-tokens 0.925",
            "assumed-role/BedrockRole/gw-user-1 USE1-Claude4.6Sonnet-input-tokens 0.081",
            "assumed-role/BedrockRole/gw-user-1 USE1-Claude4.6Sonnet-output-tokens 0.163",
            "assumed-role/Role-1/session-123 USE1-Claude4.6Opus-output-tokens 0.165",
            "assumed-role/Role-1/session-123 USE1-Claude4.6Sonnet-input-tokens 0.033",
            "assumed-role/Role-1/user-1@acme.org USE1-Claude4.6Opus-input-tokens 0.283",
            "assumed-role/Role-1/user-1@acme.org USE1-Claude4.6Opus-output-tokens 0.99",
            "assumed-role/Role-1/user-2@acme.org USE1-Claude4.6Sonnet-input-tokens 0.165",
            "assumed-role/Role-1/user-2@acme.org USE1-Claude4.6Sonnet-output-tokens 0.264",
            "assumed-role/Role-2/session-456 USE1-NovaLite-input-tokens 0.081",
            "assumed-role/Role-2/session-456 USE1-NovaLite-output-tokens 0.05",
            "user/user-1 USE1-Claude4.6Sonnet-input-tokens 0.0693",
            "user/user-1 USE1-Claude4.6Sonnet-output-tokens 0.2145",
            "user/user-2 USE1-Claude4.6Opus-input-tokens 0.198",
            "user/user-2 USE1-Claude4.6Opus-output-tokens 0.99",
        ]
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn by_model(pool: PgPool) {
    let world = published(pool).await;
    let answer = world.get(&format!("/v1/costs?period={MONTH}&group_by=model&order_by=-cost")).await;
    let rows = costs_by(&answer, &["model"]);
    let rows: Vec<_> = rows.iter().map(|(model, cost)| (model[0].as_deref().unwrap_or("-"), cost.as_str())).collect();
    // Opus: 0.198 + 0.99 + 0.165 + 0.283 + 0.99 + 0.526 + 0.925.
    assert_eq!(rows, [("Claude Opus 4.6", "4.077"), ("Claude Sonnet 4.6", "0.9898"), ("Nova Lite", "0.131")]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn by_cost_center(pool: PgPool) {
    let world = published(pool).await;
    let answer = world.get(&format!("/v1/costs?period={MONTH}&group_by=tag:cost-center&order_by=-cost")).await;
    let rows = costs_by(&answer, &["tag:cost-center"]);
    let rows: Vec<_> = rows.iter().map(|(value, cost)| (value[0].as_deref(), cost.as_str())).collect();
    // The gateway's principals of scenario 4 carry no cost center.
    assert_eq!(rows, [(Some("12345"), "3.0738"), (None, "1.695"), (Some("67890"), "0.429")]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn teams_and_unattributed_are_the_whole_bill(pool: PgPool) {
    let world = published(pool).await;
    let answer = world.get(&format!("/v1/costs?period={MONTH}&group_by=team&order_by=team")).await;
    let rows = costs_by(&answer, &["team"]);
    let rows: Vec<_> = rows.iter().map(|(team, cost)| (team[0].as_deref().unwrap_or("-"), cost.as_str())).collect();
    assert_eq!(
        rows,
        [
            ("bedrockdatascience", "1.4718"),
            ("data-science", "1.517"),
            ("engineering", "0.429"),
            // Tagged by project or tenant only.
            ("unattributed", "1.78"),
        ]
    );
    let control = &answer["control"][0];
    let bill = world
        .store
        .snapshot(access::Sight::of_everything())
        .await
        .expect("a snapshot")
        .bill_totals(period(MONTH))
        .await
        .expect("totals")
        .expect("the whole bill");
    let bill = bill.iter().map(|total| total.bill_total).sum();
    assert_eq!(sum_of_rows(&answer, "USD"), bill);
    assert_eq!(decimal(&control["bill_total"]), bill);
    assert_eq!(decimal(&control["bedrock_total"]), bill);
    assert_eq!(control["delta"], "0");
}
