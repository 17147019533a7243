//! Keys and sessions are remembered as hashes, and what is done to them leaves a trace.

use std::collections::BTreeSet;

use access::api_key::{KeyHash, NewKey};
use access::{Caller, Extent, Grant, GrantText, Grants, Role};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use sqlx::PgPool;
use store::Store;
use store::audit::{AuditQuestion, AuditVerdict};
use store::keys::{KeyRecord, KeyRotation, KeyState, KeyToCreate, RevokedKey, RotatedKey};
use store::sessions::SessionRecord;
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    "2026-11-24T12:00:00.123456789Z".parse().expect("a time")
}

fn grants(teams: &[&str]) -> Grants {
    let text = GrantText {
        role: Some(Role::Viewer),
        everything: teams.is_empty(),
        teams: teams.iter().map(|team| (*team).to_owned()).collect(),
        ..GrantText::default()
    };
    [&Grant::try_from(text).expect("a grant")].into_iter().collect()
}

fn everything() -> Extent {
    Extent::Everything
}

async fn create(store: &Store, name: &str, grants: Grants) -> (KeyRecord, KeyHash) {
    let hash = NewKey::random().hash();
    let expires_at = Some(now() + Duration::days(90));
    let key = KeyToCreate { name: name.to_owned(), hash, grants, expires_at };
    let record = store.create_key(&key, &Caller::command_line(), None, now()).await.expect("a key");
    (record, hash)
}

