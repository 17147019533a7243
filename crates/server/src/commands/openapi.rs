use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    let document = crate::http::openapi().to_pretty_json().context("the OpenAPI document cannot be written")?;
    writeln!(std::io::stdout().lock(), "{document}").context("standard output is closed")?;
    Ok(ExitCode::SUCCESS)
}
