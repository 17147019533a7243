use std::io::{BufWriter, stdin, stdout};
use std::process::ExitCode;

use bill::classify::classify_csv;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    classify_csv(stdin().lock(), BufWriter::new(stdout().lock()))?;
    Ok(ExitCode::SUCCESS)
}
