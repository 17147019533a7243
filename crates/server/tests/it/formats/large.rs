//! Tables that are longer than what JSON answers at once.

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{Request, StatusCode};
use bill::Amount;
use futures::StreamExt;
use sqlx::PgPool;

use super::read::{csv_rows, get, get_well, ndjson_rows, parquet_rows};
use crate::support::{World, amount, period};
use sample::LineItem;

const MONTH: &str = "2026-09";
/// Beyond what JSON answers, and no multiple of what is read at once.
pub(super) const ROWS: usize = 130_001;
/// Each row is about an account of its own.
pub(super) const PATH: &str = "/v1/costs?period=2026-09&group_by=account,usage_type";
/// The same by day.
pub(super) const BY_DAY: &str = "/v1/costs?period=2026-09&group_by=account,usage_type&granularity=daily";

/// One line of the bill, copied to as many accounts. Nobody looks at control totals here.
pub(super) async fn world(pool: &PgPool) -> World {
    let world = World::new(pool.clone()).await;
    let line = LineItem { unblended_cost: amount("0.25"), ..LineItem::bedrock_usage(period(MONTH)) };
    world.write(period(MONTH), &[line]);
    world.refresh_well().await;
    let statements = [
        "insert into subject (fingerprint, payer, account, tag_set_id, predates_principals)
         select gen_random_uuid(), 'p', 'account-' || number, (select min(tag_set_id) from tag_set), false
           from generate_series(2, $1) as number",
        "insert into period_cost
         select load_id, subject.subject_id, charge_id, currency, unblended_cost, net_unblended_cost, list_cost, tokens,
                line_items
           from period_cost, subject where subject.payer = 'p' and $1 > 0",
        "insert into owner (ownership_id, load_id, subject_id, because)
         select ownership_id, load_id, subject.subject_id, 'no_tag'
           from (select * from owner limit 1) as owner, subject where subject.payer = 'p' and $1 > 0",
    ];
    for statement in statements {
        sqlx::query(statement).bind(i32::try_from(ROWS).expect("few")).execute(pool).await.expect("rows");
    }
    world
}

/// The same, of which each account has its line on one day of the month.
pub(super) async fn world_of_days(pool: &PgPool) -> World {
    let world = world(pool).await;
    let statements = [
        "insert into daily_cost
         select load_id, usage_date + subject.subject_id % 28, subject.subject_id, charge_id, currency, unblended_cost,
                net_unblended_cost, list_cost, quantity, tokens, line_items
           from daily_cost, subject where subject.payer = 'p'",
        "insert into subject_cost
         select load_id, subject.subject_id, currency, unblended_cost, net_unblended_cost, list_cost, input_tokens,
                output_tokens, cache_read_tokens, cache_write_tokens, line_items
           from subject_cost, subject where subject.payer = 'p'",
    ];
    for statement in statements {
        sqlx::query(statement).execute(pool).await.expect("rows");
    }
    world
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_table_is_as_long_as_it_is(pool: PgPool) {
    let world = world(&pool).await;
    let refused = get(&world.router, PATH).await;
    assert_eq!(
        (refused.status, &refused.json()["type"]),
        (StatusCode::BAD_REQUEST, &"/problems/limit-exceeded".into())
    );
    let expected: Amount = std::iter::repeat_n(amount("0.25"), ROWS).sum();

    let csv = get_well(&world.router, &format!("{PATH}&format=csv")).await;
    let rows = csv_rows(csv.text());
    assert_eq!(rows.len(), ROWS);
    let sum = |costs: &mut dyn Iterator<Item = String>| costs.map(|cost| amount(&cost)).sum::<Amount>();
    assert_eq!(sum(&mut rows.iter().map(|row| row[3].1.clone().expect("a cost"))), expected);
    let accounts: std::collections::BTreeSet<_> = rows.iter().map(|row| row[0].1.clone()).collect();
    assert_eq!(accounts.len(), ROWS, "no row is there twice");

    let ndjson = get_well(&world.router, &format!("{PATH}&format=ndjson")).await;
    assert_eq!(ndjson_rows(ndjson.text()).len(), ROWS);
    let (rows, _, _) = parquet_rows(get_well(&world.router, &format!("{PATH}&format=parquet")).await.body);
    assert_eq!(sum(&mut rows.iter().map(|row| row[3].1.clone().expect("a cost"))), expected);
}

/// Begins to read a table, and gives the body with its first part read.
pub(super) async fn begin(router: &Router, path: &str, format: &str) -> (StatusCode, BodyDataStream) {
    use tower::ServiceExt;
    let request = Request::get(format!("{path}&format={format}")).body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let mut body = body.into_data_stream();
    if head.status == StatusCode::OK {
        let part = body.next().await.expect("a part").expect("a part");
        assert!(!part.is_empty());
    }
    (head.status, body)
}

/// Who reads slowly holds a connection: most stay for everybody else.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn so_many_tables_are_sent_at_once(pool: PgPool) {
    let world = world(&pool).await;
    let mut bodies = Vec::new();
    for _ in 0..4 {
        let (status, body) = begin(&world.router, PATH, "csv").await;
        assert_eq!(status, StatusCode::OK);
        bodies.push(body);
    }
    let (status, _) = begin(&world.router, PATH, "csv").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    world.get("/v1/costs?period=2026-09").await;
    bodies.pop();
    let (status, _) = begin(&world.router, PATH, "ndjson").await;
    assert_eq!(status, StatusCode::OK, "a place is given back by whoever goes away");
}
