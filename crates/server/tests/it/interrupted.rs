//! A refresh that is killed leaves what was served as it was, and the next one heals. Two at once write one version.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{World, amount, database_url, period};
use bill::tags::TagSet;
use sample::LineItem;
use server::refresh::{RefreshRequest, Step};
use sqlx::PgPool;
use store::loads::{Begin, Charge, ControlTotal, Fact, LoadWriter, NewLoad, Subject};
use store::snapshot::{CostBasis, CostQuestion, Difference, Dimension, Granularity, Scope};

const MONTH: &str = "2026-09";

fn lines(cost: &str, count: usize) -> Vec<LineItem<'static>> {
    let principal = |index: usize| format!("arn:aws:iam::123456789012:user/user-{index}");
    (0..count)
        .map(|index| LineItem {
            iam_principal: Some(principal(index).into()),
            unblended_cost: amount(cost),
            tags: [("iamPrincipal/team", "ds")].into(),
            ..LineItem::bedrock_usage(period(MONTH))
        })
        .collect()
}

/// Runs the real binary, and kills it the moment that it says that it begins a step.
fn refresh_killed_at(step: Step, world: &World, pool: &PgPool) {
    let config = configuration(world, pool);
    let mut child = Command::new(env!("CARGO_BIN_EXE_chargeback"))
        .args(["refresh", "--config"])
        .arg(config.path())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let log = BufReader::new(child.stderr.take().expect("its log"));
    let mut seen = Vec::new();
    for line in log.lines() {
        let line = line.expect("a line");
        let reached = line.contains(step.as_str());
        seen.push(line);
        if reached {
            child.kill().expect("the kill");
            child.wait().expect("the end");
            return;
        }
    }
    child.wait().expect("the end");
    panic!("the step {step:?} was never reached: {seen:#?}");
}

fn configuration(world: &World, pool: &PgPool) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
    let text = format!(
        "[store]\nurl = \"{}\"\n[[export]]\nname = \"sample\"\nlocation = \"{}\"\n",
        database_url(pool),
        world.export_folder().display()
    );
    std::fs::write(file.path(), text).expect("a configuration");
    file
}

