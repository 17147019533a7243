//! Pseudonyms are there for everything, made with the key of this process, whoever writes them and however often.

use access::pseudonym::Pseudonyms;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use store::Store;

fn now() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().expect("a time")
}

fn store(pool: &PgPool, key: &str) -> Store {
    let pseudonyms = Pseudonyms::new(key.repeat(32).into()).expect("a key");
    Store::from_pool(pool.clone()).with_pseudonyms(pseudonyms)
}

/// This many users, sets of tags and accounts, as a bill would have left them.
async fn write_persons(pool: &PgPool, count: i32) {
    for statement in [
        "insert into principal (opaque_id, arn, identity, partition, account, name)
         select 'prn_' || n, 'arn:aws:iam::123456789012:user/user' || n, 'iam_user', 'aws', '123456789012', 'user' || n
           from generate_series(1, $1) as n",
        "insert into tag_set (fingerprint, tags, resource_tags, cost_category)
         select gen_random_uuid(), jsonb_build_object('iamPrincipal/owner', 'user' || n || '@example.com'), '{}', '{}'
           from generate_series(1, $1) as n",
        "insert into account (account, name) select n::text, 'user' || n || '@example.com' from generate_series(1, $1) as n",
    ] {
        sqlx::query(statement).bind(count).execute(pool).await.expect("persons");
    }
}

/// Everything that readers of pseudonyms may see, in order.
async fn shown(pool: &PgPool) -> Vec<String> {
    let texts = sqlx::query_scalar(
        "select kept::text from principal_pseudonym as kept
         union all select kept::text from tag_set_pseudonym as kept
         union all select kept::text from account_pseudonym as kept order by 1",
    );
    texts.fetch_all(pool).await.expect("pseudonyms")
}

async fn data_version(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select data_version from serving").fetch_one(pool).await.expect("a version")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn everything_has_a_pseudonym_and_no_name_is_kept_in_it(pool: PgPool) {
    // More than fit into one piece.
    write_persons(&pool, 5_001).await;
    let store = store(&pool, "k");
    assert_eq!(store.keep_pseudonyms(now()).await.expect("pseudonyms"), 3 * 5_001);
    let rows = shown(&pool).await;
    assert_eq!(rows.len(), 3 * 5_001);
    assert!(rows.iter().all(|row| !row.contains("example.com") && !row.contains("user1")), "{:?}", rows.first());
    assert_eq!(data_version(&pool).await, 1, "answers are others than before");

    assert_eq!(store.keep_pseudonyms(now()).await.expect("pseudonyms"), 0);
    assert_eq!(shown(&pool).await, rows);
    assert_eq!(data_version(&pool).await, 1, "nothing has changed");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_database_stays_at_its_data_version(pool: PgPool) {
    assert_eq!(store(&pool, "k").keep_pseudonyms(now()).await.expect("pseudonyms"), 0);
    assert_eq!(Store::from_pool(pool.clone()).keep_pseudonyms(now()).await.expect("nothing to do"), 0);
    assert_eq!(data_version(&pool).await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn another_key_writes_everything_anew(pool: PgPool) {
    write_persons(&pool, 10).await;
    store(&pool, "k").keep_pseudonyms(now()).await.expect("pseudonyms");
    let before = shown(&pool).await;
    assert_eq!(store(&pool, "l").keep_pseudonyms(now()).await.expect("pseudonyms"), 30);
    let after = shown(&pool).await;
    assert!(after.iter().all(|row| !before.contains(row)));
    assert_eq!(store(&pool, "k").keep_pseudonyms(now()).await.expect("pseudonyms"), 30);
    assert_eq!(shown(&pool).await, before, "the first key gives the first pseudonyms");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn several_instances_may_start_at_once(pool: PgPool) {
    write_persons(&pool, 6_000).await;
    let store = store(&pool, "k");
    let (one, other, third) =
        tokio::join!(store.keep_pseudonyms(now()), store.keep_pseudonyms(now()), store.keep_pseudonyms(now()));
    let written = [one, other, third].map(|written| written.expect("pseudonyms"));
    assert_eq!(written.iter().sum::<u64>(), 18_000, "{written:?}: each row is written once");
    assert_eq!(shown(&pool).await.len(), 18_000);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_that_is_renamed_after_a_person_is_hidden_anew(pool: PgPool) {
    write_persons(&pool, 1).await;
    let rename = async |name: &str| {
        sqlx::query("update account set name = $1").bind(name).execute(&pool).await.expect("a name");
    };
    let kept = async || -> String {
        sqlx::query_scalar("select name from account_pseudonym").fetch_one(&pool).await.expect("a name")
    };
    let store = store(&pool, "k");
    rename("Sandbox").await;
    store.keep_pseudonyms(now()).await.expect("pseudonyms");
    assert_eq!(kept().await, "Sandbox");
    rename("alice@example.com").await;
    assert_eq!(kept().await, "Sandbox", "until its pseudonym is written, the old name is shown");
    store.keep_pseudonyms(now()).await.expect("pseudonyms");
    assert!(kept().await.starts_with("person-"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "measures: 200,000 principals and sets of tags"]
async fn a_large_organisation_is_ready_in_seconds(pool: PgPool) {
    write_persons(&pool, 200_000).await;
    // An organisation has many more users than accounts.
    sqlx::query("delete from account where length(account) > 3").execute(&pool).await.expect("fewer accounts");
    let store = store(&pool, "k");
    for what in ["first start", "next start", "load that changes nothing"] {
        let started = std::time::Instant::now();
        let written = store.keep_pseudonyms(now()).await.expect("pseudonyms");
        eprintln!("{what}: {written} rows in {:?}", started.elapsed());
    }
}
