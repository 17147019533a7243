//! Asking files in a bucket: the answers of a disk, and no more bytes than they need.

use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};

use super::bucket::Bucket;
use super::support::*;
use crate::{EmbeddedEngine, EngineError, EngineOptions, Manifest, Parameter, Question, catalogue};

async fn ask(manifest: &Manifest, question: &Question, parameters: &[Parameter]) -> Result<Vec<String>, EngineError> {
    let schema = question.schema();
    let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    rows(engine().ask(question, parameters, manifest).await?, &columns).await
}

async fn in_s3(bucket: &Bucket) -> Manifest {
    let mut discovery = bucket.source().discover().await.expect("a discovery");
    assert_eq!(discovery.problems, []);
    discovery.manifests.remove(0)
}

/// Of the bytes of the data files, how many were sent.
fn bytes_of_data(bucket: &Bucket) -> u64 {
    bucket.arrived().iter().filter(|arrived| arrived.key.contains("/data/")).map(|arrived| arrived.bytes).sum()
}

#[tokio::test]
async fn a_bucket_gives_the_rows_of_a_disk_to_the_last_digit() {
    let export = Export::sample(3_000);
    let bucket = Bucket::serve(export.root()).await;
    let (disk, s3) = (export.only_manifest().await, in_s3(&bucket).await);
    for (question, parameters) in
        [(&catalogue::BILL_TOTAL, vec![period()]), (&catalogue::DAILY_COST, unfolded().to_vec())]
    {
        let expected = ask(&disk, question, &parameters).await.expect("rows");
        assert!(expected.len() > 10, "{}", expected.len());
        assert_eq!(ask(&s3, question, &parameters).await.expect("rows"), expected, "{}", question.name);
    }
    assert_eq!(engine().probe(&s3).await.expect("columns"), engine().probe(&disk).await.expect("columns"));
}

/// The columns that `sql/bill_total.sql` asks for.
const OF_BILL_TOTAL: [&str; 9] = [
    "bill_billing_entity",
    "bill_invoice_id",
    "line_item_currency_code",
    "line_item_line_item_type",
    "line_item_net_unblended_cost",
    "line_item_product_code",
    "line_item_unblended_cost",
    "pricing_public_on_demand_cost",
    "product",
];

/// The bytes of these columns in a file, and of the whole file.
fn sizes(file: &std::path::Path) -> (u64, u64) {
    let reader = SerializedFileReader::new(std::fs::File::open(file).expect("the file")).expect("Parquet");
    let columns = reader.metadata().row_groups().iter().flat_map(|group| group.columns());
    let wanted = columns.filter(|column| OF_BILL_TOTAL.contains(&column.column_path().parts()[0].as_str()));
    let bytes = wanted.map(|column| column.byte_range().1).sum();
    (bytes, std::fs::metadata(file).expect("the file").len())
}

