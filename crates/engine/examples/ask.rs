//! How long the embedded engine takes to answer `daily_cost`, by itself: run by `scripts/bench/run refresh`.
//!
//! `ask FOLDER PERIOD` reads the export in the folder and writes a line of JSON.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use engine::catalogue::DAILY_COST;
use engine::{
    EmbeddedEngine, Engine, EngineOptions, ExportLocation, ExportSource, NoQueryLog, Parameter, SharedQueryLog,
};
use futures::TryStreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name the folder of the export")?;
    let period = arguments.next().ok_or("name the period")?;
    let source = ExportSource { name: "bench".to_owned(), location: ExportLocation::Disk(folder.into()) };
    let log: SharedQueryLog = Arc::new(NoQueryLog);
    let engine = Engine::Embedded(EmbeddedEngine::new(EngineOptions::default())?);
    let begun = Instant::now();
    let found = source.discover().await?.manifests.into_iter().find(|manifest| manifest.period.to_string() == period);
    let manifest = found.ok_or("the export does not hold the month")?;
    let parameters = ["^$", "", &period].map(Parameter::text);
    let mut answer = engine.ask(&DAILY_COST, &parameters, &manifest, &log).await?;
    let mut rows = 0;
    while let Some(batch) = answer.batches.try_next().await? {
        rows += batch.num_rows();
    }
    writeln!(std::io::stdout(), "{{\"rows\": {rows}, \"seconds\": {}}}", begun.elapsed().as_secs_f64())?;
    Ok(())
}
