use sqlx::PgPool;
use store::Store;

use crate::persons::{KEY, get, named_in, pseudonyms, restart, unhidden, world};
use crate::support::World;

/// Everything by every personal dimension.
const PATH: &str = "/v1/costs?group_by=principal,identity,role,session,person,account,tag:owner,tag:user,tag:team";

/// Nobody is shown, by name or otherwise, and all the money is.
async fn shows_nobody_and_all_the_money(world: &World) {
    let hidden = world.get(PATH).await;
    let named = get(&unhidden(world), PATH).await;
    assert_eq!(named_in(&hidden.to_string()), [""; 0]);
    assert_eq!(hidden["meta"]["totals"], named["meta"]["totals"]);
    assert_eq!(hidden["control"], named["control"]);
    let rows = hidden["data"].as_array().expect("rows");
    for row in rows {
        for dimension in [
            "principal",
            "principal_arn",
            "identity",
            "role",
            "session",
            "person",
            "account_name",
            "tag:owner",
            "tag:team",
        ] {
            assert!(row[dimension].is_null(), "{row}");
        }
    }
    assert_eq!(rows.len(), 2, "one for each account: {rows:?}");
}

/// A `chargeback refresh` without `[privacy]` beside a service that hides persons.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_a_process_without_the_key_publishes_shows_nobody_until_the_next_start(pool: PgPool) {
    let mut world = world(pool.clone(), KEY).await;
    let hiding = world.store.clone();
    world.refresher.store = Store::from_pool(pool);
    world.refresh_well().await;
    shows_nobody_and_all_the_money(&world).await;

    let (_, before, _) = crate::persons::ask(&world.router, PATH, None).await;
    restart(&mut world, hiding).await;
    let (status, _, text) = crate::persons::ask(&world.router, PATH, before["etag"].to_str().ok()).await;
    assert_eq!((status, named_in(&text)), (axum::http::StatusCode::OK, Vec::new()));
    assert!(text.contains("session-") && text.contains("person-"), "{text}");
}

/// A service whose store knows no key hides everybody: a mistake in wiring shows nothing.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_store_without_a_key_shows_nobody(pool: PgPool) {
    let mut world = crate::persons::published(pool.clone()).await;
    restart(&mut world, Store::from_pool(pool)).await;
    shows_nobody_and_all_the_money(&world).await;
}

/// Another process with another key, or with other tags of persons, writes everything its own way: this one shows none of it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_made_with_another_key_is_not_shown(pool: PgPool) {
    let world = crate::persons::published(pool.clone()).await;
    let before = world.get(PATH).await;
    let other = Store::from_pool(pool).with_pseudonyms(pseudonyms("another key, as long as it has to be"));
    other.keep_pseudonyms(crate::support::now()).await.expect("pseudonyms");
    shows_nobody_and_all_the_money(&world).await;
    world.store.keep_pseudonyms(crate::support::now()).await.expect("pseudonyms");
    assert_eq!(world.get(PATH).await["data"], before["data"]);
}

/// Somebody new is hidden from the first answer in which they are.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_person_has_a_pseudonym_as_soon_as_they_are_served(pool: PgPool) {
    let world = crate::persons::published(pool).await;
    let month = crate::support::period("2026-10");
    let line = sample::LineItem {
        iam_principal: Some("arn:aws:iam::123456789012:user/alice-again".into()),
        unblended_cost: crate::support::amount("5"),
        tags: [("iamPrincipal/owner", "alice@example.com")].into(),
        ..sample::LineItem::bedrock_usage(month)
    };
    world.write(month, &[line]);
    world.refresh_well().await;
    let answer = world.get("/v1/costs?period=2026-10&group_by=principal,tag:owner").await;
    let row = &answer["data"][0];
    assert!(row["principal_arn"].as_str().expect("an ARN").contains(":user/user-"), "{row}");
    assert_eq!(row["tag:owner"], pseudonyms(KEY).person("alice@example.com"));
}
