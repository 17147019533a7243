//! The real binary: killed in the middle of a refresh, the next start finishes it; the command shows what was done.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sample::SampleOptions;
use server::refresh::Step;
use sqlx::PgPool;
use tempfile::TempDir;

use crate::support::World;

/// A configuration over the test's database and a sample export.
fn configuration(pool: &PgPool, lines: u64) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SampleOptions { lines, folder: folder.path().join("export"), ..SampleOptions::default() };
    sample::write(&options, |_| {}).expect("a sample");
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nurl = \"{}\"\n[[export]]\nname = \"sample\"\nlocation = \"export\"\n",
        database_url(pool)
    );
    std::fs::write(folder.path().join("chargeback.toml"), text).expect("a configuration");
    folder
}

fn database_url(pool: &PgPool) -> String {
    let server = std::env::var("DATABASE_URL").expect("DATABASE_URL");
    let options = pool.connect_options();
    let database = options.get_database().expect("a database");
    let (address, query) = server.split_once('?').map_or((server.as_str(), ""), |(address, query)| (address, query));
    let (host, _) = address.rsplit_once('/').expect("an address with a database");
    format!("{host}/{database}?{query}")
}

fn chargeback(folder: &Path, command: &str) -> Command {
    let mut chargeback = Command::new(env!("CARGO_BIN_EXE_chargeback"));
    chargeback.args([command, "--config"]).arg(folder.join("chargeback.toml"));
    chargeback
}

/// Serves until it says that it begins this step for the third time, and is killed then and there.
fn serve_and_kill(folder: &Path, step: Step) {
    let mut child =
        chargeback(folder, "serve").stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    let log = BufReader::new(child.stderr.take().expect("its log"));
    let reached = log.lines().map_while(Result::ok).filter(|line| line.contains(step.as_str())).nth(2);
    child.kill().expect("the kill");
    child.wait().expect("the end");
    assert!(reached.is_some(), "the step was never begun");
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn refreshes(pool: &PgPool) -> Vec<(String, i32, i64)> {
    sqlx::query_as(
        "select state, attempts, (select count(*) from refresh_part as part
                                   where part.refresh_id = refresh.refresh_id and result = 'published')
           from refresh order by created_at",
    )
    .fetch_all(pool)
    .await
    .expect("the refreshes")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refresh_whose_process_is_killed_is_finished_after_the_restart(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let folder = configuration(&pool, 3_000);
    serve_and_kill(folder.path(), Step::DailyCost);
    let killed = refreshes(&pool).await;
    assert_eq!((killed.len(), killed[0].0.as_str(), killed[0].1), (1, "running", 1), "{killed:?}");
    let published: i64 = sqlx::query_scalar("select count(*) from load where state = 'current'")
        .fetch_one(&pool)
        .await
        .expect("a count");
    assert_eq!(published, 2, "two months were published, the third was being read");

    let log = Stdio::from(std::fs::File::create(folder.path().join("log")).expect("a file"));
    let _running = Running(chargeback(folder.path(), "serve").stderr(log).spawn().expect("it starts"));
    for _ in 0..600 {
        if refreshes(&pool).await[0].0 == "succeeded" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let healed = refreshes(&pool).await;
    let months: i64 =
        sqlx::query_scalar("select count(distinct period) from load").fetch_one(&pool).await.expect("a count");
    // The start asked for what was under way already.
    assert_eq!(healed.len(), 1, "{healed:?}");
    assert_eq!((healed[0].0.as_str(), healed[0].1), ("succeeded", 2), "{healed:?}");
    let versions: Vec<i32> =
        sqlx::query_scalar("select max(version) from load where state = 'current' group by period order by period")
            .fetch_all(&pool)
            .await
            .expect("the versions");
    assert_eq!(versions.len() as i64, months);
    // What the first process had published was not read again; what it was killed at was begun anew.
    assert_eq!((versions[0], versions[1], versions[2]), (1, 1, 2));
    let running: i64 = sqlx::query_scalar("select count(*) from query where state = 'running'")
        .fetch_one(&pool)
        .await
        .expect("a count");
    assert_eq!(running, 0, "no question is taken for one that still runs");
    let warned = world.get("/v1/status").await["data"]["warnings"].to_string();
    assert!(!warned.contains("refresh_failed") && !warned.contains("load_failed"), "{warned}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_command_writes_one_line_for_each_period(pool: PgPool) {
    let folder = configuration(&pool, 300);
    let run = |more: &[&str]| {
        let output = chargeback(folder.path(), "refresh").args(more).output().expect("it runs");
        (
            output.status.code(),
            String::from_utf8(output.stdout).expect("UTF-8"),
            String::from_utf8(output.stderr).expect("UTF-8"),
        )
    };
    let (code, first, log) = run(&["--period", "2026-09", "--period", "2026-10"]);
    assert_eq!(code, Some(0), "{log}");
    let lines: Vec<&str> = first.lines().collect();
    assert_eq!(lines.len(), 2, "{first}");
    assert!(lines[0].starts_with("sample 2026-09 published: version 1 with "), "{first}");
    // Standard error is no terminal here: plain lines, and nothing is drawn.
    assert!(Step::ALL.iter().all(|step| log.contains(step.as_str())) && !log.contains('\r'), "{log}");
    assert_eq!(run(&["--period", "2026-10"]).1, "sample 2026-10 unchanged: version 1 is what the export holds\n");
    let (code, failed, _) = run(&["--period", "2020-01"]);
    assert_eq!((code, failed.as_str()), (Some(1), "sample 2020-01 failed: the export holds no manifest for 2020-01\n"));
}
