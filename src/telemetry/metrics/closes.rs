//! Counters of closed sessions, by reason.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use tickcast_protocol::CloseReason;

use super::encode_reasons;

const REASONS: usize = CloseReason::ALL.len();

/// Counters of closed sessions: one for each close reason, and one for the sessions that ended without a close reason (see
/// [`Self::count_lost`]).
#[derive(Debug, Default)]
pub struct CloseCounters([AtomicU64; REASONS + 1]);

impl CloseCounters {
    /// Counts a session that was closed with a reason.
    pub fn count(&self, reason: CloseReason) {
        self.0[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a session that panicked, or whose connection was lost without a Close frame.
    pub fn count_lost(&self) {
        self.0[REASONS].fetch_add(1, Ordering::Relaxed);
    }

    fn counts(
        &self,
        label: fn(CloseReason) -> &'static str,
        lost: &'static str,
    ) -> impl Iterator<Item = (&'static str, u64)> {
        let labels = CloseReason::ALL.iter().copied().map(label).chain([lost]);
        labels.zip(&self.0).map(|(label, count)| (label, count.load(Ordering::Relaxed)))
    }
}

/// Reads the counters on each scrape.
#[derive(Debug)]
pub(super) struct CloseCollector(pub(super) Arc<CloseCounters>);

impl Collector for CloseCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let counts = self.0.counts(CloseReason::label, "connection_lost");
        encode_reasons(&mut encoder, "tickcast_sessions_closed", "Sessions closed", counts)?;
        let counts = self.0.counts(former_label, "lost").filter(|(_, count)| *count > 0);
        encode_reasons(&mut encoder, "tickcast_closes", "Deprecated, use tickcast_sessions_closed_total", counts)
    }
}

/// The label of a reason in the deprecated metric `tickcast_closes_total`.
fn former_label(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::ProtocolError => "bad_frame",
        CloseReason::UnsupportedData => "not_binary",
        CloseReason::MessageTooBig => "too_long",
        CloseReason::ServerShutdown => "server_stopping",
        CloseReason::VersionMismatch => "wrong_version",
        CloseReason::InvalidMessage => "malformed",
        CloseReason::IdleTimeout => "silent",
        CloseReason::RateLimited => "flooding",
        CloseReason::Overloaded => "busy",
        CloseReason::SessionReplaced => "taken_over",
        CloseReason::SlowConsumer => "not_reading",
        unchanged => unchanged.label(),
    }
}
