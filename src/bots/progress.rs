//! How far the run has come, shown while it runs. Nothing is shown where nobody looks on.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that fills up twice: with bots, and with time.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Bots are joining, so many in all.
    pub(super) fn joining(count: u32) -> Self {
        let bar = ProgressBar::new(count.into());
        bar.set_style(style("joining    {bar:40} {pos} of {len} bots"));
        Self(bar)
    }

    /// Now time is measured.
    pub(super) fn measuring(&self, whole: Duration) {
        self.0.set_style(style("measuring  {bar:40} {msg}"));
        self.0.set_position(0);
        self.0.set_length(whole.as_secs());
    }

    /// So many bots are in, or have failed.
    pub(super) fn joined(&self, count: u64) {
        self.0.set_position(count);
    }

    /// So much time is over.
    pub(super) fn measured(&self, elapsed: Duration, snapshots: u64) {
        self.0.set_position(elapsed.as_secs());
        self.0.set_message(format!("{} s, {snapshots} snapshots", elapsed.as_secs()));
    }

    /// It is done: the bar makes room for the report.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a good template").progress_chars("━╸ ")
}
