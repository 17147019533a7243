use std::io;
use std::sync::{Arc, Mutex};

use sqlx::PgPool;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

use crate::persons::{ALICE, KEY, MONTH, ask, named_in, world};

/// All lines that this process logs, whatever thread they come from.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn listen() -> Lines {
    let lines = Lines::default();
    let writer = lines.clone();
    let ours = ["server", "store", "engine", "ledger", "bill", "access", "openid"];
    let level = tracing::level_filters::LevelFilter::DEBUG;
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    let subscriber =
        tracing_subscriber::registry().with(Targets::new().with_targets(ours.map(|name| (name, level)))).with(layer);
    tracing::subscriber::set_global_default(subscriber).expect("one test listens");
    lines
}

/// A refresh, then questions good and bad, some of which name persons: the log of all our crates, at debug level, names
/// nobody; nor do answers to questions that name nobody, problems and headers included.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn neither_the_log_nor_any_answer_names_anybody(pool: PgPool) {
    let lines = listen();
    let world = world(pool.clone(), KEY).await;
    world.refresh_well().await;
    world.refresh_well().await;
    let naming_nobody = [
        "/v1/costs?group_by=principal,session,person,role,account,tag:owner,tag:user&granularity=daily".to_owned(),
        "/v1/teams?cost=list".to_owned(),
        "/v1/teams/ds/showback".to_owned(),
        format!("/v1/periods/{MONTH}"),
        "/v1/periods".to_owned(),
        "/v1/status".to_owned(),
        "/v1/me".to_owned(),
        "/v1/teams/nobody".to_owned(),
        "/v1/costs?group_by=prson&filter[session]=x".to_owned(),
        "/v1/costs?period=2020-01".to_owned(),
        "/nowhere".to_owned(),
        "/readyz".to_owned(),
    ];
    for path in &naming_nobody {
        let (_, headers, text) = ask(&world.router, path, Some("\"none\"")).await;
        assert_eq!(named_in(&text), [""; 0], "{path}: {text}");
        assert_eq!(named_in(&format!("{headers:?}")), [""; 0], "{path}");
    }
    let naming_somebody = [
        format!("/v1/costs?filter[principal]={ALICE}&filter[person]=bob.miller%40example.com"),
        "/v1/costs?filter[nobody]=carol&group_by=dave".to_owned(),
        "/v1/costs?alice@example.com=1&reveal=jones".to_owned(),
        "/v1/teams/alice%40example.com/showback?reveal=true".to_owned(),
        "/alice-laptop".to_owned(),
        "/v1/costs?group_by=principal&reveal=true".to_owned(),
    ];
    for path in &naming_somebody {
        ask(&world.router, path, None).await;
    }
    // A database that fails has a lot to say.
    sqlx::query("alter table principal_pseudonym rename to alice_laptop").execute(&pool).await.expect("renamed");
    let (status, _, text) = ask(&world.router, "/v1/costs?group_by=principal", None).await;
    assert_eq!((status.as_u16(), named_in(&text)), (500, Vec::new()));

    let log = String::from_utf8(lines.0.lock().expect("no writer panicked").clone()).expect("UTF-8");
    for said in ["refresh published", "answered a request", "asking"] {
        assert!(log.contains(said), "the log was listened to: {log}");
    }
    assert_eq!(named_in(&log), [""; 0], "{log}");
}
