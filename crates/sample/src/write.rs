use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use bill::BillingPeriod;

use crate::catalogue::Catalogue;
use crate::export::{ExportWriter, Shipment};
use crate::month::{Month, Plan};
use crate::organisation::Organisation;
use crate::random::digest;
use crate::{PeriodSummary, Progress, SampleError, SampleOptions, Summary, Totals, published_lines, published_period};

/// Writes a sample export, month by month, oldest first.
///
/// The month to restate is delivered twice, as AWS would. `progress` is called from this thread, about every ten
/// thousand lines. Months of an earlier sample that are not asked for now stay in the folder.
///
/// # Errors
/// When an option makes no sense or a file cannot be written. What was delivered until then stays.
pub fn write(options: &SampleOptions, mut progress: impl FnMut(Progress)) -> Result<Summary, SampleError> {
    options.check()?;
    let mut periods = Vec::new();
    for period in options.generated_periods() {
        periods.push(deliver(options, period, 1, &mut progress)?);
    }
    if options.published_month {
        periods.push(deliver_published(options)?);
    }
    if let Some(period) = options.restate {
        let restated = deliver(options, period, 2, &mut progress)?;
        periods.retain(|summary| summary.period != period);
        periods.push(restated);
    }
    periods.sort_by_key(|summary| summary.period);
    Ok(Summary { folder: options.folder.clone(), periods })
}

/// Delivers the second version of one month to an export that [`write()`] has written with the same options: late usage,
/// one more credit, and a principal that changed teams, in one file less.
///
/// # Errors
/// When the month is not one of the generated ones, or a file cannot be written.
pub fn restate(
    options: &SampleOptions,
    period: BillingPeriod,
    mut progress: impl FnMut(Progress),
) -> Result<PeriodSummary, SampleError> {
    let options = SampleOptions { restate: Some(period), ..options.clone() };
    options.check()?;
    deliver(&options, period, 2, &mut progress)
}

fn export(options: &SampleOptions) -> ExportWriter {
    ExportWriter {
        delivery: options.delivery,
        principal_column: options.principal_column,
        net_columns: options.net_columns,
        ..ExportWriter::new(&options.folder, &options.export_name)
    }
}

/// In two files, like any other month.
fn deliver_published(options: &SampleOptions) -> Result<PeriodSummary, SampleError> {
    let lines = published_lines();
    let (first, second) = lines.split_at(lines.len() / 2);
    export(options).write_period(published_period(), 1, &[first, second])
}

fn deliver(
    options: &SampleOptions,
    period: BillingPeriod,
    version: u32,
    progress: &mut impl FnMut(Progress),
) -> Result<PeriodSummary, SampleError> {
    let organisation = Organisation::new(options.seed, principals(options), options.teams, version > 1);
    let catalogue = Catalogue::new(&organisation.accounts);
    let month = Month::new(options, period, version, &organisation, &catalogue);
    let plan = Plan::of(options, version);
    let export = export(options);
    let content = (options.seed, options.lines, options.bedrock_percent, options.last_period, options.last_day);
    let content = if options.scattered { digest((content, "scattered")) } else { digest(content) };
    let shipment = export.shipment(period, version, content)?;
    let totals = write_files(&month, &plan, &shipment, progress)?;
    shipment.deliver(plan.files.len(), totals)
}

/// One for some 750 lines of Amazon Bedrock, up to 2,000: that is what makes daily sums much fewer than lines.
fn principals(options: &SampleOptions) -> usize {
    let bedrock_lines = options.lines / 100 * u64::from(options.bedrock_percent);
    usize::try_from((bedrock_lines / 750).clamp(40, 2_000)).unwrap_or(40)
}

/// What a writing thread tells.
enum Message {
    Lines(u64),
    File(usize, Result<Totals, SampleError>),
}

/// Files are independent of one another: as many are written at once as the machine has processors.
fn write_files(
    month: &Month<'_>,
    plan: &Plan,
    shipment: &Shipment<'_>,
    progress: &mut impl FnMut(Progress),
) -> Result<Totals, SampleError> {
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from).min(plan.files.len());
    let (sender, receiver) = channel();
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            scope.spawn(|| write_some(month, plan, shipment, &next, sender));
        }
        drop(sender);
        let mut state =
            Progress { period: month.period, version: month.version, lines_written: 0, lines: plan.lines() };
        let mut files: Vec<Option<Totals>> = vec![None; plan.files.len()];
        for message in receiver {
            match message {
                Message::Lines(lines) => {
                    state.lines_written += lines;
                    progress(state);
                }
                Message::File(index, written) => {
                    // No thread starts another file once one has failed.
                    files[index] = Some(written.inspect_err(|_| next.store(plan.files.len(), Ordering::Relaxed))?);
                }
            }
        }
        let mut totals = Totals::default();
        files.iter().flatten().for_each(|file| totals.merge(file));
        Ok(totals)
    })
}

fn write_some(month: &Month<'_>, plan: &Plan, shipment: &Shipment<'_>, next: &AtomicUsize, sender: Sender<Message>) {
    // Sending fails only when the receiver has given up over an error, which it returns itself.
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= plan.files.len() {
            return;
        }
        let written = write_file(month, plan, shipment, index, &mut |lines| {
            let _ = sender.send(Message::Lines(lines));
        });
        let _ = sender.send(Message::File(index, written));
    }
}

fn write_file<'m>(
    month: &'m Month<'m>,
    plan: &Plan,
    shipment: &Shipment<'_>,
    index: usize,
    report: &mut dyn FnMut(u64),
) -> Result<Totals, SampleError> {
    let mut chunk = shipment.chunk(index)?;
    for slice in &plan.files[index] {
        month.write(slice, &mut chunk, report)?;
    }
    chunk.finish()
}
