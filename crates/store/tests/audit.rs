//! The audit log proves that nobody has touched it, or says where.

use std::net::IpAddr;

use access::audit::{AuditAction, AuditEvent, ChainHash};
use access::{Caller, Extent, Part};
use chrono::{DateTime, Utc};
use ledger::Ownership;
use serde_json::{Value, json};
use sqlx::PgPool;
use store::Store;
use store::audit::{AuditHead, AuditQuestion, AuditVerdict, Broken};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn now() -> DateTime<Utc> {
    at("2026-11-24T12:00:00.123456789Z")
}

fn event(details: Value) -> AuditEvent {
    AuditEvent {
        address: Some(IpAddr::from([127, 0, 0, 1])),
        object: Some("the object".to_owned()),
        extent: Extent::of_team("ds"),
        details,
        ..AuditEvent::new(now(), AuditAction::KeyCreated, &Caller::command_line())
    }
}

/// A log of three entries.
async fn three_entries(pool: &PgPool) -> Store {
    let store = Store::from_pool(pool.clone());
    for number in 1..=3 {
        assert_eq!(store.record(&event(json!({ "number": number }))).await.expect("an entry"), number);
    }
    store
}

async fn verdict(store: &Store) -> AuditVerdict {
    store.verify_audit(None).await.expect("a verdict")
}

fn head_of(verdict: AuditVerdict) -> AuditHead {
    match verdict {
        AuditVerdict::Intact(head) => head,
        AuditVerdict::Broken(broken) => panic!("{broken}"),
    }
}