#[tokio::test]
async fn only_the_footers_and_the_columns_of_a_question_are_read() {
    let export = Export::sample(20_000);
    let bucket = Bucket::serve(export.root()).await;
    let manifest = in_s3(&bucket).await;
    let files = export.only_manifest().await.data_files;
    let sizes = files.iter().map(|file| sizes(file.address.as_path().expect("a path")));
    let (wanted, whole) = sizes.reduce(|one, other| (one.0 + other.0, one.1 + other.1)).expect("files");
    bytes_of_data(&bucket);
    engine().probe(&manifest).await.expect("columns");
    let footers = bytes_of_data(&bucket);
    assert!(footers > 0 && footers <= files.len() as u64 * 65_536, "{footers} bytes of footers");
    ask(&manifest, &catalogue::BILL_TOTAL, &[period()]).await.expect("rows");
    // It looks at the footers once for the columns, and once for the rows.
    let columns = bytes_of_data(&bucket) - 2 * footers;
    // What lies between two columns is read with them where it is less than a request is worth.
    assert!(columns >= wanted && columns < wanted + wanted / 3, "{columns} bytes read, {wanted} wanted");
    assert!(columns * 3 < whole, "{columns} bytes read of {whole}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let export = Export::sample(3_000);
    let bucket = Bucket::serve(export.root()).await;
    let (disk, s3) = (export.only_manifest().await, in_s3(&bucket).await);
    bucket.behaviour().breaking_off = 3;
    let answered = ask(&s3, &catalogue::BILL_TOTAL, &[period()]).await.expect("rows");
    assert_eq!(bucket.behaviour().breaking_off, 0);
    assert_eq!(answered, ask(&disk, &catalogue::BILL_TOTAL, &[period()]).await.expect("rows"));
}

/// Data files that AWS overwrites while they are read must not make one bill of two.
#[tokio::test]
async fn a_file_that_is_overwritten_while_it_is_read_is_no_answer() {
    overwritten_while_it_is_read(false).await;
}

#[tokio::test]
async fn nor_is_it_where_conditions_are_not_understood() {
    overwritten_while_it_is_read(true).await;
}

async fn overwritten_while_it_is_read(unconditional: bool) {
    let export = Export::sample(3_000);
    let bucket = Bucket::serve(export.root()).await;
    bucket.behaviour().unconditional = unconditional;
    let manifest = in_s3(&bucket).await;
    let file = export.path().join("data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet");
    let bytes = std::fs::read(&file).expect("the file");
    // The probe reads its footer, then the question does; after that its rows are read.
    let mut reads = 0;
    bucket.behaviour().meanwhile = Some(Box::new(move |key| {
        reads += usize::from(key.contains("/data/"));
        if reads == 3 {
            std::fs::write(&file, &bytes).expect("written again");
        }
    }));
    let options = EngineOptions { threads: Some(1), ..EngineOptions::default() };
    let one_by_one = EmbeddedEngine::new(options).expect("an engine");
    let error = match one_by_one.ask(&catalogue::DAILY_COST, &unfolded(), &manifest).await {
        Ok(answer) => rows(answer, &[]).await.expect_err("a failure"),
        Err(error) => error,
    };
    assert!(matches!(error, EngineError::ExportChanged { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_with_damage_inside_is_named() {
    let export = Export::sample(3_000);
    let file = export.path().join("data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet");
    let mut bytes = std::fs::read(&file).expect("the file");
    let middle = bytes.len() * 2 / 3;
    bytes[4..middle].fill(0x5a);
    std::fs::write(&file, &bytes).expect("damaged");
    export.metadata("BILLING_PERIOD=2026-10/bill-Manifest.json", &manifest_text(&[FILE]));
    let bucket = Bucket::serve(export.root()).await;
    let error = ask(&in_s3(&bucket).await, &catalogue::BILL_TOTAL, &[period()]).await.expect_err("a failure");
    let message = error.to_string();
    assert!(message.starts_with("s3://bucket/prefix/bill/data/BILLING_PERIOD=2026-10/bill-00001"), "{message}");
    assert!(message.contains("cannot be read: it is damaged"), "{message}");
}

const FILE: &str = "s3://bucket/prefix/bill/data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet";

#[tokio::test]
async fn a_truncated_file_and_one_that_is_no_parquet_are_named() {
    let export = Export::of(&[line()]);
    let file = export.data("BILLING_PERIOD=2026-10/bill-00001.snappy.parquet");
    let bytes = std::fs::read(&file).expect("the file");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("cut");
    export.manifest(PERIOD, &[FILE]);
    let bucket = Bucket::serve(export.root()).await;
    let error = engine().probe(&in_s3(&bucket).await).await.expect_err("a failure").to_string();
    assert!(error.starts_with(FILE) && error.contains("truncated or damaged"), "{error}");

    std::fs::write(export.data("BILLING_PERIOD=2026-10/x.csv.gz"), "gz").expect("a file");
    export.manifest(PERIOD, &["BILLING_PERIOD=2026-10/x.csv.gz"]);
    let error = engine().probe(&in_s3(&bucket).await).await.expect_err("a failure").to_string();
    assert!(error.contains("delivered as CSV; create it with the format Parquet"), "{error}");
}

#[tokio::test]
async fn a_file_that_was_emptied_holds_nothing_and_is_not_asked_for() {
    let export = Export::of(&[line()]);
    std::fs::write(export.data("BILLING_PERIOD=2026-10/bill-00002.snappy.parquet"), "").expect("a file");
    export.manifest(PERIOD, &[FILE, "BILLING_PERIOD=2026-10/bill-00002.snappy.parquet"]);
    let bucket = Bucket::serve(export.root()).await;
    let manifest = in_s3(&bucket).await;
    let total = engine().ask(&catalogue::BILL_TOTAL, &[period()], &manifest).await.expect("an answer");
    assert_eq!(rows(total, &["unblended_cost"]).await.expect("rows"), ["1.000000000000"]);
    assert!(bucket.arrived().iter().all(|arrived| !arrived.key.contains("00002")));
}
