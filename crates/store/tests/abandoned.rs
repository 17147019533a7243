//! Callers go away in the middle of a question. What they leave behind must not hurt whoever asks next.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use access::Sight;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection, PgPool};
use store::Store;

/// Asks for a snapshot, and goes away after looking this often for the answer.
async fn give_up(store: &Store, looks: usize) {
    let mut asked = std::pin::pin!(store.snapshot(Sight::of_everything()));
    let mut looked = 0;
    poll_fn(|context| {
        looked += 1;
        if looked > looks || asked.as_mut().poll(context).is_ready() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Connections on which a transaction is open that nobody works in.
async fn forgotten(watcher: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    )
    .fetch_one(watcher)
    .await
    .expect("the connections")
}

/// sqlx forgets a transaction whose beginner is dropped before the database has answered BEGIN: the connection went back to the
/// pool with the transaction open. The next who wrote on it was refused, and after that everybody who got that connection.
/// Seen when a load test ended and its fifty callers left at once.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_gives_up_a_question_leaves_no_transaction_behind(pool: PgPool) {
    let mut watcher = pool.connect_options().connect().await.expect("a connection");
    // The pool that a test is given closes what is idle for a second.
    let store = Store::connect(PgConnectOptions::clone(&pool.connect_options()), 5).await.expect("a store");
    for looks in (1..12).cycle().take(240) {
        give_up(&store, looks).await;
        // A transaction that is being ended is idle for a moment as well.
        let mut patience = 250;
        while forgotten(&mut watcher).await > 0 {
            patience -= 1;
            assert!(patience > 0, "given up after {looks} looks: a transaction is left open");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let uses = [(uuid::Uuid::nil(), "2026-11-25T12:00:00Z".parse().expect("a time"))];
    store.keys_were_used(&uses).await.expect("a connection that can be written on");
    store.snapshot(Sight::of_everything()).await.expect("a snapshot").teams().await.expect("teams");
    store.close().await;
}
