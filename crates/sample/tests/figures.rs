//! How long it takes. Not a test of anything: `SAMPLE_LINES=200000 cargo test -p sample --test figures -- --ignored --nocapture`;
//! with `SAMPLE_FOLDER` the sample stays.

use std::path::PathBuf;
use std::time::Instant;

use sample::{SampleOptions, write};

#[test]
#[ignore = "a measurement"]
fn time_to_write_a_month() {
    let lines = std::env::var("SAMPLE_LINES").map_or(200_000, |text| text.parse().expect("a number of lines"));
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = std::env::var_os("SAMPLE_FOLDER").map_or(temporary.path().to_owned(), PathBuf::from);
    let options = SampleOptions { folder, months: 1, lines, ..Default::default() };
    let start = Instant::now();
    let summary = write(&options, |_| {}).expect("a sample");
    let elapsed = start.elapsed();
    let month = summary.periods.last().expect("a month");
    let sizes = month.data_files.iter().map(|file| file.metadata().expect("a file").len());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned();
    eprintln!("{lines} lines in {elapsed:.1?}: {} files, {} bytes; {peak}", month.data_files.len(), sizes.sum::<u64>());
    eprintln!("{:?}", month.totals.bill);
    eprintln!("{:?}", month.totals.bedrock);
}
