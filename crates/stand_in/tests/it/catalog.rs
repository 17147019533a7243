//! Tables, as statements make them and as clients look at them.

#![allow(clippy::unwrap_used)]

use crate::support::{DATA, World, reason};
use aws_sdk_athena::types::TableMetadata;

async fn metadata(world: &World, table: &str) -> TableMetadata {
    let request = world.athena.get_table_metadata().catalog_name("AwsDataCatalog").database_name("billing");
    request.table_name(table).send().await.unwrap().table_metadata.unwrap()
}

#[tokio::test]
async fn a_crawled_table_has_the_columns_of_its_files() {
    let world = World::new().await;
    let table = metadata(&world, "CUR2").await;
    let kind =
        |name: &str| table.columns().iter().find(|column| column.name() == name).and_then(|column| column.r#type());
    assert_eq!(kind("line_item_unblended_cost"), Some("double"));
    assert_eq!(kind("tags"), Some("map<string,string>"));
    assert_eq!(kind("line_item_usage_start_date"), Some("timestamp"));
    assert_eq!(table.partition_keys()[0].name(), "billing_period");
    assert_eq!(table.parameters().unwrap()["location"], DATA);
    assert_eq!(table.columns().len(), 131);
    let missing = world.athena.get_table_metadata().catalog_name("AwsDataCatalog").database_name("billing");
    let missing = missing.table_name("nothing").send().await.unwrap_err().into_service_error();
    assert!(missing.is_metadata_exception(), "{missing}");
}

#[tokio::test]
async fn a_table_is_what_its_definition_says() {
    let world = World::new().await;
    let definition = format!(
        "CREATE EXTERNAL TABLE `made` (line_item_unblended_cost double, `not_in_files` string)
         PARTITIONED BY (billing_period string) STORED AS PARQUET LOCATION '{DATA}'"
    );
    let projected = format!(
        "{} TBLPROPERTIES ('projection.enabled' = 'true', 'projection.billing_period.type' = 'date',
         'projection.billing_period.format' = 'yyyy-MM', 'projection.billing_period.range' = '2026-04,2026-10',
         'storage.location.template' = '{DATA}BILLING_PERIOD=${{billing_period}}')",
        definition.replace("made", "projected")
    );
    for statement in [&definition, &projected] {
        assert_eq!(reason(&world.run(world.start(statement)).await), "");
    }
    let count =
        |table: &str| format!("select count(*), count(not_in_files) from {table} where billing_period = '2026-04'");
    let rows = |count: &str| [vec![Some(count.to_owned()), Some("0".to_owned())]];
    assert_eq!(world.rows(&count("projected"), &[]).await, rows("16"));
    assert_eq!(world.rows(&count("made"), &[]).await, rows("0"), "a partition that nobody added holds nothing");
    // The folders' keys are in upper case, which a repair does not find.
    assert_eq!(reason(&world.run(world.start("MSCK REPAIR TABLE made")).await), "");
    assert_eq!(world.rows(&count("made"), &[]).await, rows("0"));
    let partition =
        format!("ALTER TABLE made ADD PARTITION (billing_period = '2026-04') LOCATION '{DATA}BILLING_PERIOD=2026-04/'");
    assert_eq!(reason(&world.run(world.start(&partition)).await), "");
    assert_eq!(world.rows(&count("made"), &[]).await, rows("16"));

    let principals = "select count(line_item_iam_principal) from made where billing_period = '2026-04'";
    assert!(world.failure(principals, &[]).await.starts_with("COLUMN_NOT_FOUND"));
    let mended = world.run(world.start("ALTER TABLE made ADD COLUMNS (line_item_iam_principal string)")).await;
    assert_eq!(reason(&mended), "");
    assert_eq!(world.rows(principals, &[]).await, [[Some("16".to_owned())]]);
    assert_eq!(reason(&world.run(world.start("DROP TABLE made")).await), "");
    assert!(world.failure(principals, &[]).await.starts_with("TABLE_NOT_FOUND"));
}

#[tokio::test]
async fn a_view_stands_for_its_query() {
    let world = World::new().await;
    let view = "create view april as select billing_period, line_item_unblended_cost from cur2 where billing_period = '2026-04'";
    assert_eq!(reason(&world.run(world.start(view)).await), "");
    assert_eq!(
        world.rows("select count(*) from \"awsdatacatalog\".\"billing\".april", &[]).await,
        [[Some("16".to_owned())]]
    );
    let table = metadata(&world, "april").await;
    assert_eq!(table.table_type(), Some("VIRTUAL_VIEW"));
    assert_eq!(
        table.columns().iter().map(|column| column.name()).collect::<Vec<_>>(),
        ["billing_period", "line_item_unblended_cost"]
    );
}

#[tokio::test]
async fn a_table_can_be_made_of_a_query() {
    let world = World::new().await;
    let text = "CREATE TABLE copied WITH (format = 'PARQUET', external_location = 's3://results/copied/') AS \
                select line_item_line_item_type, line_item_unblended_cost from cur2 where billing_period = '2026-04'";
    assert_eq!(reason(&world.run(world.start(text)).await), "");
    assert_eq!(world.rows("select count(*) from copied", &[]).await, [[Some("16".to_owned())]]);
}
