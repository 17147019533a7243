//! One suite over every engine: the same export gives the same answers, to the last digit.

use std::path::{Path, PathBuf};

use engine::{EmbeddedEngine, Engine, EngineOptions, Fetch};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::world::{Cloud, through_athena};
use crate::drilldowns::asking::{drill, lines as every_line, month};
use crate::drilldowns::hostile::{every_value_is_only_compared, hostile_bill};
use crate::support::World;

const QUESTIONS: [&str; 6] = [
    "/v1/costs?period=2026-10&group_by=team,principal,model,token_kind,charge_type,usage_type",
    "/v1/costs?period=2026-09&granularity=daily&group_by=account,tag:cost-center&cost=net_unblended",
    "/v1/costs?period=2026-04,2026-08,2026-09,2026-10&granularity=monthly&group_by=invoice,product&cost=list",
    "/v1/teams/data-science/showback?period=2026-10",
    "/v1/teams?period=2026-10",
    "/v1/costs?period=2026-04&group_by=tag:cost-center",
];

/// What is answered, with the version of the data taken out: each engine's refresh is a version of its own.
async fn answers(world: &World) -> Vec<Value> {
    let mut answers = Vec::new();
    for question in QUESTIONS {
        let mut answer = world.get(question).await;
        assert!(answer["data"].as_array().is_none_or(|rows| !rows.is_empty()), "{question}");
        *answer.pointer_mut("/meta/data_version").expect("a version") = Value::Null;
        answers.push(answer);
    }
    answers
}

/// The single lines behind a figure, and that they come to it.
async fn lines(world: &World) -> Vec<Value> {
    let body = json!({ "period": "2026-10", "charge_type": "Usage", "day": "2026-10-05" });
    let (path, _) = drill(world, &world.router, &body).await;
    let mut lines = every_line(&world.router, &path, 1000).await;
    assert!(lines.len() > 5, "{lines:?}");
    lines.sort_by_key(Value::to_string);
    lines
}

async fn refreshed_anew(world: &World) {
    let force = server::refresh::RefreshRequest { force: true, ..Default::default() };
    let outcomes = world.refresher.refresh(&force).await;
    assert_eq!(outcomes.len(), 4);
    assert!(outcomes.iter().all(|outcome| outcome.result == "published"), "{outcomes:#?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_engine_gives_the_same_answers(pool: PgPool) {
    let mut world = World::with_sample(pool, 2_000).await;
    let (on_disk, lines_on_disk) = (answers(&world).await, lines(&world).await);

    let cloud = Cloud::with_copy_of(&world.export_folder()).await;
    world.refresher.exports[0].location = cloud.location();
    let embedded = Engine::Embedded(EmbeddedEngine::new(EngineOptions::default()).expect("an engine"));
    let athena = [Fetch::Unload, Fetch::Csv, Fetch::Pages, Fetch::Auto].map(|fetch| cloud.athena(fetch));
    for (number, engine) in [embedded].into_iter().chain(athena).enumerate() {
        world.refresher.engine = engine;
        refreshed_anew(&world).await;
        assert_eq!(answers(&world).await, on_disk, "engine {number}");
        assert_eq!(lines(&world).await, lines_on_disk, "engine {number}");
    }
    let unloads = cloud.queries_of("unload").len();
    assert!(unloads >= 2 * 9, "UNLOAD was used where it may be: {unloads}");
    assert_eq!(files_below(&cloud.path("results/chargeback")), Vec::<PathBuf>::new(), "what was put aside is removed");
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_export_that_has_not_changed_costs_no_query(pool: PgPool) {
    let (world, cloud) = through_athena(pool, Fetch::Auto).await;
    world.refresh_well().await;
    let before = (cloud.stand_in.executions().len(), cloud.stand_in.counters());
    let outcomes = world.refresh().await;
    assert!(outcomes.iter().all(|outcome| outcome.result == "unchanged"), "{outcomes:?}");
    assert_eq!(cloud.stand_in.executions().len(), before.0);
    let (now, then) = (cloud.stand_in.counters().requests, before.1.requests);
    let new: u64 = now.iter().map(|(name, count)| count - then.get(name).copied().unwrap_or(0)).sum();
    assert!(new <= 3, "one listing: {new} requests, {now:?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stray_file_is_named_and_never_counted(pool: PgPool) {
    let (world, cloud) = through_athena(pool, Fetch::Auto).await;
    let folder = cloud.path("exports/cur2/sample/data/BILLING_PERIOD=2026-04");
    let file = std::fs::read_dir(&folder).expect("a folder").next().expect("a file").expect("a file").path();
    // What does not begin as the files of the delivery do is not read at all.
    std::fs::copy(&file, folder.join("copy-of-it.snappy.parquet")).expect("a copy");
    world.refresh_well().await;
    assert_eq!(world.get("/v1/costs?period=2026-04").await["meta"]["totals"][0]["cost"], "5.1978");

    let stray = PathBuf::from(format!("{}-copy", file.display()));
    std::fs::copy(&file, &stray).expect("a copy");
    let force = server::refresh::RefreshRequest { force: true, ..Default::default() };
    let outcomes = world.refresher.refresh(&force).await;
    let april = outcomes.iter().find(|outcome| outcome.period == "2026-04").expect("April");
    assert_eq!(april.result, "failed");
    assert!(april.message.contains(".snappy.parquet-copy"), "{}", april.message);
    assert!(outcomes.iter().filter(|outcome| outcome.result == "published").count() == 3, "{outcomes:?}");
    std::fs::remove_file(stray).expect("removed");
    world.refresh_well().await;
    assert_eq!(world.get("/v1/costs?period=2026-04").await["meta"]["totals"][0]["cost"], "5.1978");
}

/// Athena takes parameters as texts of SQL: what is quoted wrongly would be read as part of the question.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_value_of_a_drill_down_is_more_than_compared(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.write(month(), &hostile_bill());
    let cloud = Cloud::with_copy_of(&world.export_folder()).await;
    world.refresher.exports[0].location = cloud.location();
    world.refresher.engine = cloud.athena(Fetch::Auto);
    world.refresh_well().await;
    let before = cloud.stand_in.executions().len();
    every_value_is_only_compared(&world).await;
    let asked = cloud.stand_in.executions().len() - before;
    assert!(asked > 60, "{asked} queries");
}
