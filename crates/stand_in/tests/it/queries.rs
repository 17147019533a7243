//! A query from its start to its rows, asked with AWS's own client.

#![allow(clippy::unwrap_used)]

use crate::support::{World, id, reason, state, texts};
use aws_sdk_athena::types::QueryExecutionState;

const BILL_TOTAL: &str = include_str!("../../../../sql/bill_total.sql");
const DAILY_COST: &str = include_str!("../../../../sql/daily_cost.sql");

#[tokio::test]
async fn a_question_of_ours_is_answered() {
    let world = World::new().await;
    let rows = world.rows(BILL_TOTAL, &["'2026-04'", "''"]).await;
    let text = |row: &[Option<String>], at: usize| row[at].clone().unwrap_or_default();
    assert_eq!(rows.len(), 1);
    assert_eq!(text(&rows[0], 2), "Usage");
    assert_eq!(text(&rows[0], 4), "5.197800000000");
    assert_eq!(text(&rows[0], 7), "16");

    let execution =
        world.run(world.start(BILL_TOTAL).execution_parameters("'2026-04'").execution_parameters("''")).await;
    let scanned = execution.statistics().unwrap().data_scanned_in_bytes().unwrap();
    let month = std::fs::read_dir(world.folder.path().join("exports/cur2/bedrock-cur2/data/BILLING_PERIOD=2026-04"));
    let size: u64 = month.unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert!((1..=size as i64).contains(&scanned), "{scanned} bytes of {size}: no other month, and not every column");
}

