//! `/metrics` and what `/v1/status` says of refreshes.

use std::collections::BTreeMap;

use access::{Grant, GrantText, Grants, Role};
use axum::http::StatusCode;
use chrono::TimeDelta;
use engine::QueryLog;
use serde_json::Value;
use server::config::{AthenaConfig, LimitsConfig};
use server::gate::Gate;
use sqlx::PgPool;

use super::shared::{get_as, instance, ledger, worker, write_month};
use crate::support::{World, now, period};

/// The samples of a text in Prometheus's format 0.0.4. Whatever is not in its grammar fails.
fn parse(text: &str) -> BTreeMap<String, f64> {
    let (mut samples, mut types): (BTreeMap<String, f64>, BTreeMap<&str, &str>) = (BTreeMap::new(), BTreeMap::new());
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    assert!(text.ends_with('\n'), "the last line ends");
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let words: Vec<&str> = rest.splitn(3, ' ').collect();
            match words[..] {
                ["HELP", name, help] => assert!(is_name(name) && !help.is_empty(), "{line}"),
                ["TYPE", name, kind] => {
                    assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                    assert_eq!(types.insert(name, kind), None, "{name} is told of twice");
                }
                _ => panic!("no comment of the format: {line}"),
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
        let (name, labels) = series.split_once('{').map_or((series, ""), |(name, labels)| (name, labels));
        assert!(is_name(name) && (labels.is_empty() || labels.ends_with('}')), "{line}");
        assert_eq!(labels.matches('"').count() % 2, 0, "{line}");
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix).filter(|family| types.get(family) == Some(&"histogram")));
        let family = family.unwrap_or(name);
        assert!(types.contains_key(family), "{name} has no type");
        assert!(types[family] != "counter" || name.ends_with("_total"), "{line}");
        let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        assert_eq!(samples.insert(series.to_owned(), value), None, "{series} is there twice");
    }
    samples
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_measured_can_be_read_by_prometheus(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    worker(&world).look().await.expect("the scheduled refresh");
    world.get("/v1/costs?period=2026-10&group_by=team").await;
    world.ask("/v1/nothing").await;
    let (status, text) = world.ask_for_text("/metrics").await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let samples = parse(&text);
    let value = |series: &str| *samples.get(series).unwrap_or_else(|| panic!("no {series} in {text}"));
    assert_eq!(value("chargeback_store_reachable"), 1.0);
    assert_eq!(value("chargeback_build_info{version=\"0.1.0\"}"), 1.0);
    assert_eq!(value("chargeback_http_requests_total{method=\"GET\",route=\"/v1/costs\",status=\"200\"}"), 1.0);
    assert_eq!(value("chargeback_http_requests_total{method=\"GET\",route=\"(unknown)\",status=\"404\"}"), 1.0);
    assert_eq!(value("chargeback_http_request_seconds_count{method=\"GET\",route=\"/v1/costs\"}"), 1.0);
    assert_eq!(value("chargeback_refresh_seconds_count{state=\"succeeded\"}"), 1.0);
    assert_eq!(value("chargeback_last_refresh_succeeded{export=\"sample\",period=\"2026-10\"}"), 1.0);
    assert_eq!(value("chargeback_manifest_lag_seconds{export=\"sample\",period=\"2026-10\"}"), 0.0);
    assert_eq!(value("chargeback_tie_out_delta{period=\"2026-04\",currency=\"USD\"}"), 0.0);
    // The figures of the example in the README, as floats.
    assert_eq!(value("chargeback_unattributed_cost{period=\"2026-04\",currency=\"USD\"}"), 1.78);
    let version = world.get("/v1/status").await["data"]["data_version"].clone();
    assert_eq!(format!("v{}", value("chargeback_data_version")), version.as_str().expect("a version"));

    let log = ledger(&world, AthenaConfig::default(), now());
    let query = engine::QueryAsked {
        engine: "athena",
        question: "daily_cost",
        fingerprint: String::new(),
        parameters: Vec::new(),
        export: "sample".to_owned(),
        period: period("2026-10"),
        delivery: String::new(),
        execution_id: "a".to_owned(),
    };
    let second = std::time::Duration::from_secs(1);
    let ended =
        engine::QueryEnded { failure: None, scanned_bytes: Some(12_345_678), queued: second, ran: second, rows: 1 };
    log.ended(&query, &ended).await;
    let samples = parse(&world.ask_for_text("/metrics").await.1);
    let labels = "{engine=\"athena\",question=\"daily_cost\"}";
    assert_eq!(samples[&format!("chargeback_query_scanned_bytes_total{labels}")], 12_345_678.0);
    let bucket = |le: &str| {
        let is_it =
            |series: &&String| series.starts_with("chargeback_query_seconds_bucket") && series.contains("athena");
        samples
            .iter()
            .find(|(series, _)| is_it(series) && series.contains(&format!("le=\"{le}")))
            .map(|(_, value)| *value)
    };
    assert_eq!((bucket("0.5"), bucket("1"), bucket("+Inf")), (Some(0.0), Some(1.0), Some(1.0)));
    assert_eq!(samples["chargeback_queries_today_scanned_bytes{engine=\"athena\"}"], 12_345_678.0);
    assert_eq!(samples["chargeback_queries_today_price_usd{engine=\"athena\"}"], 0.000_065);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_label_is_somebody_and_no_figure_is_for_those_who_see_a_part(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let router = world.guarded();
    let grant = |text: GrantText| Grants::from_iter([&Grant::try_from(text).expect("a grant")]);
    let viewer = |text: GrantText| grant(GrantText { role: Some(Role::Viewer), ..text });
    let whole = world.key(&viewer(GrantText { everything: true, ..GrantText::default() }), 1).await;
    let part =
        world.key(&viewer(GrantText { teams: vec!["data-science".to_owned()], ..GrantText::default() }), 1).await;
    get_as(&router, &part, "/v1/teams/data-science/showback?period=2026-10").await;
    for (key, sees_money) in [(&whole, true), (&part, false)] {
        let (status, headers, text) = get_as(&router, key, "/metrics").await;
        let text = text.as_str().expect("text").to_owned();
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        let samples = parse(&text);
        let money = samples
            .keys()
            .filter(|series| ["tie_out", "unclassified", "unattributed"].iter().any(|figure| series.contains(figure)));
        assert_eq!(money.count() > 0, sees_money, "{text}");
        for name in ["data-science", "data science", "test", "arn:", "alice"] {
            assert!(!text.to_lowercase().contains(&format!("\"{name}")), "{name} in {text}");
        }
    }
    let (status, _, _) = get_as(&router, "Bearer nonsense", "/metrics").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn refusals_are_counted_and_an_absent_database_is_a_measure_too(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let one = LimitsConfig { answers_per_minute: 1.try_into().expect("not zero"), ..LimitsConfig::default() };
    let limited = world.limited(&one, Gate::open());
    for expected in [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(get_as(&limited, "", "/problems").await.0, expected);
    }
    pool.close().await;
    let samples = parse(&world.ask_for_text("/metrics").await.1);
    assert_eq!(samples["chargeback_rate_limited_requests_total"], 2.0);
    assert_eq!(samples["chargeback_store_reachable"], 0.0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_status_says_how_fresh_each_export_is_from_every_instance(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    write_month(&world, "2026-10", "2");
    worker(&world).look().await.expect("the scheduled refresh");
    // This manifest was written ten minutes before it was published, an hour ago.
    sqlx::query("update load set manifest_written_at = $1, finished_at = $2")
        .bind(now() - TimeDelta::minutes(70))
        .bind(now() - TimeDelta::minutes(60))
        .execute(&pool)
        .await
        .expect("an older load");
    insta::assert_json_snapshot!(world.get("/v1/status").await["data"]["exports"]);

    // AWS delivers it again, and it cannot be read.
    let later = now() + TimeDelta::minutes(30);
    write_month(&world, "2026-10", "3");
    std::fs::write(world.data_file(period("2026-10")), "no Parquet").expect("damage");
    instance(&world, later).look().await.expect("the scheduled refresh");
    sqlx::query("update refresh_part set manifest_written_at = $1 where result = 'failed'")
        .bind(now() - TimeDelta::minutes(5))
        .execute(&pool)
        .await
        .expect("a manifest of five minutes ago");
    let export = world.get("/v1/status").await["data"]["exports"][0].clone();
    assert_eq!((&export["behind_seconds"], &export["age_seconds"]), (&Value::from(300), &Value::from(4200)));
    assert_eq!(export["last_refreshes"][0]["result"], "failed");
    let samples = parse(&world.ask_for_text("/metrics").await.1);
    let labels = "{export=\"sample\",period=\"2026-10\"}";
    assert_eq!(samples[&format!("chargeback_manifest_lag_seconds{labels}")], 300.0);
    assert_eq!(samples[&format!("chargeback_last_refresh_succeeded{labels}")], 0.0);
    assert_eq!(samples[&format!("chargeback_publishing_lag_seconds{labels}")], 600.0);
    assert_eq!(samples[&format!("chargeback_data_age_seconds{labels}")], 4200.0);
}
