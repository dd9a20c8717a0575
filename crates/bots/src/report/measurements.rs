//! Measurements of all bots. Uses no socket and reads no clock.

use std::collections::BTreeMap;
use std::time::Duration;

use tickcast_protocol::{ActionOutcome, GameProtocol, ResolvedAction};

use super::breakdown::{Breakdown, PartKind, PartTotal};
use super::durations::Durations;
use super::{KindShare, Newcomers, Report};

/// Maximum number of distinct problems. Without a maximum, a server could fill the memory by sending a
/// different error text each time.
const PROBLEMS_MAX: usize = 20;

/// Measurements of all bots.
#[derive(Debug, Default)]
pub(crate) struct Measurements {
    /// Bots that received their first snapshot.
    pub(crate) connected: u64,
    /// Time from connecting to the first snapshot.
    pub(crate) join_duration: Durations,
    /// Time from the first attempt to connect until all bots have joined or failed.
    pub(crate) joined_after: Duration,
    /// Bots that failed before their first snapshot.
    pub(crate) failed: u64,
    /// Bots that lost their connection after their first snapshot.
    pub(crate) disconnects: u64,
    /// Connections that bots established again after they had lost one.
    pub(crate) reconnected: u64,
    /// Number of Welcomes with which a bot got its previous seat back.
    pub(crate) resumed: u64,
    /// Time from the loss of a connection to the first snapshot on the next one.
    pub(crate) outage: Durations,
    /// Messages that could not be decoded.
    pub(crate) decode_errors: u64,
    /// Snapshots that a replica rejected. Delta snapshots that arrived while the bot waited for a full snapshot do not
    /// count.
    pub(crate) desyncs: u64,
    /// Measurement window; `None` before it starts.
    pub(crate) window: Option<Window>,
    /// Bots that tried to join during the measurement.
    newcomers: Newcomers,
    /// Number of occurrences of each problem.
    problems: BTreeMap<String, u64>,
}

/// Measurements that start after all bots have joined or failed.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// Snapshots due per second: the sum of the tick rates of all bots that play when the window starts.
    pub(crate) snapshots_due_per_second: u64,
    /// Snapshots received.
    pub(crate) snapshots: u64,
    /// Bytes of all snapshots received.
    pub(crate) snapshot_bytes: u64,
    /// Bytes of all messages received.
    pub(crate) bytes: u64,
    /// Number of entities in view, summed over all verified snapshots.
    pub(crate) visible_entities: u64,
    /// Composition of verified snapshots.
    pub(crate) breakdown: Breakdown,
    /// Interval between consecutive snapshots.
    pub(crate) snapshot_interval: Durations,
    /// Time from sending changed controls to the first snapshot that reports them as applied.
    pub(crate) input_latency: Durations,
    /// Time from a ping to its pong.
    pub(crate) rtt: Durations,
    /// Inputs sent, with or without a change.
    pub(crate) inputs: u64,
    /// Inputs that arrived after the tick they were stamped for.
    pub(crate) late_inputs: u64,
    pub(crate) actions: ActionCounts,
}

/// Number of actions by outcome. Actions without an outcome are not counted.
#[derive(Debug, Default)]
pub(crate) struct ActionCounts {
    accepted: u64,
    refused: u64,
}

impl ActionCounts {
    /// Counts the outcomes.
    pub(crate) fn add<G: GameProtocol>(&mut self, resolved: &[ResolvedAction<G>]) {
        for outcome in resolved.iter().filter_map(|resolved| resolved.outcome.as_ref()) {
            match outcome {
                ActionOutcome::Accepted => self.accepted += 1,
                ActionOutcome::Refused(_) | ActionOutcome::RateLimited => self.refused += 1,
            }
        }
    }
}

impl Measurements {
    /// Counts a problem.
    pub(crate) fn record_problem(&mut self, problem: &str) {
        self.add_problem(problem, 1);
    }

    /// Counts a bot that failed before its first snapshot.
    pub(crate) fn record_failure(&mut self, problem: &str) {
        self.failed += 1;
        self.record_problem(problem);
    }

    /// Adds the measurements of newcomers.
    pub(crate) fn add_newcomers(&mut self, newcomers: Self) {
        let Self { connected, failed, decode_errors, desyncs, problems, .. } = newcomers;
        self.newcomers = Newcomers { tried: connected + failed, admitted: connected, failed };
        self.decode_errors += decode_errors;
        self.desyncs += desyncs;
        problems.iter().for_each(|(problem, count)| self.add_problem(problem, *count));
    }

    fn add_problem(&mut self, problem: &str, occurrences: u64) {
        if let Some(count) = self.problems.get_mut(problem) {
            *count += occurrences;
        } else if self.problems.len() < PROBLEMS_MAX {
            self.problems.insert(problem.to_owned(), occurrences);
        }
    }

    /// The most frequent problem.
    pub(crate) fn main_problem(&self) -> Option<&str> {
        self.problems.iter().max_by_key(|(_, count)| **count).map(|(problem, _)| problem.as_str())
    }

    /// The report on a measurement that took `elapsed` and used the CPU time `cpu`.
    pub(crate) fn report(self, elapsed: Duration, cpu: Duration) -> Report {
        let seconds = elapsed.as_secs_f64();
        let window = self.window.unwrap_or_default();
        let expected = window.snapshots_due_per_second as f64 * seconds;
        let ratio = |part: u64, whole: f64| part as f64 / whole;
        let verified = window.breakdown.snapshots as f64;
        let kind_share = |(kind, total): (&PartKind, &PartTotal)| {
            let share = KindShare { bytes: ratio(total.bytes, verified), count: ratio(total.count, verified) };
            (kind.name(), share)
        };
        Report {
            clients: self.connected + self.failed,
            connected: self.connected,
            failed: self.failed + self.newcomers.failed,
            newcomers: self.newcomers,
            join_seconds: self.joined_after.as_secs_f64(),
            join_ms: self.join_duration.percentiles(),
            seconds,
            snapshots_received: window.snapshots,
            snapshots_expected: expected.round() as u64,
            delivered: ratio(window.snapshots, expected),
            bytes_received: window.bytes,
            bytes_per_client_per_second: ratio(window.bytes, self.connected as f64 * seconds),
            bytes_per_snapshot: ratio(window.snapshot_bytes, window.snapshots as f64),
            bytes_by_kind: window.breakdown.kinds.iter().map(kind_share).collect(),
            visible_entities_mean: ratio(window.visible_entities, verified),
            snapshot_interval_ms: window.snapshot_interval.percentiles(),
            input_latency_ms: window.input_latency.percentiles(),
            rtt_ms: window.rtt.percentiles(),
            inputs_sent: window.inputs,
            late_inputs: window.late_inputs,
            actions_accepted: window.actions.accepted,
            actions_refused: window.actions.refused,
            disconnects: self.disconnects,
            reconnected: self.reconnected,
            resumed: self.resumed,
            outage_ms: self.outage.percentiles(),
            decode_errors: self.decode_errors,
            desyncs: self.desyncs,
            bot_cpu_seconds: cpu.as_secs_f64(),
            problems: self.problems,
        }
    }
}

impl Default for Report {
    /// A report without measurements: every measured value is NaN.
    fn default() -> Self {
        Measurements::default().report(Duration::ZERO, Duration::ZERO)
    }
}