#[tokio::test]
async fn the_result_file_is_written_as_athena_writes_it() {
    let world = World::new().await;
    let text = "select 'a \"b\", c' as text, cast(null as varchar) as nothing, '' as empty, 1.5 as number, \
                date '2026-10-01' as day, cast(1 as double) / 8 as share, tags from cur2 \
                where billing_period = '2026-04' and line_item_iam_principal like '%gw-user-1' limit 1";
    let execution = world.run(world.start(text)).await;
    assert_eq!(reason(&execution), "");
    let location = execution.result_configuration().unwrap().output_location().unwrap();
    assert_eq!(location, format!("s3://results/{}.csv", id(&execution)));
    let csv = world.object("results", &format!("{}.csv", id(&execution))).await;
    assert_eq!(
        String::from_utf8(csv).unwrap(),
        "\"text\",\"nothing\",\"empty\",\"number\",\"day\",\"share\",\"tags\"\n\
         \"a \"\"b\"\", c\",,\"\",\"1.5\",\"2026-10-01\",\"0.125\",\"{iamPrincipal/team=data-science}\"\n"
    );
    let metadata = world.object("results", &format!("{}.csv.metadata", id(&execution))).await;
    assert!(!metadata.is_empty());

    let results = world.athena.get_query_results().query_execution_id(id(&execution)).send().await.unwrap();
    let set = results.result_set.unwrap();
    let row = texts(&set.rows.as_ref().unwrap()[1]);
    assert_eq!((row[1].as_deref(), row[2].as_deref()), (None, Some("")), "NULL is a value that is missing");
    let types = set.result_set_metadata.unwrap().column_info.unwrap();
    let types = types.iter().map(|column| column.r#type()).collect::<Vec<_>>();
    assert_eq!(types, ["varchar", "varchar", "varchar", "decimal", "date", "double", "map"]);
}

#[tokio::test]
async fn results_come_in_pages_with_one_header() {
    let world = World::new().await;
    let execution =
        world.run(world.start("select line_item_usage_amount from cur2 where billing_period = '2026-10'")).await;
    let mut pages = world.athena.get_query_results().query_execution_id(id(&execution)).into_paginator().send();
    let (mut rows, mut headers, mut sizes) = (0, 0, Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.unwrap().result_set.unwrap().rows.unwrap();
        headers += page.iter().filter(|row| texts(row)[0].as_deref() == Some("line_item_usage_amount")).count();
        rows += page.len();
        sizes.push(page.len());
    }
    assert_eq!((headers, rows as u64 - 1), (1, world.stand_in.executions()[0].rows));
    assert!(sizes.len() > 1 && sizes[0] == 1000, "{sizes:?}");
    let too_many = world.athena.get_query_results().query_execution_id(id(&execution)).max_results(1001).send().await;
    assert!(too_many.unwrap_err().into_service_error().is_invalid_request_exception());
}

#[tokio::test]
async fn columns_without_a_name_are_numbered() {
    let world = World::new().await;
    let execution = world.run(world.start("select 1 as one, 2, count(*) from cur2")).await;
    let results = world.athena.get_query_results().query_execution_id(id(&execution)).send().await.unwrap();
    let header = texts(&results.result_set.unwrap().rows.unwrap()[0]);
    assert_eq!(header, ["one", "_col1", "_col2"].map(|name| Some(name.to_owned())));
}

#[tokio::test]
async fn unload_writes_parquet_under_an_empty_prefix() {
    let world = World::new().await;
    let text =
        format!("UNLOAD ({DAILY_COST}) TO 's3://results/rollup/' WITH (format = 'PARQUET', compression = 'SNAPPY')");
    let start = || {
        ["'^$'", "''", "'2026-10'", "''"]
            .into_iter()
            .fold(world.start(&text), |start, value| start.execution_parameters(value))
    };
    let execution = world.run(start()).await;
    assert_eq!(reason(&execution), "");
    let manifest = execution.statistics().unwrap().data_manifest_location().unwrap().to_owned();
    assert_eq!(manifest, format!("s3://results/{}-manifest.csv", id(&execution)));
    let manifest = world.object("results", &format!("{}-manifest.csv", id(&execution))).await;
    let manifest = String::from_utf8(manifest).unwrap();
    let files = manifest.lines().map(|line| line.strip_prefix("s3://results/").unwrap()).collect::<Vec<_>>();
    assert!(files.len() > 1, "{manifest}");
    for file in files {
        assert!(world.object("results", file).await.starts_with(b"PAR1"));
    }
    assert!(world.stand_in.executions()[0].rows > 100);

    let again = world.run(start()).await;
    assert!(reason(&again).starts_with("HIVE_PATH_ALREADY_EXISTS"), "{}", reason(&again));
}

#[tokio::test]
async fn everything_in_the_folder_is_read_and_counted_again() {
    let world = World::new().await;
    let text = "select count(*) from cur2 where billing_period = ?";
    assert_eq!(world.rows(text, &["'2026-04'"]).await, [[Some("16".to_owned())]]);
    let month = world.folder.path().join("exports/cur2/bedrock-cur2/data/BILLING_PERIOD=2026-04");
    let file = std::fs::read_dir(&month).unwrap().next().unwrap().unwrap().path();
    std::fs::create_dir(month.join("20260501T000000Z-copy")).unwrap();
    for copy in ["stray.parquet", "20260501T000000Z-copy/stray.parquet", "_hidden.parquet", ".hidden.parquet"] {
        std::fs::copy(&file, month.join(copy)).unwrap();
    }
    std::fs::write(month.join("empty.parquet"), "").unwrap();
    assert_eq!(world.rows(text, &["'2026-04'"]).await, [[Some("32".to_owned())]], "8 rows in each of two more files");
    let prefix =
        "select count(*), count(distinct \"$path\") from cur2 where billing_period = ? and starts_with(\"$path\", ?)";
    let folder = "'s3://exports/cur2/bedrock-cur2/data/BILLING_PERIOD=2026-04/20260501T000000Z-copy/'";
    let eight = vec![Some("8".to_owned()), Some("1".to_owned())];
    assert_eq!(world.rows(prefix, &["'2026-04'", folder]).await, [eight]);
    std::fs::write(month.join("stray.json"), "{}").unwrap();
    let reason = world.failure(text, &["'2026-04'"]).await;
    assert!(reason.starts_with("HIVE_"), "{reason}");
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_said_in_athenas_words() {
    let world = World::new().await;
    for (text, code) in [
        ("select no_such_column from cur2", "COLUMN_NOT_FOUND"),
        ("select 1 from no_such_table", "TABLE_NOT_FOUND"),
        ("select no_such_function(1)", "FUNCTION_NOT_FOUND"),
        ("select tags['no such key'] from cur2 where billing_period = '2026-04'", "INVALID_FUNCTION_ARGUMENT"),
    ] {
        let reason = world.failure(text, &[]).await;
        assert!(reason.starts_with(code), "{text}: {reason}");
    }
    for parameter in ["2026-10", "date '2026-10-01'", "true"] {
        let reason = world.failure("select 1 from cur2 where billing_period = ?", &[parameter]).await;
        assert!(reason.starts_with("TYPE_MISMATCH: line 1:1: Cannot apply operator: varchar = "), "{reason}");
    }
    let day = "select 1 from cur2 where line_item_usage_start_date between '2026-10-01' and '2026-10-02'";
    assert!(world.failure(day, &[]).await.starts_with("TYPE_MISMATCH"));
    let refused = world.start("selct 1").send().await.unwrap_err().into_service_error();
    assert!(refused.is_invalid_request_exception(), "{refused}");
    let reason = world.failure("select 1 from cur2 where billing_period = ?", &["october"]).await;
    assert!(reason.starts_with("COLUMN_NOT_FOUND: line 1:1: Column 'october'"), "{reason}");

    world.stand_in.change(|settings| settings.missing_map_key = stand_in::MissingMapKey::Null);
    let rows = world.rows("select tags['no such key'] from cur2 where billing_period = '2026-04' limit 1", &[]).await;
    assert_eq!(rows, [[None]]);
    let execution = world.run(world.start("select 1")).await;
    assert_eq!(state(&execution), QueryExecutionState::Succeeded);
}