/// As somebody with every right and bad intentions: the triggers do not stand in their way.
async fn tamper(pool: &PgPool, statements: &str) {
    let text = format!(
        "alter table audit_entry disable trigger user; {statements}; alter table audit_entry enable trigger user"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(pool).await.expect("the tampering");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_empty_log_is_intact_and_each_entry_moves_the_head(pool: PgPool) {
    let store = Store::from_pool(pool);
    assert_eq!(head_of(verdict(&store).await), AuditHead::START);
    store.record(&event(Value::Null)).await.expect("an entry");
    let head = head_of(verdict(&store).await);
    assert_eq!(head.sequence, 1);
    assert_ne!(head.hash, ChainHash::START);
    assert_eq!(store.audit_head().await.expect("the head"), head);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_read_back_is_what_was_hashed(pool: PgPool) {
    let store = Store::from_pool(pool);
    let awkward = [
        Value::Null,
        json!(true),
        json!("a text"),
        json!([]),
        json!({}),
        json!({ "zz": 1, "a": { "ccc": [1, null, { "é": "ü", "b": "" }], "bb": {} }, "A": -1 }),
        json!({ "": "an empty key", "aa": 1, "b": 2, "a\"b\\c": "\n\t\u{1}\u{7f}" }),
        json!("Ω ≈ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢, e\u{301} and é, \u{fffe}, \u{10ffff}, \u{202e}"),
        json!([u64::MAX, i64::MIN, i64::MAX, 0, -1]),
        json!({ "no NUL \0 is kept": "in \0 a text" }),
        json!([0.1, 1e300, 1e16, -0.0, 1.0]),
        json!("x".repeat(100_000)),
    ];
    for details in awkward {
        store.record(&event(details.clone())).await.expect("an entry");
        let verdict = verdict(&store).await;
        assert!(matches!(verdict, AuditVerdict::Intact(_)), "{verdict:?} after {details}");
    }
    let texts = AuditEvent { caller: "tok\0en".to_owned(), object: Some("a\0b'\"".to_owned()), ..event(Value::Null) };
    store.record(&texts).await.expect("an entry");
    let part = Part {
        teams: ["ds".to_owned(), "web".to_owned()].into(),
        accounts: ["123456789012".to_owned()].into(),
        tags: ["cost-center=1'2 3".parse().expect("a tag"), "resource_tags/user_team=é".parse().expect("a tag")].into(),
    };
    for (extent, address) in [
        (Extent::Part(part), "::ffff:10.0.0.1"),
        (Extent::nothing(), "2001:DB8::0001"),
        (Extent::Everything, "10.0.0.1"),
    ] {
        let address = Some(address.parse().expect("an address"));
        store.record(&AuditEvent { extent, address, ..event(Value::Null) }).await.expect("an entry");
    }
    assert_eq!(head_of(verdict(&store).await).sequence, 16);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_database_refuses_to_change_or_remove_entries(pool: PgPool) {
    let store = three_entries(&pool).await;
    for statement in [
        "update audit_entry set caller = 'nobody' where sequence = 2",
        "delete from audit_entry where sequence = 3",
        "truncate audit_entry",
    ] {
        let error = sqlx::raw_sql(statement).execute(&pool).await.expect_err(statement);
        assert!(error.to_string().contains("the audit log is append-only"), "{statement}: {error}");
    }
    assert_eq!(head_of(verdict(&store).await).sequence, 3);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_change_of_any_column_is_named(pool: PgPool) {
    let store = three_entries(&pool).await;
    for (change, undo) in [
        ("at = at + interval '1 microsecond'", "at = at - interval '1 microsecond'"),
        ("action = 'key.revoked'", "action = 'key.created'"),
        ("caller = 'somebody:else'", "caller = 'command_line:command-line'"),
        ("address = '127.0.0.2'", "address = '127.0.0.1'"),
        ("address = '::ffff:127.0.0.1'", "address = '127.0.0.1'"),
        ("address = 'nowhere'", "address = '127.0.0.1'"),
        ("address = null", "address = '127.0.0.1'"),
        ("object = null", "object = 'the object'"),
        ("object = ''", "object = 'the object'"),
        ("extent = '\"everything\"'", EXTENT),
        ("extent = '{\"part\": {\"teams\": [\"ds\", \"ds\"], \"accounts\": [], \"tags\": []}}'", EXTENT),
        ("extent = '{\"part\": {\"teams\": [\"ds\"]}}'", EXTENT),
        ("extent = '7'", EXTENT),
        ("details = '{\"number\": 3}'", "details = '{\"number\": 2}'"),
        ("details = '{\"number\": 2.0}'", "details = '{\"number\": 2}'"),
        ("details = 'null'", "details = '{\"number\": 2}'"),
    ] {
        tamper(&pool, &format!("update audit_entry set {change} where sequence = 2")).await;
        assert_eq!(verdict(&store).await, AuditVerdict::Broken(Broken::Changed { sequence: 2 }), "{change}");
        tamper(&pool, &format!("update audit_entry set {undo} where sequence = 2")).await;
        assert_eq!(head_of(verdict(&store).await).sequence, 3, "{undo}");
    }
    tamper(&pool, "update audit_entry set hash = sha256(hash) where sequence = 2").await;
    assert_eq!(verdict(&store).await, AuditVerdict::Broken(Broken::Changed { sequence: 2 }));
}

const EXTENT: &str = "extent = '{\"part\": {\"teams\": [\"ds\"], \"accounts\": [], \"tags\": []}}'";

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_entry_that_is_taken_out_or_renumbered_leaves_a_gap(pool: PgPool) {
    let store = three_entries(&pool).await;
    tamper(&pool, "update audit_entry set sequence = 7 where sequence = 3").await;
    assert_eq!(verdict(&store).await, AuditVerdict::Broken(Broken::Gap { expected: 3, found: 7 }));
    tamper(&pool, "delete from audit_entry where sequence = 2").await;
    assert_eq!(verdict(&store).await, AuditVerdict::Broken(Broken::Gap { expected: 2, found: 7 }));
    tamper(&pool, "update audit_entry set sequence = 2 where sequence = 7").await;
    assert_eq!(verdict(&store).await, AuditVerdict::Broken(Broken::Changed { sequence: 2 }));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_end_that_was_cut_off_or_put_there_disagrees_with_the_head(pool: PgPool) {
    let store = three_entries(&pool).await;
    let head = head_of(verdict(&store).await);
    tamper(&pool, "delete from audit_entry where sequence = 3").await;
    let AuditVerdict::Broken(Broken::HeadDisagrees { last, head: said }) = verdict(&store).await else {
        panic!("the end was cut off");
    };
    assert_eq!((last.sequence, said), (2, head));
    tamper(&pool, "delete from audit_entry").await;
    let expected = Broken::HeadDisagrees { last: AuditHead::START, head };
    assert_eq!(verdict(&store).await, AuditVerdict::Broken(expected));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_writes_the_whole_log_anew_is_found_by_a_head_that_was_noted(pool: PgPool) {
    let store = three_entries(&pool).await;
    let noted = head_of(verdict(&store).await);
    store.record(&event(json!({ "number": 4 }))).await.expect("an entry");
    let with_note = || async { store.verify_audit(Some(noted)).await.expect("a verdict") };
    assert_eq!(head_of(with_note().await).sequence, 4, "what was noted is still there");
    assert_eq!(head_of(store.verify_audit(Some(AuditHead::START)).await.expect("a verdict")).sequence, 4);

    let forget = "delete from audit_entry; update audit_head set sequence = 0, hash = decode(repeat('00', 32), 'hex')";
    tamper(&pool, forget).await;
    let expected = Broken::ShorterThanNoted { expected: noted, last: AuditHead::START };
    assert_eq!(with_note().await, AuditVerdict::Broken(expected));
    for number in [1, 2, 9, 4] {
        store.record(&event(json!({ "number": number }))).await.expect("an entry");
    }
    head_of(verdict(&store).await);
    let AuditVerdict::Broken(Broken::NotAsNoted { expected, found }) = with_note().await else {
        panic!("it was written anew");
    };
    assert_eq!(expected, noted);
    assert_ne!(found, noted.hash);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn twenty_who_write_at_once_leave_no_gap(pool: PgPool) {
    let store = Store::from_pool(pool);
    let writers: Vec<_> = (0..20)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..5 {
                    store.record(&event(json!({ "writer": writer, "number": number }))).await.expect("an entry");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("a writer");
    }
    assert_eq!(head_of(verdict(&store).await).sequence, 100);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_reads_a_part_of_the_log_sees_what_lies_within_it(pool: PgPool) {
    let store = Store::from_pool(pool);
    let both = Extent::of_team("ds").union(&Extent::of_team("web"));
    let extents = [Extent::of_team("ds"), Extent::of_team("web"), both.clone(), Extent::Everything, Extent::nothing()];
    for extent in extents {
        store.record(&AuditEvent { extent, ..event(Value::Null) }).await.expect("an entry");
    }
    let seen = |within| {
        let store = store.clone();
        async move {
            let entries = store.audit_entries(&AuditQuestion::newest(within, 100)).await.expect("entries");
            entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>()
        }
    };
    assert_eq!(seen(Extent::Everything).await, [5, 4, 3, 2, 1]);
    assert_eq!(seen(both).await, [3, 2, 1]);
    assert_eq!(seen(Extent::of_team("web")).await, [2]);
    assert_eq!(seen(Extent::of_team("d")).await, [0; 0]);
    assert_eq!(seen(Extent::nothing()).await, [0; 0]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_question_narrows_the_log_down(pool: PgPool) {
    let store = Store::from_pool(pool);
    for (minute, action) in [(1, AuditAction::KeyCreated), (2, AuditAction::KeyRevoked), (3, AuditAction::KeyCreated)] {
        let at = at(&format!("2026-11-24T12:0{minute}:00Z"));
        let object = Some(format!("key-{minute}"));
        store.record(&AuditEvent { at, action, object, ..event(Value::Null) }).await.expect("an entry");
    }
    let all = AuditQuestion::newest(Extent::Everything, 100);
    let questions = [
        (AuditQuestion { action: Some(AuditAction::KeyCreated), ..all.clone() }, vec![3, 1]),
        (AuditQuestion { object: Some("key-2".to_owned()), ..all.clone() }, vec![2]),
        (AuditQuestion { caller: Some("command_line:command-line".to_owned()), ..all.clone() }, vec![3, 2, 1]),
        (AuditQuestion { caller: Some("nobody".to_owned()), ..all.clone() }, vec![]),
        (AuditQuestion { from: Some(at("2026-11-24T12:02:00Z")), ..all.clone() }, vec![3, 2]),
        (AuditQuestion { until: Some(at("2026-11-24T12:02:00Z")), ..all.clone() }, vec![1]),
        (AuditQuestion { before: Some(3), ..all.clone() }, vec![2, 1]),
        (AuditQuestion { limit: 1, ..all }, vec![3]),
    ];
    for (question, expected) in questions {
        let entries = store.audit_entries(&question).await.expect("entries");
        assert_eq!(entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), expected, "{question:?}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_change_of_rules_is_kept_with_before_and_after(pool: PgPool) {
    let store = Store::from_pool(pool);
    let first = Ownership::by_team_tag();
    store.apply_ownership(&first, now()).await.expect("the first rules");
    store.apply_ownership(&first, now()).await.expect("the same rules");
    let text = "[[rule]]\nname = \"one account\"\nteam = \"ds\"\nmatch = { account = \"123456789012\" }\n";
    let second = Ownership::parse(text).expect("rules");
    let alice = Caller { id: "alice".to_owned(), ..Caller::anonymous() };
    store.change_ownership(&second, &alice, now()).await.expect("other rules");

    let entries = store.audit_entries(&AuditQuestion::newest(Extent::Everything, 100)).await.expect("entries");
    let [changed, began] = entries.as_slice() else { panic!("the same rules again are no change: {entries:?}") };
    assert_eq!(began.action, "rules.changed");
    assert_eq!(began.caller, "command_line:service");
    let before = json!({ "version": began.details["after"]["version"], "text": first.source_text() });
    assert_eq!(began.details, json!({ "before": null, "after": before }));
    assert_eq!(changed.caller, "anonymous:alice");
    assert_eq!(changed.details["before"], before);
    assert_eq!(changed.details["after"]["text"], text);
    assert_eq!(head_of(verdict(&store).await).sequence, 2);
}
