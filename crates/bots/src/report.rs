//! Report of a load test, in JSON and for the terminal.

mod breakdown;
mod durations;
mod measurements;
mod requirement;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

pub use durations::Percentiles;
pub(crate) use measurements::{Measurements, Window};
pub use requirement::{Requirement, RequirementError, Unmet};

/// Report of a load test. Joins and errors are counted from the start of the run, or from the end of the previous
/// measurement if there was one. Everything else is measured only after all bots have joined or failed.
///
/// A value that could not be measured, such as the input latency if no input was sent, is NaN (null in JSON).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Bots that tried to join.
    pub clients: u64,
    /// Bots that received their first snapshot.
    pub connected: u64,
    /// Bots that failed before their first snapshot, including newcomers.
    pub failed: u64,
    /// Bots that joined during the measurement. They count in no other field except `failed`, `decode_errors`, `desyncs` and
    /// `problems`.
    pub newcomers: Newcomers,
    /// Time from the first attempt to connect until all bots had joined or failed, in seconds.
    pub join_seconds: f64,
    /// Time from connecting to the first snapshot of a bot.
    pub join_ms: Percentiles,
    /// Duration of the measurement in seconds.
    pub seconds: f64,
    /// Snapshots received.
    pub snapshots_received: u64,
    /// Snapshots due: the tick rate times `seconds` (in a room with pace on demand, `seconds`), summed over all bots that are
    /// connected at the start of the measurement. A bot that loses its connection later still counts, because a player would
    /// miss those snapshots too.
    pub snapshots_expected: u64,
    /// Ratio of received to expected snapshots. The measurement starts and ends between ticks, so the number received may be
    /// off by one snapshot per bot in either direction.
    pub delivered: f64,
    /// Bytes of all messages received, without the overhead of WebSocket and TCP.
    pub bytes_received: u64,
    /// [`bytes_received`](Self::bytes_received) per connected bot and second.
    pub bytes_per_client_per_second: f64,
    /// Mean size of a snapshot in bytes.
    pub bytes_per_snapshot: f64,
    /// Mean composition of the snapshots received by bots with a replica. The keys are kinds of parts: `room` for room
    /// events; `controls`, `patch`, `despawn` and `upsert_ship` (or another kind of entity) for changes; and `header` for
    /// all other bytes, including the lengths of lists.
    pub bytes_by_kind: BTreeMap<String, KindShare>,
    /// Mean number of entities in view, over the snapshots received by bots with a replica.
    pub visible_entities_mean: f64,
    /// Interval between consecutive snapshots of a bot.
    pub snapshot_interval_ms: Percentiles,
    /// Time from sending changed controls to the first snapshot that reports them as applied.
    pub input_latency_ms: Percentiles,
    /// Round-trip time from a ping to its pong, measured about once per second by each bot.
    pub rtt_ms: Percentiles,
    /// Inputs sent, with or without a change.
    pub inputs_sent: u64,
    /// Inputs that arrived after the tick they were stamped for. The server applied them in its next tick.
    pub late_inputs: u64,
    /// Actions that the game has carried out.
    pub actions_accepted: u64,
    /// Actions that the game has refused, or that the server has discarded because of their number.
    pub actions_refused: u64,
    /// Connections lost after the first snapshot.
    pub disconnects: u64,
    /// Connections that bots established again after they had lost one.
    pub reconnected: u64,
    /// Those of the [`reconnected`](Self::reconnected) connections on which the bot got its previous seat back.
    pub resumed: u64,
    /// Time from the loss of a connection to the first snapshot on the next one.
    pub outage_ms: Percentiles,
    /// Messages that were invalid, or not allowed in the state of the bot. The bot closes the connection after such a message.
    pub decode_errors: u64,
    /// Snapshots that a bot's replica rejected, for example because the checksums differed. Delta snapshots that arrived
    /// while the bot waited for a full snapshot do not count.
    pub desyncs: u64,
    /// CPU time used by the bots' process during the measurement, in user and kernel mode.
    pub bot_cpu_seconds: f64,
    /// Number of occurrences of each problem. The key in JSON is `remarks`.
    #[serde(rename = "remarks")]
    pub problems: BTreeMap<String, u64>,
}

/// Bots that join during the measurement, receive a snapshot, and leave. They show whether new players get a seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Newcomers {
    /// Attempts to join.
    pub tried: u64,
    /// Newcomers that received a snapshot.
    pub admitted: u64,
    /// Newcomers that were refused, or received no snapshot in time.
    pub failed: u64,
}

/// Size and number of the parts of one kind in a snapshot, on average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct KindShare {
    /// Bytes per snapshot.
    pub bytes: f64,
    /// Parts per snapshot.
    pub count: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_counts(f)?;
        self.fmt_durations(f)?;
        self.fmt_breakdown(f)?;
        self.fmt_problems(f)
    }
}

