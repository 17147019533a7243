use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use store::refreshes::{RefreshPart, RefreshRecord, RefreshState};

use crate::refresh::Step;

/// How far a refresh is, on a terminal. Elsewhere nothing is drawn: the log has a line for each step.
pub(super) struct RefreshBar {
    pub(super) bar: ProgressBar,
}

impl RefreshBar {
    pub(super) fn new() -> Self {
        // The library draws nothing where standard error is no terminal.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar }
    }

    /// Whether anybody sees it.
    pub(super) fn is_drawn(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// Each step of each period is a step of the bar.
    pub(super) fn show(&self, refresh: &RefreshRecord) {
        let steps = Step::ALL.len();
        let done: usize = refresh.parts.iter().map(steps_done).sum();
        if !refresh.parts.is_empty() {
            self.bar.set_length((refresh.parts.len() * steps).try_into().unwrap_or(u64::MAX));
        }
        self.bar.set_position(done.try_into().unwrap_or(u64::MAX));
        self.bar.set_message(message(refresh));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn steps_done(part: &RefreshPart) -> usize {
    if part.result.is_some() {
        return Step::ALL.len();
    }
    let begun = part.step.as_deref();
    Step::ALL.iter().position(|step| Some(step.as_str()) == begun).unwrap_or_default()
}

fn message(refresh: &RefreshRecord) -> String {
    let under_way = refresh.parts.iter().find(|part| part.result.is_none() && part.step.is_some());
    match (refresh.state, under_way) {
        (RefreshState::Queued | RefreshState::Abandoned, _) => "waiting for another refresh".to_owned(),
        (_, None) => "looking at the exports".to_owned(),
        (_, Some(part)) => {
            let period = part.period.map(|period| period.to_string()).unwrap_or_default();
            let step = part.step.as_deref().unwrap_or_default();
            let rows = if part.rows > 0 { format!(", {} rows", part.rows) } else { String::new() };
            format!("{} {period}: {step}{rows}", part.export)
        }
    }
}
