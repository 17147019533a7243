//! The private cluster, on real servers. Needs PostgreSQL programs, and no `DATABASE_URL`.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use private_postgres::{Durability, EmbeddedError, EmbeddedOptions, EmbeddedPostgres};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

/// A folder under which the server's user may work too, when the tests run as root.
fn open_folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("embedded-test-").tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
    folder
}

fn quick(folder: impl Into<PathBuf>) -> EmbeddedOptions {
    EmbeddedOptions { durability: Durability::Throwaway, ..EmbeddedOptions::new(folder) }
}

fn start(folder: &Path) -> EmbeddedPostgres {
    EmbeddedPostgres::start(quick(folder)).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(options: EmbeddedOptions) -> String {
    EmbeddedPostgres::start(options).map(|server| server.url()).expect_err("it should have been refused").to_string()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn connect(server: &EmbeddedPostgres) -> PgConnection {
    PgConnection::connect_with(&server.connect_options()).await.unwrap()
}

fn run(server: &EmbeddedPostgres, sql: &'static str) {
    wait(async { connect(server).await.execute(sql).await.map(drop).unwrap() });
}

fn text(server: &EmbeddedPostgres, sql: &'static str) -> String {
    wait(async { sqlx::query_scalar(sql).fetch_one(&mut connect(server).await).await.unwrap() })
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn kill(process: u32, signal: Signal) {
    kill_process(Pid::from_raw(process.cast_signed()).unwrap(), signal).unwrap();
}

/// Whether a process runs; a dead one that nobody has waited for does not.
fn runs(process: u32) -> bool {
    let status = Command::new("ps").args(["-o", "stat=", "-p", &process.to_string()]).output().unwrap();
    let state = String::from_utf8(status.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

fn within(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < limit {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    condition()
}

#[test]
fn data_is_still_there_at_the_second_start() {
    let folder = open_folder();
    let store = folder.path().join("a/b/store");
    let server = EmbeddedPostgres::start(EmbeddedOptions::new(&store)).unwrap();
    run(&server, "create table kept as select 'von gestern – 昨日' as word");
    let process = server.process_id();
    server.stop();
    assert!(!runs(process));

    let server = EmbeddedPostgres::start(EmbeddedOptions::new(&store)).unwrap();
    assert_eq!(text(&server, "select word from kept"), "von gestern – 昨日");
}

#[test]
fn a_new_database_is_named_encoded_and_durable_as_promised() {
    let folder = open_folder();
    let server = EmbeddedPostgres::start(EmbeddedOptions::new(folder.path())).unwrap();
    let facts = "select concat_ws(' ', current_database(), current_user, current_setting('server_encoding'),
        current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes'),
        current_setting('max_connections'), current_setting('data_checksums'), current_setting('TimeZone'))";
    assert_eq!(text(&server, facts), "chargeback chargeback UTF8 on on on 50 on UTC");
}

#[test]
fn only_its_own_user_reaches_the_server() {
    let folder = open_folder();
    let server = start(&folder.path().join("store"));
    assert_eq!(text(&server, "select '<' || current_setting('listen_addresses') || '>'"), "<>");
    assert_eq!(mode(&folder.path().join("store/data")), 0o700);
    assert_eq!(mode(&folder.path().join("store/socket")), 0o700);
    assert_eq!(mode(&folder.path().join("store/postgres.log")), 0o600);
}

#[test]
fn the_url_serves_sqlx_and_psql() {
    let folder = open_folder();
    let server = start(folder.path());
    let word: i32 = wait(async {
        let mut connection = PgConnection::connect(&server.url()).await.unwrap();
        sqlx::query_scalar("select 6 * 7").fetch_one(&mut connection).await.unwrap()
    });
    assert_eq!(word, 42);
    let psql = Command::new("psql").args([&server.url(), "-XAtc", "select current_database()"]).output();
    // psql is a package of its own; without it there is nothing to show.
    if let Ok(output) = psql {
        assert_eq!(String::from_utf8_lossy(&output.stdout), "chargeback\n", "{output:?}");
    }
}

#[test]
fn the_server_outlives_the_thread_that_started_it_and_ends_with_its_owner() {
    let folder = open_folder();
    let path = folder.path().to_owned();
    let server = std::thread::spawn(move || start(&path)).join().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(text(&server, "select 'here'"), "here");
    assert!(server.is_running());
    let process = server.process_id();
    drop(server);
    assert!(!runs(process));
}

#[tokio::test]
async fn it_starts_and_stops_inside_a_runtime() {
    let folder = open_folder();
    let server = EmbeddedPostgres::start_async(quick(folder.path())).await.unwrap();
    let pool = sqlx::PgPool::connect_with(server.connect_options()).await.unwrap();
    let one: i32 = sqlx::query_scalar("select 1").fetch_one(&pool).await.unwrap();
    assert_eq!(one, 1);
    // An open connection does not keep the server from ending.
    let begin = Instant::now();
    server.stop_async().await;
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[test]
fn a_second_service_on_the_folder_is_told_who_holds_it() {
    let folder = open_folder();
    let server = start(folder.path());
    let expected = format!(
        "`{}` is in use by process {}; stop that one first, or name another folder",
        folder.path().display(),
        std::process::id()
    );
    assert_eq!(refusal(quick(folder.path())), expected);
    assert_eq!(text(&server, "select 'unharmed'"), "unharmed");
    server.stop();
    start(folder.path());
}

#[test]
fn a_folder_with_other_files_is_refused_and_left_alone() {
    let folder = open_folder();
    fs::write(folder.path().join("thesis.tex"), "x").unwrap();
    let expected = format!(
        "`{}` holds other files (`thesis.tex`); name an empty folder, or one that does not exist yet",
        folder.path().display()
    );
    assert_eq!(refusal(quick(folder.path())), expected);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_under_a_closed_home_is_refused_to_root_and_nothing_is_made_there() {
    if !geteuid().is_root() {
        return;
    }
    let home = open_folder();
    fs::set_permissions(home.path(), Permissions::from_mode(0o700)).unwrap();
    let store = home.path().join("work/store");
    let sentence = refusal(quick(&store));
    let expected = format!(
        "who may not enter `{}` and so cannot reach `{}`; name a folder that is open to all, such as \
         /var/lib/chargeback or /tmp/chargeback",
        home.path().display(),
        store.display()
    );
    assert!(sentence.ends_with(&expected), "{sentence}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn started_by_root_the_server_is_somebody_else_and_the_folder_stays_with_root() {
    if !geteuid().is_root() {
        return;
    }
    let folder = open_folder();
    let server = start(&folder.path().join("store"));
    let status = fs::read_to_string(format!("/proc/{}/status", server.process_id())).unwrap();
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let ids = line("Uid:");
    let ids: Vec<&str> = ids.split_whitespace().collect();
    assert!(ids.iter().all(|id| *id == ids[0] && *id != "0"), "{ids:?}");
    assert_eq!(line("Groups:"), "");
    assert_eq!(fs::metadata(folder.path().join("store/data")).unwrap().uid().to_string(), ids[0]);
    assert_eq!(fs::metadata(folder.path().join("store")).unwrap().uid(), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn the_server_sees_nothing_of_our_environment_and_does_not_hear_ctrl_c() {
    let folder = open_folder();
    let server = start(folder.path());
    let environment = fs::read(format!("/proc/{}/environ", server.process_id())).unwrap();
    let environment = String::from_utf8_lossy(&environment).into_owned();
    // The test was started by cargo, or through the shell with a home at least.
    assert!(!environment.contains("CARGO") && !environment.contains("HOME="), "{environment}");
    let group = rustix::process::getpgid(Pid::from_raw(server.process_id().cast_signed())).unwrap();
    assert_eq!(group.as_raw_nonzero().get().cast_unsigned(), server.process_id());
}

#[test]
fn without_server_programs_the_sentence_says_what_to_install() {
    let folder = open_folder();
    let nothing = EmbeddedOptions { program_folders: Some(vec![folder.path().to_owned()]), ..quick(folder.path()) };
    let sentence = refusal(nothing);
    assert!(sentence.starts_with("no PostgreSQL server of version 14 or later was found; install one"), "{sentence}");
    assert!(sentence.contains("install postgresql") && sentence.contains("PG_BINDIR"), "{sentence}");
}

#[test]
fn a_cluster_of_another_version_names_the_version_it_needs() {
    let folder = open_folder();
    start(folder.path()).stop();
    fs::write(folder.path().join("data/PG_VERSION"), "11\n").unwrap();
    let sentence = refusal(quick(folder.path()));
    assert!(sentence.contains("was written by PostgreSQL 11"), "{sentence}");
    assert!(sentence.ends_with("install PostgreSQL 11, or name another folder"), "{sentence}");
}

#[test]
fn a_folder_too_long_for_a_socket_gets_one_elsewhere_and_cleans_it_up() {
    let folder = open_folder();
    let store = folder.path().join("it's a long, long way ".repeat(8)).join("store");
    let server = start(&store);
    let socket = fs::read_link(store.join("socket")).unwrap();
    assert_eq!(socket.parent(), Some(Path::new("/tmp")));
    assert_eq!(mode(&socket), 0o700);
    let word: String = wait(async {
        let mut connection = PgConnection::connect(&server.url()).await.unwrap();
        sqlx::query_scalar("select 'by url'").fetch_one(&mut connection).await.unwrap()
    });
    assert_eq!(word, "by url");
    server.stop();
    assert!(!socket.exists() && fs::symlink_metadata(store.join("socket")).is_err());
}

#[test]
fn a_first_start_that_was_cut_off_is_begun_again() {
    let folder = open_folder();
    // What a kill in the middle of initdb leaves: the lock file, and half a cluster that never got its name.
    fs::write(folder.path().join("chargeback.lock"), "4711\n").unwrap();
    fs::create_dir(folder.path().join("data.new")).unwrap();
    fs::write(folder.path().join("data.new/PG_VERSION"), "15").unwrap();
    let server = start(folder.path());
    assert_eq!(text(&server, "select 'whole'"), "whole");
    assert!(!folder.path().join("data.new").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_stale_note_whose_process_number_was_given_away_blocks_nothing() {
    let folder = open_folder();
    start(folder.path()).stop();
    // A process of the server's own user, as after a power cut: PostgreSQL alone would refuse to start.
    let mut sleep = Command::new("sleep");
    if geteuid().is_root() {
        let data = fs::metadata(folder.path().join("data")).unwrap();
        sleep.uid(data.uid()).gid(data.gid());
    }
    let mut sleeper = sleep.arg("600").spawn().unwrap();
    let note = format!("{}\n{}\n", sleeper.id(), folder.path().join("data").display());
    fs::write(folder.path().join("data/postmaster.pid"), note).unwrap();
    let server = EmbeddedPostgres::start(quick(folder.path()));
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    assert_eq!(text(&server.unwrap(), "select 'healed'"), "healed");
}

#[test]
fn a_server_that_was_killed_is_noticed_and_the_next_start_recovers() {
    let folder = open_folder();
    let server = EmbeddedPostgres::start(EmbeddedOptions::new(folder.path())).unwrap();
    run(&server, "create table kept as select generate_series(1, 1000) as number");
    kill(server.process_id(), Signal::KILL);
    assert!(within(Duration::from_secs(5), || !server.is_running()));
    drop(server);
    let server = EmbeddedPostgres::start(EmbeddedOptions::new(folder.path())).unwrap();
    assert_eq!(text(&server, "select sum(number)::text from kept"), "500500");
}

#[test]
fn a_server_that_does_not_start_shows_the_end_of_its_log() {
    let folder = open_folder();
    start(folder.path()).stop();
    fs::write(folder.path().join("data/postgresql.auto.conf"), "shared_buffers = 'a lot'\n").unwrap();
    let error = EmbeddedPostgres::start(quick(folder.path())).expect_err("it should not start");
    assert!(matches!(&error, EmbeddedError::Ended { tail, .. } if tail.contains("shared_buffers")), "{error}");
}

/// Where the service of the test below is told to work; see [`a_service_to_be_killed`].
const VICTIM_FOLDER: &str = "EMBEDDED_TEST_VICTIM_FOLDER";

#[test]
#[cfg(target_os = "linux")]
fn a_killed_service_takes_its_server_along_and_no_acknowledged_row_is_lost() {
    let folder = open_folder();
    let noted = |name: &str| -> u32 {
        fs::read_to_string(folder.path().join(name)).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
    };
    for _ in 0..2 {
        let before = noted("acknowledged");
        let _ = fs::remove_file(folder.path().join("process"));
        let mut service = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_service_to_be_killed", "--ignored", "--nocapture"])
            .env(VICTIM_FOLDER, folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        assert!(within(Duration::from_secs(60), || noted("process") != 0 && noted("acknowledged") >= before + 50));
        let process = noted("process");
        assert!(runs(process));

        service.kill().unwrap();
        service.wait().unwrap();
        assert!(within(Duration::from_secs(2), || !runs(process)), "the server outlived the service");
    }
    let acknowledged = i64::from(noted("acknowledged"));
    let server = EmbeddedPostgres::start(EmbeddedOptions::new(folder.path().join("store"))).unwrap();
    let rows: i64 = text(&server, "select count(*)::text from written").parse().unwrap();
    assert!(rows == acknowledged || rows == acknowledged + 1, "{rows} rows, {acknowledged} acknowledged");
}

/// Not a test: the service that the test above starts and kills. It writes until then.
#[test]
#[ignore = "runs as a process of another test"]
fn a_service_to_be_killed() {
    let Some(folder) = std::env::var_os(VICTIM_FOLDER).map(PathBuf::from) else { return };
    let note = |name: &str, value: String| {
        fs::write(folder.join("note"), value).unwrap();
        fs::rename(folder.join("note"), folder.join(name)).unwrap();
    };
    let server = EmbeddedPostgres::start(EmbeddedOptions::new(folder.join("store"))).unwrap();
    note("process", server.process_id().to_string());
    wait(async {
        let mut connection = connect(&server).await;
        connection.execute("create table if not exists written (number bigint)").await.unwrap();
        loop {
            let insert = "with added as (insert into written select 1 returning 1)
                select count(*) + 1 from written, (select from added) as one";
            let rows: i64 = sqlx::query_scalar(insert).fetch_one(&mut connection).await.unwrap();
            note("acknowledged", rows.to_string());
        }
    })
}

/// The program of `examples/`, which cargo builds beside the tests unless it was told to build one test alone.
fn with_postgres() -> Command {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("examples/with_postgres");
    if !program.exists() {
        let build = ["build", "-q", "-p", env!("CARGO_PKG_NAME"), "--example", "with_postgres"];
        assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success());
    }
    Command::new(program)
}

#[test]
fn with_postgres_passes_the_address_down_and_the_exit_code_up_and_leaves_nothing() {
    let temporary = open_folder();
    let script = "echo \"$DATABASE_URL\"; exit 7";
    let output = with_postgres().env("TMPDIR", temporary.path()).args(["--", "sh", "-c", script]).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let url = String::from_utf8(output.stdout).unwrap();
    assert!(url.starts_with("postgres://chargeback@localhost:5432/chargeback?host=/tmp/"), "{url}");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn with_postgres_keeps_what_it_is_told_to_keep() {
    let folder = open_folder();
    let keep = folder.path().join("kept");
    for _ in 0..2 {
        let status = with_postgres().arg("--keep").arg(&keep).args(["--", "true"]).status().unwrap();
        assert_eq!(status.code(), Some(0));
    }
    assert_eq!(mode(&keep.join("data")), 0o700);
}

#[test]
fn with_postgres_hands_a_signal_on_and_stops_the_server_after_the_command() {
    let temporary = open_folder();
    let started = temporary.path().join("started");
    let script = format!("trap 'exit 9' TERM; touch '{}'; while :; do sleep 0.05; done", started.display());
    let mut child = with_postgres().env("TMPDIR", temporary.path()).args(["--", "sh", "-c", &script]).spawn().unwrap();
    assert!(within(Duration::from_secs(60), || started.exists()));
    kill(child.id(), Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(9));
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 1);
}

#[test]
fn with_postgres_says_how_it_is_called_and_which_command_is_missing() {
    let output = with_postgres().arg("true").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("usage: with_postgres"));

    let output = with_postgres().args(["--", "no-such-command"]).output().unwrap();
    assert_eq!(output.status.code(), Some(127));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot run `no-such-command`"), "{output:?}");
}
