//! The real binary, killed while a query runs: the next one picks the query up, and it is paid for once.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use engine::Fetch;
use sqlx::PgPool;

use super::world::{Cloud, EXPORT, RESULTS, through_athena};
use crate::support::database_url;

fn start(config: &Path, cloud: &Cloud) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chargeback"));
    command.args(["refresh", "--period", "2026-10", "--config"]).arg(config);
    command.env("AWS_ENDPOINT_URL_S3", cloud.stand_in.url()).env("AWS_ENDPOINT_URL_ATHENA", cloud.stand_in.url());
    command
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "us-east-1");
    command.env("AWS_EC2_METADATA_DISABLED", "true").stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_query_is_picked_up_again_and_billed_once(pool: PgPool) {
    let (world, cloud) = through_athena(pool.clone(), Fetch::Auto).await;
    let config = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
    let text = format!(
        "[store]\nurl = \"{}\"\n[engine]\nkind = \"athena\"\n[athena]\ndatabase = \"billing\"\nresults = \"{RESULTS}\"\n\
         [[export]]\nname = \"sample\"\nlocation = \"{EXPORT}\"\nregion = \"us-east-1\"\n",
        database_url(&pool)
    );
    std::fs::write(config.path(), text).expect("a configuration");
    cloud.stand_in.change(|settings| settings.run_ms = 4_000);

    let mut first = start(config.path(), &cloud);
    while cloud.stand_in.executions().is_empty() {
        assert_eq!(first.try_wait().expect("a process"), None, "it has not ended before it asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    first.kill().expect("killed");
    first.wait().expect("its end");

    let second = start(config.path(), &cloud);
    let output = tokio::task::spawn_blocking(|| second.wait_with_output()).await.expect("a thread").expect("its end");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let executions = cloud.stand_in.executions();
    let states: Vec<&str> = executions.iter().map(|execution| execution.state.as_str()).collect();
    assert_eq!(states, ["SUCCEEDED", "SUCCEEDED"], "one query for each question: {executions:#?}");
    assert_eq!(executions[0].starts, 2, "asked for by both processes, under one token");

    let billed: Vec<(String, i64)> =
        sqlx::query_as("select execution_id, scanned_bytes from query order by started_at")
            .fetch_all(&pool)
            .await
            .expect("rows");
    let paid: Vec<(String, i64)> =
        executions.iter().map(|execution| (execution.id.clone(), execution.bytes_scanned as i64)).collect();
    assert_eq!(billed, paid, "each is in the ledger once");
    assert!(world.get("/v1/costs?period=2026-10").await["data"][0]["cost"].is_string());
}