async fn trace(store: &Store) -> Vec<(String, Option<String>, Value)> {
    let entries = store.audit_entries(&AuditQuestion::newest(everything(), 100)).await.expect("entries");
    assert!(matches!(store.verify_audit(None).await, Ok(AuditVerdict::Intact(_))));
    entries.into_iter().rev().map(|entry| (entry.action, entry.object, entry.details)).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_key_is_known_by_its_hash_until_it_expires_or_is_revoked(pool: PgPool) {
    let store = Store::from_pool(pool);
    let (created, hash) = create(&store, "grafana", grants(&["ds"])).await;
    let known = store.key_by_hash(&hash).await.expect("a look").expect("the key");
    assert_eq!(known, created);
    assert_eq!(known.state(now()), KeyState::Active);
    assert_eq!(known.state(now() + Duration::days(90)), KeyState::Expired);
    assert_eq!(store.key_by_hash(&NewKey::random().hash()).await.expect("a look"), None);

    let caller = Caller::command_line();
    let revoke = || store.revoke_key(created.key_id, &Extent::Everything, &caller, None, now());
    let Some(RevokedKey::Now(revoked)) = revoke().await.expect("a revocation") else {
        panic!("it was not revoked yet")
    };
    assert_eq!(revoked.state(now()), KeyState::Revoked);
    assert_eq!(store.key_by_hash(&hash).await.expect("a look"), Some(revoked.clone()));
    assert_eq!(revoke().await.expect("a revocation"), Some(RevokedKey::Before(revoked)));

    let key_id = Some(created.key_id.to_string());
    let within = json!({ "part": { "teams": ["ds"], "accounts": [], "tags": [] } });
    let details = json!({
        "name": "grafana", "grants": { "costs:read": within }, "expires_at": "2027-02-22T12:00:00.123456Z"
    });
    assert_eq!(
        trace(&store).await,
        [
            ("key.created".to_owned(), key_id.clone(), details),
            ("key.revoked".to_owned(), key_id, json!({ "name": "grafana" })),
        ],
        "a revocation that changed nothing leaves no trace"
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_lies_outside_an_extent_does_not_exist(pool: PgPool) {
    let store = Store::from_pool(pool);
    let (ds, _) = create(&store, "ds", grants(&["ds"])).await;
    let (both, _) = create(&store, "both", grants(&["ds", "web"])).await;
    let (all, _) = create(&store, "all", grants(&[])).await;
    let names = |extent: Extent| {
        let store = store.clone();
        async move {
            let keys = store.keys(&extent, None, 100).await.expect("keys");
            keys.into_iter().map(|key| key.name).collect::<BTreeSet<_>>()
        }
    };
    let web_and_ds = Extent::of_team("ds").union(&Extent::of_team("web"));
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(names(everything()).await, set(&["ds", "both", "all"]));
    assert_eq!(names(web_and_ds).await, set(&["ds", "both"]));
    assert_eq!(names(Extent::of_team("ds")).await, set(&["ds"]));
    assert_eq!(names(Extent::of_team("web")).await, set(&[]));

    let (own, caller) = (Extent::of_team("ds"), Caller::command_line());
    assert_eq!(store.key(ds.key_id, &own).await.expect("a look"), Some(ds.clone()));
    for outside in [both.key_id, all.key_id, Uuid::from_u128(7)] {
        assert_eq!(store.key(outside, &own).await.expect("a look"), None);
        assert_eq!(store.revoke_key(outside, &own, &caller, None, now()).await.expect("a look"), None);
        let rotation = KeyRotation { hash: NewKey::random().hash(), expires_at: None, old_expires_at: now() };
        assert_eq!(store.rotate_key(outside, rotation, &own, &caller, None, now()).await.expect("a look"), None);
    }
    assert_eq!(store.key(both.key_id, &everything()).await.expect("a look"), Some(both));
    assert_eq!(trace(&store).await.len(), 3);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn keys_are_read_page_by_page_in_the_order_in_which_they_were_made(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut names = Vec::new();
    for number in 0..5_i64 {
        let key = KeyToCreate {
            name: format!("key {number}"),
            hash: NewKey::random().hash(),
            grants: grants(&[]),
            expires_at: None,
        };
        let at = now() + Duration::milliseconds(number);
        store.create_key(&key, &Caller::command_line(), None, at).await.expect("a key");
        names.push(key.name);
    }
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = store.keys(&everything(), after, 2).await.expect("keys");
        let Some(last) = page.last() else { break };
        after = Some(last.key_id);
        read.extend(page.into_iter().map(|key| key.name));
    }
    assert_eq!(read, names);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_key_that_is_replaced_is_accepted_for_a_while_longer(pool: PgPool) {
    let store = Store::from_pool(pool);
    let (first, _) = create(&store, "grafana", grants(&["ds"])).await;
    let caller = Caller::command_line();
    let rotate = |key_id, old_expires_at| {
        let rotation = KeyRotation { hash: NewKey::random().hash(), expires_at: None, old_expires_at };
        let (store, caller) = (store.clone(), caller.clone());
        async move {
            let rotated = store.rotate_key(key_id, rotation, &Extent::Everything, &caller, None, now()).await;
            rotated.expect("a rotation").expect("the key")
        }
    };
    let tomorrow = now() + Duration::hours(24);
    let RotatedKey::Replaced { old, new } = rotate(first.key_id, tomorrow).await else { panic!("it is active") };
    assert_eq!((old.state(now()), old.state(tomorrow)), (KeyState::Active, KeyState::Expired));
    assert_eq!(old.replaced_by, Some(new.key_id));
    assert_eq!((&new.name, &new.grants, new.expires_at), (&first.name, &first.grants, None));
    assert_eq!(store.key(old.key_id, &everything()).await.expect("a look"), Some(old.clone()));
    assert_eq!(rotate(old.key_id, tomorrow).await, RotatedKey::ReplacedBefore(old.clone()));

    let (short, _) = create(&store, "short", grants(&[])).await;
    let RotatedKey::Replaced { old, .. } = rotate(short.key_id, now() + Duration::days(1000)).await else {
        panic!("it is active")
    };
    assert_eq!(old.expires_at, short.expires_at, "a rotation makes no key live longer");

    let (gone, _) = create(&store, "gone", grants(&[])).await;
    store.revoke_key(gone.key_id, &everything(), &caller, None, now()).await.expect("a revocation");
    assert!(matches!(rotate(gone.key_id, tomorrow).await, RotatedKey::NotActive(_)));

    let trace = trace(&store).await;
    let (action, object, details) = &trace[1];
    assert_eq!((action.as_str(), object.as_deref()), ("key.rotated", Some(new.key_id.to_string().as_str())));
    let replaces = json!({ "id": first.key_id, "expires_at": "2026-11-25T12:00:00.123456Z" });
    assert_eq!(details["replaces"], replaces);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn two_rotations_of_one_key_at_once_make_one_new_key(pool: PgPool) {
    let store = Store::from_pool(pool);
    let (key, _) = create(&store, "grafana", grants(&[])).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let rotation = KeyRotation { hash: NewKey::random().hash(), expires_at: None, old_expires_at: now() };
                let caller = Caller::command_line();
                store.rotate_key(key.key_id, rotation, &Extent::Everything, &caller, None, now()).await
            })
        })
        .collect();
    let mut replaced = 0;
    for task in tasks {
        let rotated = task.await.expect("a task").expect("a rotation").expect("the key");
        replaced += usize::from(matches!(rotated, RotatedKey::Replaced { .. }));
    }
    assert_eq!(replaced, 1);
    assert_eq!(store.keys(&everything(), None, 100).await.expect("keys").len(), 2);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_last_use_only_moves_forward_and_is_not_announced(pool: PgPool) {
    let store = Store::from_pool(pool.clone());
    let (key, _) = create(&store, "grafana", grants(&[])).await;
    let mut listener = sqlx::postgres::PgListener::connect_with(&pool).await.expect("a listener");
    listener.listen("access").await.expect("the channel");
    let (early, late) = (now(), now() + Duration::minutes(1));
    let uses = [(key.key_id, late), (key.key_id, early), (Uuid::from_u128(7), late)];
    store.keys_were_used(&uses).await.expect("a note");
    store.keys_were_used(&[(key.key_id, early)]).await.expect("a note");
    store.keys_were_used(&[]).await.expect("nothing to note");
    let used = store.key(key.key_id, &everything()).await.expect("a look").expect("the key").last_used_at;
    assert_eq!(used, Some("2026-11-24T12:01:00.123456Z".parse().expect("a time")));

    store.revoke_key(key.key_id, &everything(), &Caller::command_line(), None, now()).await.expect("a revocation");
    listener.recv().await.expect("the announcement");
    let more = tokio::time::timeout(std::time::Duration::from_millis(200), listener.recv()).await;
    assert!(more.is_err(), "one change, one announcement: {more:?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_in_is_finished_once_and_within_ten_minutes(pool: PgPool) {
    let store = Store::from_pool(pool.clone());
    let begin = |hash, at| {
        let store = store.clone();
        async move { store.begin_sign_in([hash; 32], json!({ "nonce": hash }), "/v1/teams", at).await.expect("a row") }
    };
    begin(1, now()).await;
    let taken = store.take_sign_in([1; 32], now() + Duration::minutes(9)).await.expect("a look");
    assert_eq!(taken, Some((json!({ "nonce": 1 }), "/v1/teams".to_owned())));
    assert_eq!(store.take_sign_in([1; 32], now()).await.expect("a look"), None, "once");

    begin(2, now()).await;
    assert_eq!(store.take_sign_in([2; 32], now() + Duration::minutes(10)).await.expect("a look"), None, "too late");

    begin(3, now()).await;
    begin(4, now() + Duration::minutes(10)).await;
    let left: i64 = sqlx::query_scalar("select count(*) from sign_in").fetch_one(&pool).await.expect("a number");
    assert_eq!(left, 1, "what nobody finished is cleared away by the next");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_session_begins_and_ends_with_a_trace(pool: PgPool) {
    let store = Store::from_pool(pool.clone());
    let session = |hash: u8, lasts: Duration| SessionRecord {
        hash: [hash; 32],
        subject: "alice@https://login.example.com".to_owned(),
        name: "Alice".to_owned(),
        grants: grants(&["ds"]),
        created_at: "2026-11-24T12:00:00Z".parse().expect("a time"),
        expires_at: "2026-11-24T12:00:00Z".parse::<DateTime<Utc>>().expect("a time") + lasts,
    };
    let (short, long) = (session(1, Duration::hours(1)), session(2, Duration::hours(8)));
    store.create_session(&short, None, now()).await.expect("a session");
    assert_eq!(store.session_by_hash(&[1; 32]).await.expect("a look"), Some(short));
    store.create_session(&long, None, now() + Duration::hours(2)).await.expect("a session");
    assert_eq!(store.session_by_hash(&[1; 32]).await.expect("a look"), None, "it was over, and is cleared away");

    let mut listener = sqlx::postgres::PgListener::connect_with(&pool).await.expect("a listener");
    listener.listen("access").await.expect("the channel");
    let alice = Caller {
        kind: access::CallerKind::Session,
        id: long.subject.clone(),
        name: long.name.clone(),
        grants: long.grants.clone(),
    };
    assert!(store.end_session([2; 32], &alice, None, now()).await.expect("an end"));
    listener.recv().await.expect("every instance forgets the session");
    assert!(!store.end_session([2; 32], &alice, None, now()).await.expect("no second end"));
    assert_eq!(store.session_by_hash(&[2; 32]).await.expect("a look"), None);
    let actions: Vec<String> = trace(&store).await.into_iter().map(|(action, ..)| action).collect();
    assert_eq!(actions, ["sign_in.accepted", "sign_in.accepted", "sign_out"]);
}
