//! Progress bar of a run. It is shown only on a terminal. Depends on no other part of this crate.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar of two phases: joining and measuring.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Starts the phase in which `count` bots join.
    pub(super) fn joining(count: u32) -> Self {
        let bar = ProgressBar::new(count.into());
        bar.set_style(style("joining    {bar:40} {pos} of {len} bots"));
        Self(bar)
    }

    /// Starts the phase of measuring, which takes `duration`.
    pub(super) fn measuring(&self, duration: Duration) {
        self.0.set_style(style("measuring  {bar:40} {msg}"));
        self.0.set_position(0);
        self.0.set_length(duration.as_secs());
    }

    /// Shows the number of bots that have joined or failed.
    pub(super) fn joined(&self, count: u64) {
        self.0.set_position(count);
    }

    /// Shows the time elapsed and the snapshots received.
    pub(super) fn measured(&self, elapsed: Duration, snapshots: u64) {
        self.0.set_position(elapsed.as_secs());
        self.0.set_message(format!("{} s, {snapshots} snapshots", elapsed.as_secs()));
    }

    /// Removes the bar from the terminal.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is valid").progress_chars("━╸ ")
}
