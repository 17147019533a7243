//! Jobs: each question is put once, survives whoever fetches it, and ends when nobody waits for it.

use axum::http::StatusCode;
use serde_json::json;
use server::config::DrilldownConfig;
use server::drilldowns::{DrilldownDesk, DrilldownRunner};
use sqlx::PgPool;

use super::asking::{MONTH, ask, bill, caller, costs, delete, drill, get, line, lines, month, post, well, world};

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn lines_are_asked_for_fetched_and_read(pool: PgPool) {
    let world = world(pool).await;
    let router = world.as_caller(caller("ann", &[]));
    let question = json!({ "period": MONTH, "tag": { "key": "team", "value": "ds" }, "charge_type": "Usage" });
    let path = ask(&router, &question).await;
    let waiting = well(&router, &path).await;
    assert_eq!(waiting["data"]["state"], "queued");
    assert_eq!(waiting["data"]["tie_out"], json!([]));
    assert_eq!(waiting["links"], json!({ "self": path }));
    let early = get(&router, &format!("{path}/rows")).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "{}", early.text);
    assert_eq!(early.json()["type"], "/problems/drilldown-not-complete");
    assert_eq!(early.headers["retry-after"], "1");

    assert_eq!(world.fetch_lines().await, 1);
    let complete = well(&router, &path).await;
    assert_eq!(complete["data"]["state"], "complete");
    assert_eq!(
        complete["data"]["question"],
        json!({
            "period": MONTH, "export": "sample", "charge_type": "Usage", "tag": { "key": "team", "value": "ds" },
        })
    );
    assert_eq!(
        complete["data"]["tie_out"][0],
        json!({
            "currency": "USD", "cost": "unblended", "figure": "63", "rows_total": "63", "delta": "0", "line_items": 6, "rows": 6,
            "ties_out": true,
        })
    );
    let lines = lines(&router, &path, 4).await;
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0]["date"], "2026-09-01");
    assert_eq!(lines[0]["hour"], 7);
    assert_eq!(lines[0]["tags"], json!({ "iamPrincipal/team": "ds" }));
    assert_eq!(costs(&lines), ["1", "8", "2", "16", "4", "32"]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_same_question_is_put_once_and_nobody_learns_that_another_asked(pool: PgPool) {
    let world = world(pool).await;
    let (ann, ben) = (world.as_caller(caller("ann", &[])), world.as_caller(caller("ben", &["ds"])));
    let question = json!({ "period": MONTH, "day": "2026-09-03" });
    let of_ann = ask(&ann, &question).await;
    assert_eq!(world.fetch_lines().await, 1);
    let of_ben = ask(&ben, &question).await;
    assert_eq!(world.fetch_lines().await, 0, "the lines are there");
    assert_eq!(costs(&lines(&ann, &of_ann, 100).await), ["4", "32", "256"]);
    assert_eq!(costs(&lines(&ben, &of_ben, 100).await), ["4", "32"]);
    for path in [of_ann.clone(), format!("{of_ann}/rows")] {
        let answer = get(&ben, &path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text);
    }
    assert_eq!(delete(&ben, &of_ann).await.status, StatusCode::NOT_FOUND);
    assert_eq!(delete(&ann, &of_ann).await.status, StatusCode::NO_CONTENT);
    assert_eq!(get(&ann, &of_ann).await.status, StatusCode::NOT_FOUND);
    assert_eq!(costs(&lines(&ben, &of_ben, 100).await), ["4", "32"], "what one deletes the other keeps");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_job_whose_process_died_is_taken_up_again_and_by_one_process(pool: PgPool) {
    let world = world(pool).await;
    let router = world.as_caller(caller("ann", &[]));
    let path = ask(&router, &json!({ "period": MONTH })).await;
    let taken = world.store.take_drilldown().await.expect("the database").expect("a job");
    assert_eq!(well(&router, &path).await["data"]["state"], "running");
    assert_eq!(world.fetch_lines().await, 0, "somebody has it");
    // The process dies, and its connection with it. Postgres may take a moment to notice.
    drop(taken);
    let mut fetched = 0;
    for _ in 0..100 {
        fetched += world.fetch_lines().await;
        if fetched > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(fetched, 1);
    assert_eq!(lines(&router, &path, 100).await.len(), 9);
}

/// As the service does it: the runner is told that something waits, and sweeps.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_runner_that_waits_is_woken(pool: PgPool) {
    let world = world(pool).await;
    let router = world.as_caller(caller("ann", &[]));
    let desk = DrilldownDesk::new(DrilldownConfig { at_once: 2.try_into().expect("not zero"), ..Default::default() });
    let router_of_desk = server::http::router(server::http::ApiState {
        drilldowns: desk.clone(),
        gate: server::gate::Gate::same_for_all(caller("ann", &[])),
        ..world.state.clone()
    });
    let runner = DrilldownRunner { refresher: world.refresher.clone(), desk };
    let asking = async {
        // The runner has looked by now and found nothing: only being woken makes it look again this soon.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let path = ask(&router_of_desk, &json!({ "period": MONTH })).await;
        for _ in 0..80 {
            if well(&router, &path).await["data"]["state"] == "complete" {
                return path;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the runner was not woken");
    };
    let path = tokio::select! {
        () = runner.run() => panic!("the runner goes on for ever"),
        path = asking => path,
    };
    assert_eq!(lines(&router, &path, 100).await.len(), 9);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_month_that_is_read_anew_outdates_its_lines(pool: PgPool) {
    let world = world(pool).await;
    let router = world.as_caller(caller("ann", &[]));
    let (path, _) = drill(&world, &router, &json!({ "period": MONTH })).await;
    let mut more = bill();
    more.push(line("dave", "web", 4, "512"));
    world.write(month(), &more);

    // Delivered and not read yet: the lines that are served are not there to be fetched any more.
    let late = ask(&router, &json!({ "period": MONTH, "day": "2026-09-01" })).await;
    assert_eq!(world.fetch_lines().await, 1);
    let failed = well(&router, &late).await;
    assert_eq!(failed["data"]["state"], "failed");
    let sentence = "the export `sample` holds another delivery of 2026-09 than the one being served; ask again after the \
                    next refresh";
    assert_eq!(failed["data"]["failure"], sentence);
    let rows = get(&router, &format!("{late}/rows")).await;
    assert_eq!((rows.status, &rows.json()["type"]), (StatusCode::CONFLICT, &json!("/problems/drilldown-failed")));

    world.refresh_well().await;
    assert_eq!(well(&router, &path).await["data"]["state"], "outdated");
    let rows = get(&router, &format!("{path}/rows")).await;
    assert_eq!((rows.status, &rows.json()["type"]), (StatusCode::GONE, &json!("/problems/drilldown-outdated")));
    let (path, _) = drill(&world, &router, &json!({ "period": MONTH })).await;
    assert_eq!(lines(&router, &path, 100).await.len(), 10);

    // What is outdated is swept away; what is served stays.
    world.store.sweep_drilldowns(std::time::Duration::from_secs(3600), crate::support::now()).await.expect("swept");
    let sets: i64 =
        sqlx::query_scalar("select count(*) from drilldown_set").fetch_one(&world.pool).await.expect("a count");
    assert_eq!(sets, 1);
    assert_eq!(lines(&router, &path, 100).await.len(), 10);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_nobody_waits_for_is_not_fetched(pool: PgPool) {
    let world = world(pool).await;
    let router = world.as_caller(caller("ann", &[]));
    let path = ask(&router, &json!({ "period": MONTH })).await;
    assert_eq!(delete(&router, &path).await.status, StatusCode::NO_CONTENT);
    world.store.sweep_drilldowns(std::time::Duration::from_secs(3600), crate::support::now()).await.expect("swept");
    assert_eq!(world.fetch_lines().await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_folded_principal_finds_the_lines_of_all_its_sessions(pool: PgPool) {
    let mut world = crate::support::World::new(pool).await;
    let fold = bill::principal::FoldRule { role: "Build".into(), session: "run-*".into() };
    world.refresher.fold = bill::principal::SessionFold::new(&[fold]).expect("a rule");
    let session = |name: &str, cost: &str| sample::LineItem {
        iam_principal: Some(format!("arn:aws:sts::123456789012:assumed-role/Build/{name}").into()),
        ..line("x", "ds", 1, cost)
    };
    world.write(month(), &[session("run-1", "1"), session("run-2", "2"), session("other", "4")]);
    world.refresh_well().await;
    let router = world.as_caller(caller("ann", &[]));
    let folded = json!({ "period": MONTH, "principal": "arn:aws:sts::123456789012:assumed-role/Build/*" });
    let (path, _) = drill(&world, &router, &folded).await;
    assert_eq!(costs(&lines(&router, &path, 100).await), ["1", "2"]);
    let one = json!({ "period": MONTH, "principal": "arn:aws:sts::123456789012:assumed-role/Build/run-1" });
    let (path, _) = drill(&world, &router, &one).await;
    assert!(lines(&router, &path, 100).await.is_empty(), "one session is not kept apart from the others");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_drill_down_leaves_a_trace(pool: PgPool) {
    let world = world(pool).await;
    let router = world.as_caller(caller("ann", &["ds"]));
    assert_eq!(post(&router, &json!({ "period": "2031-01" })).await.status, StatusCode::NOT_FOUND);
    let path = ask(&router, &json!({ "period": MONTH, "account": null })).await;
    let entries = world.get("/v1/audit?action=drilldown.requested").await;
    let [entry] = entries["data"].as_array().expect("entries").as_slice() else { panic!("{entries}") };
    assert_eq!(entry["caller"], "anonymous:ann");
    assert_eq!(entry["object"], path.rsplit('/').next().expect("an id"));
    assert_eq!(entry["extent"], json!({ "teams": ["ds"] }));
    assert_eq!(entry["details"]["question"], json!({ "period": MONTH, "export": "sample", "account": null }));
}
