//! How fast the rows of `daily_cost` are fetched through Athena, in each way there is: run by `scripts/bench-fetch`, beside
//! clients that are somebody else's.
//!
//! Where S3 and Athena are is said by the variables of the AWS SDK. Writes a line of JSON for each way.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use engine::catalogue::DAILY_COST;
use engine::{
    AthenaEngine, AthenaOptions, Engine, ExportLocation, ExportSource, Fetch, NoQueryLog, Parameter, S3Location,
    S3Options, SharedQueryLog,
};
use futures::TryStreamExt;

const EXPORT: &str = "s3://exports/cur2/rollup";
const RESULTS: &str = "s3://results/chargeback";
const PERIOD: &str = "2026-10";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let location = ExportLocation::S3(S3Location::new(EXPORT, S3Options::default())?);
    let source = ExportSource { name: "rollup".to_owned(), location };
    let log: SharedQueryLog = Arc::new(NoQueryLog);
    for (way, fetch) in [("UNLOAD", Fetch::Unload), ("CSV", Fetch::Csv), ("paging", Fetch::Pages)] {
        let found =
            source.discover().await?.manifests.into_iter().find(|manifest| manifest.period.to_string() == PERIOD);
        let manifest = found.ok_or("the export does not hold the month")?;
        let results = Some(S3Location::new(RESULTS, S3Options::default())?);
        // A beginning in the past, so that no query of another run is taken for one of this process's.
        let began_at = std::time::SystemTime::UNIX_EPOCH.into();
        let options = AthenaOptions { results, fetch, ..AthenaOptions::new("billing", began_at) };
        let engine = Engine::Athena(AthenaEngine::new(options));
        let parameters = ["^$", "", PERIOD].map(Parameter::text);
        let begun = Instant::now();
        let mut answer = engine.ask(&DAILY_COST, &parameters, &manifest, &log).await?;
        let ended = Instant::now();
        let mut rows = 0;
        while let Some(batch) = answer.batches.try_next().await? {
            rows += batch.num_rows();
        }
        let (seconds, seconds_fetch) = (begun.elapsed().as_secs_f64(), ended.elapsed().as_secs_f64());
        engine.settle(&manifest).await;
        writeln!(
            std::io::stdout(),
            "{{\"client\": \"chargeback\", \"way\": \"{way}\", \"rows\": {rows}, \"seconds\": {seconds}, \"seconds_fetch\": \
             {seconds_fetch}}}"
        )?;
    }
    Ok(())
}
