//! The real binary with a real PostgreSQL: it stops in time, leaves no query behind, and reads its certificate again.

use std::process::Command;
use std::time::Duration;

use reqwest::tls::Version;
use sqlx::{ConnectOptions, PgPool};

use super::clients::Client;
use super::service::{Service, database_url};
use super::tls::Files;

async fn application_name(pool: &PgPool) -> String {
    sqlx::query_scalar(
        "select distinct application_name from pg_stat_activity
          where application_name like 'chargeback %' and datname = current_database()",
    )
    .fetch_one(pool)
    .await
    .expect("the service's own name")
}

async fn backends(pool: &PgPool, application: &str) -> i64 {
    let count = sqlx::query_scalar("select count(*) from pg_stat_activity where application_name = $1");
    count.bind(application).fetch_one(pool).await.expect("a count")
}

/// A backend ends a moment after its client.
async fn no_backend_is_left(pool: &PgPool, application: &str) {
    for _ in 0..100 {
        if backends(pool, application).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a backend of `{application}` is left");
}

#[sqlx::test]
async fn a_query_that_still_runs_is_cancelled_and_others_are_not(pool: PgPool) {
    let mut service = Service::start(&pool, "");
    let name = application_name(&pool).await;
    assert!(name.len() <= 63, "{name}");
    let sleep = |name: &str| {
        let options = PgPool::connect_options(&pool).as_ref().clone().application_name(name);
        async move {
            let mut connection = options.connect().await.expect("a connection");
            sqlx::query("select pg_sleep(60)").execute(&mut connection).await
        }
    };
    let ours = tokio::spawn(sleep(&name));
    let others = tokio::spawn(sleep("chargeback 00000000-0000-4000-8000-000000000000"));
    while backends(&pool, &name).await < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (elapsed, said) = service.stop();
    assert!(elapsed < Duration::from_secs(8), "{elapsed:?}");
    let error = ours.await.expect("its end").expect_err("it is cancelled").to_string();
    assert!(error.contains("canceling statement due to user request"), "{error}: {said}");
    assert!(said.contains("queries still running are cancelled"), "{said}");
    assert!(!others.is_finished(), "that of another process goes on");
    others.abort();
    no_backend_is_left(&pool, &name).await;
}

#[sqlx::test]
async fn a_request_that_hangs_and_a_client_that_never_reads_do_not_hold_up_the_stop(pool: PgPool) {
    let mut service = Service::start(&pool, "");
    service.hear("published");
    let name = application_name(&pool).await;
    let mut lock = pool.begin().await.expect("a transaction");
    sqlx::query("lock table serving in access exclusive mode").execute(&mut *lock).await.expect("the lock");
    let mut hangs = Client::connect(service.address).await;
    hangs.send("GET /v1/costs HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let mut never_reads = Client::connect(service.address).await;
    for _ in 0..200 {
        never_reads.send("GET /openapi.json HTTP/1.1\r\nHost: here\r\n\r\n").await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (elapsed, said) = service.stop();
    assert!((9..20).contains(&elapsed.as_secs()), "{elapsed:?}: {said}");
    no_backend_is_left(&pool, &name).await;
    lock.rollback().await.expect("the end of the lock");
}

#[sqlx::test]
async fn a_refresh_that_is_interrupted_leaves_no_lease_and_the_next_one_heals(pool: PgPool) {
    let mut service = Service::start_with(&pool, "", 20_000);
    service.hear("refreshing");
    let name = application_name(&pool).await;
    let (elapsed, said) = service.stop();
    assert!(elapsed < Duration::from_secs(8), "{elapsed:?}: {said}");
    let published = "select count(*) from load where state = 'current'";
    let before: i64 = sqlx::query_scalar(published).fetch_one(&pool).await.expect("a count");
    no_backend_is_left(&pool, &name).await;

    let config = service.folder.path().join("chargeback.toml");
    let again = Command::new(env!("CARGO_BIN_EXE_chargeback")).args(["refresh", "--config"]).arg(config).status();
    assert!(again.expect("the binary runs").success());
    let after: i64 = sqlx::query_scalar(published).fetch_one(&pool).await.expect("a count");
    assert!(before < after, "it was interrupted: {before} and then {after}");
    let loading = sqlx::query_scalar::<_, i64>("select count(*) from load where state = 'loading'");
    assert_eq!(loading.fetch_one(&pool).await.expect("a count"), 0);
}

/// The service was started with fewer open files than this.
#[sqlx::test]
async fn there_is_room_for_many_connections(pool: PgPool) {
    let service = Service::start(&pool, "");
    let mut clients = Vec::new();
    for _ in 0..400 {
        let mut client = Client::connect(service.address).await;
        client.send("GET /livez HTTP/1.1\r\nHost: here\r\n\r\n").await;
        assert!(client.answer().await.ends_with("{\"status\":\"alive\"}"));
        clients.push(client);
    }
}

#[sqlx::test]
async fn the_certificate_is_read_again_on_sighup(pool: PgPool) {
    let mut files = Files::new();
    let tls =
        format!("tls = {{ certificate = {:?}, key = {:?} }}", files.path("certificate.pem"), files.path("key.pem"));
    let service = Service::start(&pool, &tls);
    let livez = format!("https://localhost:{}/livez", service.address.port());
    let alive = |files: &Files| files.client(Version::TLS_1_3).get(&livez).send();
    alive(&files).await.expect("an answer");
    files.renew();
    alive(&files).await.expect_err("not read yet");
    service.signal("-HUP");
    service.hear("the certificate was read again");
    alive(&files).await.expect("an answer under the new certificate");
    std::fs::write(files.path("certificate.pem"), "nonsense").expect("a file");
    service.signal("-HUP");
    let line = service.hear("the certificate before stays in force");
    assert!(line.contains("`[server.tls] certificate`"), "{line}");
    alive(&files).await.expect("the one before stays in force");
}

#[sqlx::test]
async fn a_supervisor_asks_whether_it_lives(pool: PgPool) {
    let files = Files::new();
    let tls =
        format!("tls = {{ certificate = {:?}, key = {:?} }}", files.path("certificate.pem"), files.path("key.pem"));
    let mut service = Service::start(&pool, &tls);
    service.hear("published");
    let config = service.folder.path().join("chargeback.toml");
    let listen = service.address.to_string();
    let health = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chargeback"));
        command.arg("health").args(arguments).arg("--config").arg(&config).env("CHARGEBACK_SERVER__LISTEN", &listen);
        command.output().expect("the binary runs")
    };
    assert!(health(&[]).status.success() && health(&["--ready"]).status.success());
    service.stop();
    let output = health(&[]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.starts_with(&format!("chargeback: nothing answers at https://{listen}/livez")), "{said}");
}

#[sqlx::test]
async fn without_its_certificate_the_service_does_not_start(pool: PgPool) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("chargeback.toml");
    let text = format!(
        "[server.tls]\ncertificate = \"tls/c.pem\"\nkey = \"tls/k.pem\"\n[store]\nurl = \"{}\"\n\
         [[export]]\nname = \"a\"\nlocation = \"a\"\n",
        database_url(&pool)
    );
    std::fs::write(&config, text).expect("a configuration");
    let output = Command::new(env!("CARGO_BIN_EXE_chargeback")).args(["serve", "--config"]).arg(&config).output();
    let said = String::from_utf8(output.expect("the binary runs").stderr).expect("text");
    let last = said.lines().last().unwrap_or_default().replace(&folder.path().display().to_string(), "FOLDER");
    assert_eq!(
        last,
        "chargeback: `[server.tls] certificate`: FOLDER/tls/c.pem cannot be read: No such file or \
         directory (os error 2)"
    );
}