impl Report {
    fn fmt_counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connected, failed, disconnects, seconds, bot_cpu_seconds, .. } = self;
        writeln!(f, "{:<20} {connected} connected, {failed} failed, {disconnects} disconnected", "clients")?;
        if *disconnects > 0 {
            let Self { reconnected, resumed, .. } = self;
            writeln!(f, "{:<20} {reconnected} reconnected, {resumed} of them to their seat", "")?;
        }
        let Newcomers { tried, admitted, .. } = self.newcomers;
        if tried > 0 {
            writeln!(f, "{:<20} {admitted} of {tried} admitted", "newcomers")?;
        }
        let load = bot_cpu_seconds / seconds * 100.0;
        let warning = if load > 90.0 { "; the bots may be the bottleneck" } else { "" };
        writeln!(f, "{:<20} {seconds:.1} s; the bots used {load:.0} % of a core{warning}", "measurement")?;
        let (received, expected) = (grouped(self.snapshots_received), grouped(self.snapshots_expected));
        writeln!(f, "{:<20} {received} of {expected} ({:.2} %)", "snapshots", self.delivered * 100.0)?;
        let (snapshot, client) = (self.bytes_per_snapshot, self.bytes_per_client_per_second);
        writeln!(f, "{:<20} {snapshot:.1} per snapshot, {client:.0} per client and second", "bytes")?;
        if self.visible_entities_mean.is_finite() {
            writeln!(f, "{:<20} {:.1} entities", "in view", self.visible_entities_mean)?;
        }
        writeln!(f, "{:<20} {} sent, {} late", "inputs", grouped(self.inputs_sent), grouped(self.late_inputs))?;
        let (accepted, refused) = (self.actions_accepted, self.actions_refused);
        if accepted + refused > 0 {
            writeln!(f, "{:<20} {} accepted, {} refused", "actions", grouped(accepted), grouped(refused))?;
        }
        writeln!(f, "{:<20} {} desyncs, {} decode errors", "errors", self.desyncs, self.decode_errors)
    }

    fn fmt_durations(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<20} {:>9}{:>9}{:>9}{:>9}{:>9}", "milliseconds", "p50", "p90", "p99", "p99.9", "max")?;
        let rows = [
            ("join", self.join_ms),
            ("snapshot interval", self.snapshot_interval_ms),
            ("input latency", self.input_latency_ms),
            ("round-trip time", self.rtt_ms),
            ("outage", self.outage_ms),
        ];
        for (name, Percentiles { p50, p90, p99, p999, max }) in rows {
            if p50.is_nan() {
                writeln!(f, "{name:<20} {:>9}", "none")?;
            } else {
                writeln!(f, "{name:<20} {p50:>9.2}{p90:>9.2}{p99:>9.2}{p999:>9.2}{max:>9.2}")?;
            }
        }
        Ok(())
    }

    fn fmt_breakdown(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bytes_by_kind.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{:<20} {:>9}{:>9}", "per snapshot", "bytes", "count")?;
        let mut kinds: Vec<_> = self.bytes_by_kind.iter().collect();
        kinds.sort_by(|(_, one), (_, other)| other.bytes.total_cmp(&one.bytes));
        for (name, KindShare { bytes, count }) in kinds {
            writeln!(f, "{:<20} {bytes:>9.2}{count:>9.2}", name.replace('_', " "))?;
        }
        Ok(())
    }

    fn fmt_problems(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.problems.is_empty() {
            writeln!(f, "\nproblems")?;
        }
        for (problem, count) in &self.problems {
            writeln!(f, "{count:>9} × {problem}")?;
        }
        Ok(())
    }
}

/// Formats a number with a comma as the thousands separator.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_documented_fields() {
        let json = serde_json::to_value(Report::default()).expect("a report is serializable");
        let fields: Vec<&str> = json.as_object().expect("the value is an object").keys().map(String::as_str).collect();
        let mut documented = [
            "clients",
            "connected",
            "failed",
            "join_seconds",
            "join_ms",
            "seconds",
            "snapshots_received",
            "snapshots_expected",
            "delivered",
            "bytes_received",
            "bytes_per_client_per_second",
            "bytes_per_snapshot",
            "visible_entities_mean",
            "snapshot_interval_ms",
            "input_latency_ms",
            "rtt_ms",
            "inputs_sent",
            "late_inputs",
            "actions_accepted",
            "actions_refused",
            "disconnects",
            "reconnected",
            "resumed",
            "outage_ms",
            "decode_errors",
            "desyncs",
            "bot_cpu_seconds",
            "bytes_by_kind",
            "newcomers",
            "remarks",
        ];
        documented.sort_unstable();
        assert_eq!(fields, documented);
        for durations in ["join_ms", "snapshot_interval_ms", "input_latency_ms", "rtt_ms", "outage_ms"] {
            let fields: Vec<&str> =
                json[durations].as_object().expect("the value is an object").keys().map(String::as_str).collect();
            assert_eq!(fields, ["max", "p50", "p90", "p99", "p999"]);
        }
    }

    #[test]
    fn a_value_that_was_not_measured_is_null_in_json_and_none_on_the_terminal() {
        let report = Report::default();
        assert!(serde_json::to_value(&report).expect("a report is serializable")["delivered"].is_null());
        assert!(report.to_string().contains("round-trip time           none\n"), "{report}");
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
