//! The ways in which a writer may write the same bill: all read alike.

use std::fs;
use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int96, Int96Type};
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::file::writer::SerializedFileWriter;
use datafusion::parquet::schema::parser::parse_message_type;

use super::support::*;
use crate::{EngineError, ExportColumns, catalogue};

fn rich_line() -> Line {
    line()
        .cost(0.123456789)
        .amount("line_item_usage_amount", 2.0)
        .text("pricing_unit", "Units")
        .text("line_item_line_item_description", "a|b|c")
        .principal("arn:aws:iam::444455556666:user/alice")
        .started("2026-10-05T23:59:59Z")
        .map("tags", &[("iamPrincipal/team", "ds")])
}

const SEEN: [&str; 8] = [
    "usage_date",
    "charge_type",
    "product_name",
    "description_unit",
    "iam_principal",
    "tags",
    "unblended_cost",
    "usage_quantity",
];
const READ: &str = "2026-10-05 | Usage | Amazon Bedrock | c | arn:aws:iam::444455556666:user/alice | \
                    {\"iamPrincipal/team\":\"ds\"} | 0.123456789000 | 2.000000000000";

async fn read_as(shape: Shape) -> Vec<String> {
    let export = Export::of(&[]);
    export.chunk("BILLING_PERIOD=2026-10/bill-00001.snappy.parquet", &[rich_line()], &shape);
    export.daily_cost(&SEEN).await
}

#[tokio::test]
async fn text_may_be_of_any_text_type() {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    for text in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View, DataType::Binary, dictionary] {
        assert_eq!(read_as(Shape { text: text.clone(), ..Shape::default() }).await, [READ], "{text}");
    }
}

#[tokio::test]
async fn costs_may_be_doubles_or_decimals() {
    for amount in [DataType::Float64, DataType::Decimal128(18, 9), DataType::Decimal128(38, 18)] {
        assert_eq!(read_as(Shape { amount: amount.clone(), ..Shape::default() }).await, [READ], "{amount}");
    }
}

/// More digits than a double has: read as a double on the way, the last ones would be lost.
#[tokio::test]
async fn a_decimal_cost_is_never_rounded_to_a_double() {
    let export = Export::of(&[line().cost(0.1)]);
    let cost = "123456789012.123456789012";
    let exact = Shape { odd: vec![("line_item_unblended_cost", DataType::Decimal128(38, 12))], ..Shape::default() };
    export.chunk("BILLING_PERIOD=2026-10/exact", &[line().exact_cost(cost)], &exact);
    export.manifest(PERIOD, &["BILLING_PERIOD=2026-10/bill-00001.snappy.parquet", "BILLING_PERIOD=2026-10/exact"]);
    assert_eq!(export.bill_total(&["unblended_cost"]).await, ["123456789012.223456789012"]);
}

#[tokio::test]
async fn timestamps_may_have_any_unit_and_any_zone_and_count_in_utc() {
    for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
        for zone in [None, Some("UTC"), Some("+00:00"), Some("+05:30")] {
            let time = DataType::Timestamp(unit, zone.map(Arc::from));
            assert_eq!(read_as(Shape { time: time.clone(), ..Shape::default() }).await, [READ], "{time}");
        }
    }
}

#[tokio::test]
async fn the_parts_of_a_map_may_have_any_names() {
    for map in [["entries", "keys", "values"], ["key_value", "key", "value"], ["map", "k", "v"]] {
        assert_eq!(read_as(Shape { map, ..Shape::default() }).await, [READ], "{map:?}");
    }
}

