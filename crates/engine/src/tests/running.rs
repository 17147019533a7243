//! What a question costs while it runs: the columns it reads, its memory, and that it stops when nobody listens.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use datafusion::physical_plan::{ExecutionPlan, displayable};
use futures::StreamExt;

use super::support::*;
use crate::{EmbeddedEngine, EngineError, EngineOptions, Parameter, Question, catalogue};

async fn plan(question: &Question, parameters: &[Parameter]) -> String {
    let export = Export::of(&[line()]);
    let manifest = export.only_manifest().await;
    let probe = crate::probe::probe(&manifest).await.expect("a probe");
    let frame = engine().plan(question, parameters, &manifest, probe).await.expect("a plan");
    let plan = frame.create_physical_plan().await.expect("a plan");
    displayable(plan.as_ref()).indent(true).to_string()
}

#[tokio::test]
async fn the_bill_total_reads_its_nine_columns_and_no_others() {
    let plan = plan(&catalogue::BILL_TOTAL, &[period()]).await;
    let scan = plan.lines().find(|line| line.contains("DataSourceExec")).expect("a scan");
    for column in crate::columns::COLUMNS.map(|(name, _)| name) {
        let asked = [
            "bill_billing_entity",
            "bill_invoice_id",
            "line_item_currency_code",
            "line_item_line_item_type",
            "line_item_net_unblended_cost",
            "line_item_product_code",
            "line_item_unblended_cost",
            "pricing_public_on_demand_cost",
            "product",
        ];
        let read = [",", "]", "@"].iter().any(|after| scan.contains(&format!("{column}{after}")));
        assert_eq!(read, asked.contains(&column), "{column} in {scan}");
    }
}

#[tokio::test]
async fn every_declared_column_is_read_by_the_daily_cost() {
    let plan = plan(&catalogue::DAILY_COST, &unfolded()).await;
    let scan = plan.lines().find(|line| line.contains("DataSourceExec")).expect("a scan");
    for (name, _) in crate::columns::COLUMNS {
        assert!(scan.contains(name), "{name} is declared for nobody");
    }
    // The partition is known before anything is read: nothing compares it line by line.
    assert!(!plan.contains("2026-10 ="), "{plan}");
}

fn many(count: usize) -> Vec<Line> {
    (0..count).map(|at| line().principal(&format!("arn:aws:sts::1:assumed-role/role/session-{at:020}"))).collect()
}

fn spills(plan: &dyn ExecutionPlan) -> usize {
    let below: usize = plan.children().iter().map(|child| spills(child.as_ref())).sum();
    below + plan.metrics().and_then(|metrics| metrics.spill_count()).unwrap_or_default()
}

#[tokio::test]
async fn a_question_with_little_memory_spills_and_is_still_exact() {
    let export = Export::of(&many(50_000));
    let manifest = export.only_manifest().await;
    let folder = tempfile::tempdir().expect("a folder");
    let spill_folder = folder.path().join("made/here");
    let options =
        EngineOptions { memory_limit_bytes: 32 << 20, spill_folder: Some(spill_folder.clone()), threads: Some(2) };
    let engine = EmbeddedEngine::new(options).expect("an engine");
    let probe = crate::probe::probe(&manifest).await.expect("a probe");
    let frame = engine.plan(&catalogue::DAILY_COST, &unfolded(), &manifest, probe).await.expect("a plan");
    let (tasks, plan) = (Arc::new(frame.task_ctx()), frame.create_physical_plan().await.expect("a plan"));
    let batches = datafusion::physical_plan::collect(Arc::clone(&plan), tasks).await.expect("rows");
    let lines: Vec<String> = batches.iter().flat_map(|batch| rows_of(batch, &["line_items"])).collect();
    assert_eq!(lines.len(), 50_000);
    assert!(lines.iter().all(|count| count == "1"));
    assert!(spills(plan.as_ref()) > 0, "the test must make it spill");
    drop(plan);
    let files = walk(&spill_folder);
    assert_eq!(files, [""; 0], "nothing is left behind");
}

fn walk(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path.display().to_string()] }).collect()
}

#[tokio::test]
async fn a_question_that_has_no_memory_at_all_says_so() {
    let export = Export::of(&many(5_000));
    let options = EngineOptions { memory_limit_bytes: 1000, threads: Some(2), ..EngineOptions::default() };
    let engine = EmbeddedEngine::new(options).expect("an engine");
    let error = match engine.ask(&catalogue::DAILY_COST, &unfolded(), &export.only_manifest().await).await {
        Ok(answer) => rows(answer, &[]).await.expect_err("a failure"),
        Err(error) => error,
    };
    assert!(matches!(error, EngineError::OutOfMemory { .. }), "{error:?}");
    assert!(error.to_string().contains("1000 bytes"), "{error}");
}

#[tokio::test]
async fn a_spill_folder_that_cannot_be_made_is_refused_at_once() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let spill_folder = Some(file.path().join("below a file"));
    let error = EmbeddedEngine::new(EngineOptions { spill_folder, ..EngineOptions::default() }).expect_err("refused");
    assert!(matches!(error, EngineError::SpillFolder { .. }));
}

#[tokio::test]
async fn dropping_the_answer_stops_the_work() {
    let export = Export::of(&many(40_000));
    let manifest = export.only_manifest().await;
    let engine = engine();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let mut answer = engine.ask(&catalogue::DAILY_COST, &unfolded(), &manifest).await.expect("an answer");
    answer.batches.next().await.expect("a batch").expect("a batch");
    assert!(engine.runtime.memory_pool.reserved() > 0);
    drop(answer);
    for _ in 0..100 {
        if tasks() == before && engine.runtime.memory_pool.reserved() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} tasks are left of {before}, {} bytes are held", tasks(), engine.runtime.memory_pool.reserved());
}
