//! Bad input: each has a clear error, and the last good data is served still.

use crate::support::{World, amount, period};
use axum::http::StatusCode;
use sample::{ExportWriter, LineItem};
use sqlx::PgPool;

const MONTH: &str = "2026-09";

fn line() -> LineItem<'static> {
    LineItem {
        iam_principal: Some("arn:aws:iam::123456789012:user/alice".into()),
        unblended_cost: amount("7.5"),
        tags: [("iamPrincipal/team", "ds")].into(),
        ..LineItem::bedrock_usage(period(MONTH))
    }
}

/// A month that is served well, before something bad arrives.
async fn served(pool: PgPool) -> World {
    let world = World::new(pool).await;
    world.write(period(MONTH), &[line()]);
    world.refresh_well().await;
    world
}

async fn assert_still_served(world: &World) {
    let answer = world.get(&format!("/v1/costs?period={MONTH}&group_by=team")).await;
    assert_eq!(answer["data"][0]["team"], "ds");
    assert_eq!(answer["data"][0]["cost"], "7.5");
    assert_eq!(answer["meta"]["data_version"], "v2");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_truncated_file(pool: PgPool) {
    let world = served(pool).await;
    let file = world.data_file(period(MONTH));
    let bytes = std::fs::read(&file).expect("a file");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("half a file");
    insta::assert_snapshot!(world.refresh_badly().await);
    assert_still_served(&world).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_manifest_that_names_a_missing_file(pool: PgPool) {
    let world = served(pool).await;
    std::fs::remove_file(world.data_file(period(MONTH))).expect("the removal");
    insta::assert_snapshot!(world.refresh_badly().await);
    assert_still_served(&world).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_half_written_manifest(pool: PgPool) {
    let world = served(pool).await;
    let file = world.manifest_file(period(MONTH));
    let text = std::fs::read_to_string(&file).expect("a manifest");
    std::fs::write(&file, &text[..text.len() / 2]).expect("half a manifest");
    insta::assert_snapshot!(world.refresh_badly().await);
    assert_still_served(&world).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_principal_column(pool: PgPool) {
    let world = served(pool).await;
    let mut writer = ExportWriter::new(world.export_folder(), "sample");
    writer.principal_column = false;
    writer.write_period(period(MONTH), 1, &[&[line()]]).expect("an export");
    insta::assert_snapshot!(world.refresh_badly().await);
    assert_still_served(&world).await;
}

/// Before AWS recorded principals no export could have the column: such months are read, and say why nobody owns them.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_principal_column_before_april_2026(pool: PgPool) {
    let world = World::new(pool).await;
    let month = period("2026-02");
    let mut writer = ExportWriter::new(world.export_folder(), "sample");
    writer.principal_column = false;
    let line = LineItem { unblended_cost: amount("3"), ..LineItem::bedrock_usage(month) };
    writer.write_period(month, 1, &[&[line]]).expect("an export");
    world.refresh_well().await;
    let answer = world.get("/v1/teams/unattributed/showback?period=2026-02").await;
    let reasons: Vec<_> = answer["data"]["rules"].as_array().expect("reasons").iter().collect();
    assert_eq!(reasons.len(), 1, "{answer}");
    assert!(reasons[0].to_string().contains("before_principals"), "{}", reasons[0]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_empty_month(pool: PgPool) {
    let world = served(pool).await;
    world.write(period(MONTH), &[]);
    insta::assert_snapshot!(world.refresh_badly().await);
    assert_still_served(&world).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_tag_value_of_ten_megabytes(pool: PgPool) {
    let world = served(pool).await;
    let long = "x".repeat(10 << 20);
    world.write(period(MONTH), &[LineItem { tags: [("iamPrincipal/team", long.as_str())].into(), ..line() }]);
    let sentence = world.refresh_badly().await;
    assert!(sentence.len() < 1000, "the sentence does not repeat the value");
    insta::assert_snapshot!(sentence);
    assert_still_served(&world).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_currency_that_is_none(pool: PgPool) {
    let world = served(pool).await;
    world.write(period(MONTH), &[LineItem { currency: "dollars".into(), ..line() }]);
    insta::assert_snapshot!(world.refresh_badly().await);
    assert_still_served(&world).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn two_team_tags_that_would_be_one_team(pool: PgPool) {
    let world = served(pool).await;
    let second = LineItem { tags: [("iamPrincipal/team", "DS")].into(), ..line() };
    world.write(period(MONTH), &[line(), second]);
    insta::assert_snapshot!(world.refresh_badly().await);
    assert_still_served(&world).await;
}

/// The same bill under two names would be counted twice: the second is refused while the first is configured.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_bill_under_two_names(pool: PgPool) {
    let mut world = served(pool).await;
    let mut second = world.refresher.exports[0].clone();
    second.name = "second".to_owned();
    world.refresher.exports.push(second);
    insta::assert_snapshot!(world.refresh_badly().await);
    assert_still_served(&world).await;
}

/// An export that is renamed takes the place of its old name.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_renamed_export_is_counted_once(pool: PgPool) {
    let mut world = served(pool).await;
    world.refresher.exports[0].name = "renamed".to_owned();
    world.refresh_well().await;
    let answer = world.get(&format!("/v1/periods/{MONTH}")).await;
    assert_eq!(answer["control"][0]["bill_total"], "7.5", "{answer}");
    let answer = world.get(&format!("/v1/costs?period={MONTH}&group_by=team")).await;
    assert_eq!(answer["data"][0]["cost"], "7.5");
}

/// Two currencies are no mistake: they are kept apart, everywhere.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn two_currencies(pool: PgPool) {
    let world = World::new(pool).await;
    let euros = LineItem { currency: "EUR".into(), unblended_cost: amount("2.25"), ..line() };
    world.write(period(MONTH), &[line(), euros]);
    world.refresh_well().await;
    let answer = world.get(&format!("/v1/costs?period={MONTH}&group_by=team")).await;
    let rows: Vec<_> =
        answer["data"].as_array().expect("rows").iter().map(|row| (&row["cost"], &row["currency"])).collect();
    assert_eq!(rows, [(&"2.25".into(), &"EUR".into()), (&"7.5".into(), &"USD".into())]);
    assert_eq!(answer["meta"]["totals"].as_array().map(Vec::len), Some(2));
    assert_eq!(answer["control"].as_array().map(Vec::len), Some(2));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_unknown_dimension(pool: PgPool) {
    let world = served(pool).await;
    let (status, problem) = world.ask(&format!("/v1/costs?period={MONTH}&group_by=modle")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem.to_string().contains("`model`"), "the nearest name is offered: {problem}");
}

/// A quote in every parameter: refused by name, or taken as the value that it is. Never a server error, never a row more.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_quote_in_every_parameter(pool: PgPool) {
    let world = served(pool).await;
    let everything = world.get(&format!("/v1/costs?period={MONTH}")).await;
    for injection in
        ["%27", "%27%20or%201%3D1%20--", "x%27%3B%20drop%20table%20load%3B%20--", "%22%20or%20%22%22%3D%22", "%5C%27"]
    {
        for parameter in ["period", "start", "end", "granularity", "group_by", "cost", "order_by", "filter%5Bnope%5D"] {
            let (status, problem) = world.ask(&format!("/v1/costs?{parameter}={injection}")).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{parameter}={injection}: {problem}");
        }
        for dimension in
            ["team", "principal", "model", "account", "session", "invoice", "tag:team", "tag:resourceTags/x"]
        {
            let kept = world.get(&format!("/v1/costs?period={MONTH}&filter[{dimension}]={injection}")).await;
            assert_eq!(kept["data"], serde_json::json!([]), "filter[{dimension}]={injection}");
            let left = world.get(&format!("/v1/costs?period={MONTH}&exclude[{dimension}]={injection}")).await;
            assert_eq!(left["data"], everything["data"], "exclude[{dimension}]={injection}");
        }
        let tagged = world.get(&format!("/v1/costs?period={MONTH}&group_by=tag:{injection}")).await;
        assert_eq!(tagged["meta"]["totals"], everything["meta"]["totals"], "group_by=tag:{injection}");
        let (status, _) = world.ask(&format!("/v1/teams/{injection}/showback?period={MONTH}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, _) = world.ask(&format!("/v1/periods/{injection}")).await;
        assert!(status.is_client_error(), "{status}");
    }
    assert_still_served(&world).await;
}
