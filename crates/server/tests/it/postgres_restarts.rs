//! The database goes away and comes back: answers say so meanwhile, and afterwards nothing is lost.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use crate::support::{World, amount, period};
use axum::http::StatusCode;
use private_postgres::{Durability, EmbeddedOptions, EmbeddedPostgres};
use sample::LineItem;
use sqlx::postgres::PgPoolOptions;

const MONTH: &str = "2026-09";

fn line(cost: &str) -> LineItem<'static> {
    LineItem {
        iam_principal: Some("arn:aws:iam::123456789012:user/alice".into()),
        unblended_cost: amount(cost),
        tags: [("iamPrincipal/team", "ds")].into(),
        ..LineItem::bedrock_usage(period(MONTH))
    }
}

#[tokio::test]
async fn what_was_served_is_served_again() {
    let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().expect("a folder");
    let options =
        EmbeddedOptions { durability: Durability::Throwaway, ..EmbeddedOptions::new(folder.path().join("pg")) };
    let postgres = EmbeddedPostgres::start_async(options.clone()).await.expect("a server");
    let pool = PgPoolOptions::new()
        .acquire_timeout(std::time::Duration::from_secs(1))
        .connect_with(postgres.connect_options())
        .await
        .expect("a connection");
    store::MIGRATOR.run(&pool).await.expect("the schema");
    let world = World::new(pool).await;
    world.write(period(MONTH), &[line("7.5")]);
    world.refresh_well().await;
    let question = format!("/v1/costs?period={MONTH}&group_by=team");
    let before = world.get(&question).await;

    postgres.stop_async().await;
    let (status, problem) = world.ask(&question).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
    assert_eq!(problem["type"], "/problems/store-unreachable");
    assert_eq!(world.ask("/livez").await.0, StatusCode::OK);
    world.write(period(MONTH), &[line("8.5")]);
    let failure = world.refresh_badly().await;
    assert!(failure.starts_with("the database cannot be reached"), "{failure}");

    let postgres = EmbeddedPostgres::start_async(options).await.expect("the server again");
    assert_eq!(world.get(&question).await, before);
    world.refresh_well().await;
    assert_eq!(world.get(&question).await["data"][0]["cost"], "8.5");
    postgres.stop_async().await;
}