#[tokio::test]
async fn files_of_one_delivery_may_differ() {
    let export = Export::new();
    let shapes = [
        Shape::default(),
        Shape {
            text: DataType::LargeUtf8,
            amount: DataType::Decimal128(38, 18),
            time: DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            map: ["entries", "keys", "values"],
            ..Shape::default()
        },
        Shape { lacks: vec!["line_item_net_unblended_cost", "cost_category"], ..Shape::default() },
    ];
    let names = ["BILLING_PERIOD=2026-10/1", "BILLING_PERIOD=2026-10/2", "BILLING_PERIOD=2026-10/3"];
    for (name, shape) in names.iter().zip(&shapes) {
        export.chunk(name, &[rich_line()], shape);
    }
    export.manifest(PERIOD, &names);
    assert_eq!(
        export.daily_cost(&["tags", "unblended_cost", "line_items"]).await,
        [r#"{"iamPrincipal/team":"ds"} | 0.370370367000 | 3"#]
    );
}

/// The legacy timestamp of Spark and Hive, in a file with three columns: everything else is NULL.
#[tokio::test]
async fn a_legacy_timestamp_is_read_and_missing_columns_are_null() {
    let export = Export::of(&[]);
    let message = "message bill {
        optional int96 line_item_usage_start_date;
        optional binary line_item_product_code (UTF8);
        optional binary bill_billing_entity;
        optional double line_item_unblended_cost;
    }";
    let schema = Arc::new(parse_message_type(message).expect("a schema"));
    let file = fs::File::create(export.data("BILLING_PERIOD=2026-10/bill-00001.snappy.parquet")).expect("a file");
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::new())).expect("a writer");
    let mut rows = writer.next_row_group().expect("a row group");
    let mut noon = Int96::new();
    // Nanoseconds of the day in two halves, at noon, and 2026-10-05 as a Julian day.
    let nanoseconds = 12 * 3600 * 1_000_000_000_u64;
    noon.set_data(nanoseconds as u32, (nanoseconds >> 32) as u32, 2_440_588 + 20_731);
    let mut column = rows.next_column().expect("a column").expect("a column");
    column.typed::<Int96Type>().write_batch(&[noon], Some(&[1]), None).expect("written");
    column.close().expect("closed");
    for text in ["AmazonBedrock", "AWS"] {
        let mut column = rows.next_column().expect("a column").expect("a column");
        column.typed::<ByteArrayType>().write_batch(&[ByteArray::from(text)], Some(&[1]), None).expect("written");
        column.close().expect("closed");
    }
    let mut column = rows.next_column().expect("a column").expect("a column");
    column.typed::<DoubleType>().write_batch(&[1.5], Some(&[1]), None).expect("written");
    column.close().expect("closed");
    rows.close().expect("closed");
    writer.close().expect("closed");

    let columns = ["usage_date", "product_code", "billing_entity", "tags", "iam_principal", "net_unblended_cost"];
    let expected = ["2026-10-05 | AmazonBedrock | AWS | NULL | NULL | 1.500000000000"];
    assert_eq!(export.daily_cost(&columns).await, expected);
}

#[tokio::test]
async fn an_export_without_the_optional_columns_is_read_and_says_so() {
    let lacks = vec!["line_item_iam_principal", "line_item_net_unblended_cost", "tags"];
    let export = Export::of(&[]);
    let shape = Shape { lacks, ..Shape::default() };
    export.chunk("BILLING_PERIOD=2026-10/bill-00001.snappy.parquet", &[rich_line()], &shape);
    let columns = engine().probe(&export.only_manifest().await).await.expect("columns");
    assert_eq!(columns, ExportColumns { principal: false, net_unblended: false, tags: false });
    assert_eq!(
        export.daily_cost(&["iam_principal", "tags", "net_unblended_cost"]).await,
        ["NULL | NULL | 0.123456789000"]
    );

    let whole = Export::of(&[line()]);
    let columns = engine().probe(&whole.only_manifest().await).await.expect("columns");
    assert_eq!(columns, ExportColumns { principal: true, net_unblended: true, tags: true });
}

#[tokio::test]
async fn empty_chunks_are_normal() {
    let export = Export::of(&[line()]);
    export.chunk("BILLING_PERIOD=2026-10/no-rows", &[], &Shape::default());
    fs::write(export.data("BILLING_PERIOD=2026-10/no-bytes"), "").expect("a file");
    export.manifest(
        PERIOD,
        &[
            "BILLING_PERIOD=2026-10/no-bytes",
            "BILLING_PERIOD=2026-10/no-rows",
            "BILLING_PERIOD=2026-10/bill-00001.snappy.parquet",
        ],
    );
    assert_eq!(export.daily_cost(&["unblended_cost"]).await, ["1.000000000000"]);
    for files in [&[][..], &["BILLING_PERIOD=2026-10/no-bytes"], &["BILLING_PERIOD=2026-10/no-rows"]] {
        export.manifest(PERIOD, files);
        assert_eq!(export.daily_cost(&["unblended_cost"]).await, [""; 0], "{files:?}");
        assert_eq!(export.bill_total(&["unblended_cost"]).await, [""; 0], "{files:?}");
    }
}

#[tokio::test]
async fn a_column_of_another_type_is_refused_with_what_was_found_and_expected() {
    let cases = [
        ("line_item_unblended_cost", DataType::Utf8, "Utf8", "a double or a decimal"),
        ("line_item_unblended_cost", DataType::Float32, "Float32", "a double or a decimal"),
        ("line_item_usage_start_date", DataType::Int64, "Int64", "a timestamp"),
    ];
    for (column, written, found, expected) in cases {
        let export = Export::of(&[]);
        let shape = Shape { odd: vec![(column, written)], ..Shape::default() };
        let file = "BILLING_PERIOD=2026-10/bill-00001.snappy.parquet";
        export.chunk(file, &[line()], &shape);
        let error = export.failure(&catalogue::DAILY_COST, &unfolded()).await;
        assert!(matches!(error, EngineError::ColumnType { .. }), "{error:?}");
        let path = export.data(file);
        let sentence = format!("{}: column `{column}` has type {found}, expected {expected}", path.display());
        assert_eq!(error.to_string(), sentence);
    }
}
