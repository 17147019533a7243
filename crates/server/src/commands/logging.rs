use std::io::{IsTerminal, Stderr, Write, stderr};

use anyhow::Context;
use indicatif::ProgressBar;
use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Log lines go to standard error: standard output belongs to what a command answers.
pub(super) fn start(config: &LogConfig) -> anyhow::Result<()> {
    start_above(config, &ProgressBar::hidden())
}

/// The same, above a progress bar that is drawn on the same terminal.
pub(super) fn start_above(config: &LogConfig, bar: &ProgressBar) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.filter)
        .with_context(|| format!("`[log] filter` cannot be read: `{}`", config.filter))?;
    let (colours, bar) = (stderr().is_terminal(), bar.clone());
    let writer = move || AboveBar { bar: bar.clone(), stderr: stderr() };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(colours);
    match config.format {
        LogFormat::Text => builder.compact().with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Writes while the bar is away from the screen.
struct AboveBar {
    bar: ProgressBar,
    stderr: Stderr,
}

impl Write for AboveBar {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // A line is handed over whole.
        self.bar.suspend(|| self.stderr.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stderr.flush()
    }
}
