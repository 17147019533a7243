use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use bill::BillingPeriod;
use clap::{Args, ValueEnum};
use sample::{Delivery, Progress, SampleOptions, Summary};

#[derive(Debug, Args)]
pub(super) struct SampleArguments {
    /// The folder of the export: `data/` and `metadata/` are made in it.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The same seed writes the same files.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many months, beside the one with the figures that AWS published.
    #[arg(long, default_value_t = 3)]
    months: u32,
    /// The newest month.
    #[arg(long, value_name = "YYYY-MM", default_value = "2026-10")]
    last_period: BillingPeriod,
    /// Line items a month.
    #[arg(long, default_value_t = 20_000)]
    lines: u64,
    /// How much of each month is Bedrock, in percent of the lines.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u8).range(0..=100))]
    bedrock_percent: u8,
    /// How many teams there are, up to 50.
    #[arg(long, default_value_t = SampleOptions::default().teams)]
    teams: usize,
    /// Every caller uses many models, an hour at a time: a large month has nearly as many daily rows as Bedrock lines.
    #[arg(long)]
    scattered: bool,
    /// Write a second, restated version of this month.
    #[arg(long, value_name = "YYYY-MM")]
    restate: Option<BillingPeriod>,
    /// How the export is delivered.
    #[arg(long, value_enum, default_value_t = DeliveryArgument::Overwrite)]
    delivery: DeliveryArgument,
    /// Name of the export.
    #[arg(long, default_value = "bedrock-cur2")]
    name: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DeliveryArgument {
    /// Each refresh replaces the one before.
    Overwrite,
    /// Each refresh is kept beside the one before.
    CreateNew,
}

pub(super) fn run(arguments: &SampleArguments) -> anyhow::Result<ExitCode> {
    let options = SampleOptions {
        export_name: arguments.name.clone(),
        seed: arguments.seed,
        months: arguments.months,
        last_period: arguments.last_period,
        lines: arguments.lines,
        bedrock_percent: arguments.bedrock_percent,
        teams: arguments.teams,
        scattered: arguments.scattered,
        restate: arguments.restate,
        delivery: match arguments.delivery {
            DeliveryArgument::Overwrite => Delivery::Overwrite,
            DeliveryArgument::CreateNew => Delivery::CreateNew,
        },
        folder: arguments.out.clone(),
        ..SampleOptions::default()
    };
    let summary = write(&options)?;
    report(&summary).context("standard output is closed")?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the export, with a line of progress now and then on standard error.
pub(super) fn write(options: &SampleOptions) -> anyhow::Result<Summary> {
    let mut shown = 0;
    let progress = |progress: Progress| {
        let step = (progress.lines / 10).max(100_000);
        if progress.lines_written >= progress.lines || progress.lines_written >= shown + step {
            shown = progress.lines_written % progress.lines.max(1);
            eprintln!("  {} {:>10} of {} lines", progress.period, progress.lines_written, progress.lines);
        }
    };
    Ok(sample::write(options, progress)?)
}

fn report(summary: &Summary) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", summary.folder.display())?;
    for period in &summary.periods {
        let totals = &period.totals;
        for (currency, bill) in &totals.bill {
            let bedrock = totals.bedrock.get(currency).copied().unwrap_or_default();
            writeln!(
                output,
                "{} version {}: {} lines, bill {} {currency}; {} Bedrock lines, {} {currency}",
                period.period, period.version, totals.lines, bill.unblended, totals.bedrock_lines, bedrock.unblended
            )?;
        }
    }
    Ok(())
}
