use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::PgPool;
use store::Store;

use crate::persons::{KEY, MONTH, column, get, named_in, pseudonyms, published, restart, unhidden, world};
use crate::support::World;

const PERSONAL: [&str; 8] =
    ["principal", "identity", "role", "session", "person", "account", "tag:owner", "tag:resource_tags/user_contact"];

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_whole_answer_names_nobody_and_counts_everybody(pool: PgPool) {
    let world = published(pool).await;
    let answer = world.get("/v1/costs?group_by=principal,identity,role,session,person,tag:owner,tag:user").await;
    assert_eq!(named_in(&answer.to_string()), [""; 0]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&answer).expect("JSON"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_whole_showback_names_nobody(pool: PgPool) {
    let world = published(pool).await;
    let answer = world.get(&format!("/v1/teams/ds/showback?period={MONTH}")).await;
    assert_eq!(named_in(&answer.to_string()), [""; 0]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&answer).expect("JSON"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_route_names_anybody(pool: PgPool) {
    let world = published(pool).await;
    let mut paths: Vec<String> = PERSONAL.iter().map(|dimension| format!("/v1/costs?group_by={dimension}")).collect();
    let others =
        ["/v1/costs?group_by=account,principal&granularity=daily", "/v1/teams", "/v1/teams/web", "/v1/periods"];
    paths.extend(others.map(str::to_owned));
    let tags =
        ["/v1/tags", "/v1/tags/owner", "/v1/tags/user", "/v1/tags/resource_tags%2Fuser_contact", "/v1/tags/team"];
    paths.extend(tags.map(str::to_owned));
    paths.push("/v1/tags/team/values/ds/showback".to_owned());
    paths.extend(["/v1/principals", "/v1/summary", "/v1/models"].map(str::to_owned));
    paths.extend(PERSONAL.map(|dimension| format!("/v1/dimensions/{}/values", dimension.replace('/', "%2F"))));
    paths.extend(
        world.get("/v1/models").await["data"]
            .as_array()
            .expect("models")
            .iter()
            .filter_map(|model| model["id"].as_str().map(|id| format!("/v1/models/{id}"))),
    );
    for principal in world.get("/v1/principals").await["data"].as_array().expect("principals") {
        paths.extend(principal["id"].as_str().map(|id| format!("/v1/principals/{id}")));
    }
    paths.extend(["/v1/status".to_owned(), format!("/v1/periods/{MONTH}"), "/v1/teams/unattributed".to_owned()]);
    assert!(paths.len() > 25, "{paths:?}");
    for path in [PERSONAL.join(",").as_str(), "account,principal"] {
        for format in ["csv", "ndjson"] {
            let path = format!("/v1/costs?group_by={path}&format={format}");
            let (status, text) = world.ask_for_text(&path).await;
            assert!(status.is_success() && text.lines().count() > 3, "{path}: {text}");
            assert_eq!(named_in(&text), [""; 0], "{path}");
        }
    }
    for path in paths {
        assert_eq!(named_in(&world.get(&path).await.to_string()), [""; 0], "{path}");
    }
    let named = get(&unhidden(&world), "/v1/costs?group_by=principal,account").await.to_string();
    assert!(
        named_in(&named).contains(&"alice") && named_in(&named).contains(&"xenia"),
        "the test looks for the right thing"
    );
}

/// Every row of the one is a row of the other, but for the names.
fn without_names(answer: &Value) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    for row in answer["data"].as_array().expect("rows") {
        let figures = format!("{} {} {} {}", row["cost"], row["currency"], row["line_items"], row["tokens"]);
        *rows.entry(figures).or_default() += 1;
    }
    rows
}

async fn is_the_same_money(world: &World, dimension: &str) {
    let path = format!("/v1/costs?period={MONTH}&group_by={dimension}");
    let (hidden, named) = (world.get(&path).await, get(&unhidden(world), &path).await);
    assert_eq!(without_names(&hidden), without_names(&named), "{dimension}: no two become one");
    assert_eq!(hidden["meta"]["totals"], named["meta"]["totals"], "{dimension}");
    assert_eq!(hidden["control"], named["control"], "{dimension}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn pseudonyms_divide_the_money_as_names_do(pool: PgPool) {
    let world = published(pool).await;
    for dimension in PERSONAL.iter().filter(|dimension| !["person", "tag:owner"].contains(dimension)) {
        is_the_same_money(&world, dimension).await;
    }
    // Alice@Example.com and alice@example.com are one person: her four lines with an address and no other name.
    let persons = world.get("/v1/costs?group_by=person").await;
    let costs: BTreeSet<&str> =
        persons["data"].as_array().expect("rows").iter().filter_map(|row| row["cost"].as_str()).collect();
    assert!(costs.contains("48"), "{costs:?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_sample_is_divided_as_with_names(pool: PgPool) {
    let mut world = World::with_sample(pool.clone(), 3_000).await;
    restart(&mut world, Store::from_pool(pool).with_pseudonyms(pseudonyms(KEY))).await;
    for dimension in ["principal", "session", "person", "role", "identity", "account", "tag:team"] {
        is_the_same_money(&world, dimension).await;
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn somebody_keeps_their_pseudonym_over_refreshes_and_restarts(pool: PgPool) {
    let mut world = published(pool.clone()).await;
    let path = "/v1/costs?group_by=principal,session,person,tag:owner&order_by=cost";
    let who = |answer: &Value| {
        ["principal", "principal_arn", "session", "person", "tag:owner"].map(|key| column(answer, key))
    };
    let first = who(&world.get(path).await);

    let again = server::refresh::RefreshRequest { force: true, ..Default::default() };
    assert!(world.refresher.refresh(&again).await.iter().all(|outcome| outcome.result == "published"));
    assert_eq!(who(&world.get(path).await), first);

    restart(&mut world, Store::from_pool(pool.clone()).with_pseudonyms(pseudonyms(KEY))).await;
    assert_eq!(who(&world.get(path).await), first);

    let (_, tag, _) = crate::persons::ask(&world.router, path, None).await;
    let tag = tag["etag"].to_str().expect("a tag").to_owned();
    restart(&mut world, Store::from_pool(pool).with_pseudonyms(pseudonyms(&KEY.replace("2026", "2027")))).await;
    let (status, _, _) = crate::persons::ask(&world.router, path, Some(&tag)).await;
    assert_eq!(status, 200, "an answer with other pseudonyms is another answer");
    let other: BTreeSet<Option<String>> =
        column(&world.get(path).await, "session").into_iter().flatten().map(Some).collect();
    assert!(!other.is_empty() && first[2].iter().flatten().all(|session| !other.contains(&Some(session.clone()))));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn another_database_with_the_same_key_knows_everybody_by_the_same_name(pool: PgPool) {
    let world = world(pool, KEY).await;
    world.refresh_well().await;
    let alice = world
        .get("/v1/costs?group_by=principal&filter[tag:owner]=&filter[role]=AWSReservedSSO_Analysts_0123456789abcdef")
        .await;
    let expected =
        pseudonyms(KEY).principal(&bill::principal::Principal::parse(Some(crate::persons::BOB)).expect("Bob"));
    assert_eq!(column(&alice, "principal_arn"), [Some(expected.arn)]);
    assert_eq!(column(&alice, "principal"), [Some(expected.id)]);
}

/// A rule that looks at persons says that it did, and not what it found.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_rule_that_looks_at_persons_names_none(pool: PgPool) {
    let world = published(pool).await;
    let rules = r#"
        [[rule]]
        name = "laptops"
        team = "ds"
        match = { session = ["alice-*", "Alice@Example.com"] }
        [[rule]]
        name = "users"
        team_from_tag = "team"
        match = { tag = { key = "user", value = "alice" } }
    "#;
    let rules = ledger::Ownership::parse(rules).expect("rules");
    world.store.apply_ownership(&rules, crate::support::now()).await.expect("applied");
    let because = |answer: &Value| -> Vec<String> {
        let rules = answer["data"]["rules"].as_array().expect("rules");
        rules.iter().map(|rule| format!("{} {}", rule["because"].as_str().expect("a text"), rule["cost"])).collect()
    };
    let named = because(&get(&unhidden(&world), "/v1/teams/ds").await);
    let hidden = because(&world.get("/v1/teams/ds").await);
    insta::assert_snapshot!(format!("named:\n{}\n\nhidden:\n{}", named.join("\n"), hidden.join("\n")));
}
