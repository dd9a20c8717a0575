//! What the bots have seen, all together.

use std::collections::BTreeMap;
use std::time::Duration;

use super::breakdown::Breakdown;
use super::durations::Durations;
use super::report::{KindShare, Report};

/// The most different remarks that are kept; a server that goes wrong in new words each time must not fill the memory.
const REMARKS_MAX: usize = 20;

/// What the bots have seen, all together.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Bots that got their first snapshot.
    pub(super) connected: u64,
    /// Bots that never did.
    pub(super) failed: u64,
    /// Bots that lost their connection later on.
    pub(super) disconnects: u64,
    /// Messages that could not be read.
    pub(super) decode_errors: u64,
    /// Snapshots that did not fit the replica, not counting those until it was whole again.
    pub(super) desyncs: u64,
    /// What was seen while measuring; nothing before.
    pub(super) window: Option<Window>,
    remarks: BTreeMap<String, u64>,
}

/// What was seen while measuring.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Snapshots that should arrive each second, if every bot is to have one each tick.
    pub(super) snapshots_due_per_second: u64,
    /// Snapshots that did arrive.
    pub(super) snapshots: u64,
    /// Their bytes.
    pub(super) snapshot_bytes: u64,
    /// The bytes of all messages.
    pub(super) bytes: u64,
    /// Entities in view, summed over the snapshots that were taken apart.
    pub(super) visible_entities: u64,
    /// What verified snapshots were made of.
    pub(super) breakdown: Breakdown,
    /// Between one snapshot and the next.
    pub(super) snapshot_interval: Durations,
    /// From sending changed controls to the snapshot that says that they were applied.
    pub(super) input_latency: Durations,
    /// From a ping to its pong.
    pub(super) rtt: Durations,
    /// Inputs sent, changed or not.
    pub(super) inputs: u64,
    /// Inputs that came too late for their tick.
    pub(super) late_inputs: u64,
}

impl Tally {
    /// Notes something that went wrong, in words.
    pub(super) fn remark(&mut self, words: &str) {
        if let Some(count) = self.remarks.get_mut(words) {
            *count += 1;
        } else if self.remarks.len() < REMARKS_MAX {
            self.remarks.insert(words.to_owned(), 1);
        }
    }

    /// What has been noted most often.
    pub(super) fn main_remark(&self) -> Option<&str> {
        self.remarks.iter().max_by_key(|(_, count)| **count).map(|(words, _)| words.as_str())
    }

    /// The report on a measurement that took so long and cost this process so much.
    pub(super) fn report(self, elapsed: Duration, cpu: Duration) -> Report {
        let seconds = elapsed.as_secs_f64();
        let window = self.window.unwrap_or_default();
        let expected = window.snapshots_due_per_second as f64 * seconds;
        let ratio = |part: u64, whole: f64| part as f64 / whole;
        let verified = window.breakdown.snapshots as f64;
        let by_kind = |(kind, share): (&super::breakdown::Kind, &super::breakdown::Share)| {
            let of_a_snapshot = |amount| ratio(amount, verified);
            (kind.name(), KindShare { bytes: of_a_snapshot(share.bytes), count: of_a_snapshot(share.count) })
        };
        Report {
            clients: self.connected + self.failed,
            connected: self.connected,
            failed: self.failed,
            seconds,
            snapshots_received: window.snapshots,
            snapshots_expected: expected.round() as u64,
            delivered: ratio(window.snapshots, expected),
            bytes_received: window.bytes,
            bytes_per_client_per_second: ratio(window.bytes, self.connected as f64 * seconds),
            bytes_per_snapshot: ratio(window.snapshot_bytes, window.snapshots as f64),
            bytes_by_kind: window.breakdown.kinds.iter().map(by_kind).collect(),
            visible_entities_mean: ratio(window.visible_entities, verified),
            snapshot_interval_ms: window.snapshot_interval.percentiles(),
            input_latency_ms: window.input_latency.percentiles(),
            rtt_ms: window.rtt.percentiles(),
            inputs_sent: window.inputs,
            late_inputs: window.late_inputs,
            disconnects: self.disconnects,
            decode_errors: self.decode_errors,
            desyncs: self.desyncs,
            bot_cpu_seconds: cpu.as_secs_f64(),
            remarks: self.remarks,
        }
    }
}
