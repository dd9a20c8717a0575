//! Flags about how much history of rooms is kept.

use std::time::Duration;

use clap::Args;
use tickcast_store::Retention;

/// Default of `--data-max`: enough for a day of history of about 30 rooms with five players each.
const DATA_BYTES_MAX: u64 = 1 << 30;

/// Flags about how much history of rooms is kept.
#[derive(Args, Clone, Debug)]
pub(super) struct RetentionArgs {
    /// Hours for which the history of open and closed rooms is kept for replays, not counting time without a server; 0: no
    /// history
    #[arg(long, env = "TICKCAST_REPLAY_HOURS", value_name = "HOURS", default_value_t = 24,
        value_parser = clap::value_parser!(u16).range(0..=8_760))]
    replay_hours: u16,
    /// Size of the database in bytes above which history is deleted: that of closed rooms first, the oldest first
    #[arg(long, env = "TICKCAST_DATA_MAX", value_name = "BYTES", default_value_t = DATA_BYTES_MAX)]
    data_max: u64,
}

impl RetentionArgs {
    pub(super) const fn retention(&self) -> Retention {
        Retention { age: Duration::from_secs(self.replay_hours as u64 * 3_600), bytes_max: self.data_max }
    }
}