async fn leftovers(pool: &PgPool) -> (i64, i64, i64) {
    let loading = sqlx::query_scalar("select count(*) from load where state = 'loading'").fetch_one(pool);
    // Partitions whose load is neither served nor superseded.
    let orphans = sqlx::query_scalar(
        "select count(*) from pg_class
          where relname ~ '^(daily|period)_cost_[0-9]+$' and relkind = 'r'
            and substring(relname from '[0-9]+$')::bigint not in
                (select load_id from load where state in ('current', 'superseded'))",
    )
    .fetch_one(pool);
    // Owners and summaries have no foreign key: they must go with their load all the same.
    let rows = sqlx::query_scalar(
        "select count(*)
           from (select load_id from owner union all select load_id from subject_cost union all
                 select load_id from team_cost union all select load_id from team_period_cost union all
                 select load_id from team_day_cost) as kept
          where not exists (select from load where load.load_id = kept.load_id)",
    )
    .fetch_one(pool);
    (loading.await.expect("a count"), orphans.await.expect("a count"), rows.await.expect("a count"))
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn killed_at_each_step_it_serves_the_last_version_and_heals(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    world.write(period(MONTH), &lines("1.25", 40));
    world.refresh_well().await;
    let question = format!("/v1/costs?period={MONTH}&group_by=team,principal");
    for (round, step) in Step::ALL.into_iter().enumerate() {
        let before = world.get(&question).await;
        world.write(period(MONTH), &lines(&format!("2.0{}", round + 1), 41 + round));
        refresh_killed_at(step, &world, &pool);

        let after_kill = world.get(&question).await;
        // The kill may come a moment too late for the last step: then the new version is there, whole.
        if step != Step::Publish {
            assert_eq!(after_kill, before, "killed at {step:?}");
        }

        world.refresh_well().await;
        let healed = world.get(&question).await;
        let rows = healed["data"].as_array().expect("rows");
        assert_eq!(rows.len(), 41 + round, "after {step:?}");
        assert!(rows.iter().all(|row| row["cost"] == format!("2.0{}", round + 1)), "after {step:?}");
        assert_eq!(leftovers(&pool).await, (0, 0, 0), "after {step:?}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn two_at_once_write_one_version(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    world.write(period(MONTH), &lines("0.5", 200));
    let (first, second) = tokio::join!(world.refresh(), world.refresh());
    let mut results: Vec<_> = [first, second].into_iter().flatten().map(|outcome| outcome.result).collect();
    results.sort_unstable();
    assert_eq!(results, ["published", "unchanged"]);
    let answer = world.get(&format!("/v1/costs?period={MONTH}")).await;
    assert_eq!(answer["data"][0]["cost"], "100");
    let mut snapshot = world.store.snapshot(access::Sight::of_everything()).await.expect("a snapshot");
    assert_eq!(snapshot.load_versions(period(MONTH)).await.expect("versions").len(), 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_has_not_changed_is_not_read_again(pool: PgPool) {
    let world = World::new(pool).await;
    world.write(period(MONTH), &lines("0.5", 3));
    assert_eq!(world.refresh().await[0].result, "published");
    assert_eq!(world.refresh().await[0].result, "unchanged");
    let outcome = world.refresh().await.remove(0);
    assert_eq!(outcome.message, "version 1 is what the export holds");
}

/// A load of one line that the control question counted at `counted`, filled with a fact of `kept`, and what does not tie out.
pub(crate) async fn load_of_one_line(world: &World, counted: &str, kept: &str) -> (Box<LoadWriter>, Vec<Difference>) {
    let new = NewLoad {
        export: "sample",
        period: period(MONTH),
        manifest_identity: kept,
        manifest_written_at: crate::support::now(),
        force: false,
        now: crate::support::now(),
    };
    let Begin::Load(mut load) = world.store.begin_load(&new).await.expect("a load") else { panic!("it is served") };
    let usage = || Some("Usage".to_owned());
    let total = ControlTotal {
        invoice: None,
        billing_entity: Some("AWS".to_owned()),
        charge_type: usage(),
        currency: "USD".to_owned(),
        bill: [amount(counted); 3],
        line_items: 1,
        bedrock: [amount(counted); 3],
        bedrock_line_items: 1,
    };
    load.write_control_totals(&[total]).await.expect("control totals");
    let charge = Charge { billing_entity: Some("AWS".to_owned()), charge_type: usage(), ..Charge::default() };
    let charge_id = load.intern_charges(&[charge]).await.expect("a charge")[0];
    let tag_set_id = load.intern_tag_sets(&[TagSet::default()]).await.expect("tags")[0];
    let subject = Subject {
        payer: None,
        account: None,
        principal_id: None,
        tag_set_id,
        model: None,
        charge_type: usage(),
        predates_principals: false,
    };
    let subject_id = load.intern_subjects(&[subject]).await.expect("a subject")[0];
    let fact = Fact {
        usage_date: period(MONTH).first_day(),
        subject_id,
        charge_id,
        currency: *b"USD",
        costs: [amount(kept), amount(counted), amount(counted)],
        quantity: amount("1"),
        tokens: amount("0"),
        line_items: 1,
    };
    load.write_facts(&[fact]).await.expect("facts");
    let differences = load.finish_facts(true).await.expect("summaries");
    (load, differences)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_load_that_does_not_tie_out_is_kept_as_failed_with_the_difference(pool: PgPool) {
    let world = World::new(pool).await;
    // One unit of the twelfth decimal is missing.
    let (load, differences) = load_of_one_line(&world, "10.000000000001", "10").await;
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].expected.to_string(), "10.000000000001");
    assert_eq!(differences[0].found.to_string(), "10");
    load.fail("does not tie out", &differences, crate::support::now()).await.expect("the record");

    let mut snapshot = world.store.snapshot(access::Sight::of_everything()).await.expect("a snapshot");
    assert_eq!(snapshot.periods(), []);
    let versions = snapshot.load_versions(period(MONTH)).await.expect("versions");
    assert_eq!((versions[0].state.as_str(), versions[0].differences.as_slice()), ("failed", differences.as_slice()));
}

/// An error after the version was switched, such as a lost answer to COMMIT, once took the month away.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_load_that_is_served_cannot_fail_any_more(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let (mut load, _) = load_of_one_line(&world, "10", "10").await;
    load.publish(&[], crate::support::now()).await.expect("the publishing");
    load.fail("the answer to COMMIT was lost", &[], crate::support::now()).await.expect("nothing to do");
    let answer = world.get(&format!("/v1/costs?period={MONTH}")).await;
    assert_eq!(answer["data"][0]["cost"], "10");
    assert_eq!(leftovers(&pool).await, (0, 0, 0));
}

/// What readers are in the way of is dropped later; meanwhile neither they nor the refresh wait.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_slow_reader_holds_nothing_up(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    load_of_one_line(&world, "10", "10").await.0.publish(&[], crate::support::now()).await.expect("the publishing");
    let mut reader = world.store.snapshot(access::Sight::of_everything()).await.expect("a snapshot");
    let by_account_and_day = CostQuestion {
        scope: Scope::Periods(vec![period(MONTH)]),
        granularity: Granularity::Daily,
        group_by: vec![Dimension::Account],
        filters: Vec::new(),
        cost: CostBasis::Unblended,
        order_by: None,
    };
    reader.costs(&by_account_and_day).await.expect("a lock on the facts");

    load_of_one_line(&world, "11", "12")
        .await
        .0
        .fail("it does not tie out", &[], crate::support::now())
        .await
        .expect("the record");
    let other = world.get(&format!("/v1/costs?period={MONTH}&group_by=account")).await;
    assert_eq!(other["data"][0]["cost"], "10", "readers go on while the drop is refused");
    assert_eq!(leftovers(&pool).await, (0, 2, 0), "the partitions are still there");

    drop(reader);
    load_of_one_line(&world, "13", "13").await.0.publish(&[], crate::support::now()).await.expect("the publishing");
    assert_eq!(leftovers(&pool).await, (0, 0, 0), "the next load has dropped them");
}

/// A month that is read again and again, as one that fails is, must not use up the numbers of dimensions.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn reading_a_month_again_uses_no_numbers(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    world.write(period(MONTH), &lines("0.5", 20));
    world.refresh_well().await;
    let numbers = || {
        sqlx::query_as::<_, (i64, i64, i64, i64)>(
            "select (select last_value from subject_subject_id_seq), (select last_value from principal_principal_id_seq),
                    (select last_value from charge_charge_id_seq), (select last_value from tag_set_tag_set_id_seq)",
        )
        .fetch_one(&pool)
    };
    let before = numbers().await.expect("the numbers");
    assert_eq!(before, (20, 20, 1, 1));
    let again = RefreshRequest { force: true, ..RefreshRequest::default() };
    assert_eq!(world.refresher.refresh(&again).await[0].result, "published");
    assert_eq!(numbers().await.expect("the numbers"), before);
}

#[test]
fn steps_have_names_of_their_own() {
    // The test above finds a step by its name in the log.
    let names: std::collections::BTreeSet<_> = Step::ALL.iter().map(|step| step.as_str()).collect();
    assert_eq!(names.len(), Step::ALL.len());
    assert!(Path::new(env!("CARGO_BIN_EXE_chargeback")).is_file());
}
