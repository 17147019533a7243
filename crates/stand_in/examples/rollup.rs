//! A stand-in over an export whose every line is a row of `sql/daily_cost.sql`, to measure how fast results are fetched.
//!
//! `rollup --root FOLDER --listen ADDRESS ROWS` writes its address to standard output when it is ready, and serves until it
//! is killed: the bucket `exports` with the export `cur2/rollup`, its table `billing.cur2`, the month 2026-10, the bucket
//! `results`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use bill::{Amount, BillingPeriod};
use chrono::{NaiveDate, TimeDelta};
use clap::Parser;
use sample::LineItem;
use stand_in::{Settings, StandIn, Workgroup};

#[derive(Debug, Parser)]
struct Arguments {
    #[arg(long)]
    root: PathBuf,
    #[arg(long)]
    listen: SocketAddr,
    rows: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = arguments.root.join("exports/cur2/rollup");
    std::fs::create_dir_all(&folder)?;
    std::fs::create_dir_all(arguments.root.join("results"))?;
    let period = BillingPeriod::containing(NaiveDate::from_ymd_opt(2026, 10, 1).unwrap_or_default());
    sample::write_lines(folder, "rollup", period, &lines(period, arguments.rows)?)?;
    let workgroup = Workgroup { output_location: Some("s3://results/".to_owned()), ..Workgroup::default() };
    let settings = Settings { workgroups: [("primary".to_owned(), workgroup)].into(), ..Settings::default() };
    let mut stand_in = StandIn::start(arguments.root, arguments.listen, settings).await?;
    stand_in.create_database("billing");
    stand_in.crawl_table("billing", "cur2", "s3://exports/cur2/rollup/data/", &["billing_period"])?;
    writeln!(std::io::stdout(), "{}", stand_in.url())?;
    Ok(stand_in.ended().await?)
}

/// Somebody's tokens of a day: two thousand principals, thirty days, and as many models as it takes.
fn lines(period: BillingPeriod, rows: usize) -> anyhow::Result<Vec<LineItem<'static>>> {
    const PRINCIPALS: usize = 2_000;
    const DAYS: usize = 30;
    let line = |number: usize| {
        let base = LineItem::bedrock_usage(period);
        let (principal, day, model) = (number % PRINCIPALS, number / PRINCIPALS % DAYS, number / PRINCIPALS / DAYS);
        let start = base.usage_start.map(|start| start + TimeDelta::days(day as i64));
        let cost: Amount = format!("0.{:03}", number % 1_000).parse()?;
        Ok(LineItem {
            iam_principal: Some(
                format!("arn:aws:sts::123456789012:assumed-role/team-{}/p{principal}", principal % 40).into(),
            ),
            usage_type: format!("USE1-Claude4.{model}Sonnet-input-tokens").into(),
            usage_start: start,
            usage_end: start.map(|start| start + TimeDelta::hours(1)),
            unblended_cost: cost,
            list_cost: Some(cost),
            usage_quantity: cost,
            tags: [("iamPrincipal/team", "data-science"), ("iamPrincipal/cost-center", "12345")].into(),
            ..base
        })
    };
    (0..rows).map(line).collect()
}
