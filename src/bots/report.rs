//! What came of a run.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// What came of a run. Errors are those of the whole run; everything else was measured after all bots had got in, or failed.
///
/// A number that could not be measured, such as the latency of inputs that nobody sent, is not a number; in JSON it is null.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Bots that tried to get in.
    pub clients: u64,
    /// Bots that got their first snapshot.
    pub connected: u64,
    /// Bots that never did.
    pub failed: u64,
    /// How long was measured.
    pub seconds: f64,
    /// Snapshots that arrived.
    pub snapshots_received: u64,
    /// Snapshots that should have: for every bot that was connected when measuring began, its room's tick rate times
    /// `seconds`. A bot that loses its connection goes on being counted, because a player would have gone on waiting.
    pub snapshots_expected: u64,
    /// Received of expected. Counting begins and ends between ticks, so that it can be out by one tick either way.
    pub delivered: f64,
    /// Bytes of all messages that arrived, without what WebSocket and TCP add.
    pub bytes_received: u64,
    /// The same for each connected bot and second.
    pub bytes_per_client_per_second: f64,
    /// Bytes of a snapshot, on average.
    pub bytes_per_snapshot: f64,
    /// What those bytes are, on average over the snapshots of bots that verify: the header (with the lengths of lists), the
    /// section for the whole room, and the changes by kind, `set` also by kind of entity.
    pub bytes_by_kind: BTreeMap<String, KindShare>,
    /// Entities in view after a snapshot, on average over bots that verify.
    pub visible_entities_mean: f64,
    /// From one snapshot to the next.
    pub snapshot_interval_ms: Percentiles,
    /// From sending changed controls to the first snapshot that says that they were applied.
    pub input_latency_ms: Percentiles,
    /// From a ping to its pong, about once a second and bot.
    pub rtt_ms: Percentiles,
    /// Inputs that were sent, changed or not.
    pub inputs_sent: u64,
    /// Inputs that came too late for the tick that they were stamped with, and were applied at once.
    pub late_inputs: u64,
    /// Connections that broke after the first snapshot.
    pub disconnects: u64,
    /// Messages that could not be read.
    pub decode_errors: u64,
    /// Snapshots that did not fit a bot's copy of the world.
    pub desyncs: u64,
    /// Processor time of the process that ran the bots, its own and the kernel's, while measuring.
    pub bot_cpu_seconds: f64,
    /// What went wrong, in words, and how often.
    pub remarks: BTreeMap<String, u64>,
}

/// What one kind of part contributes to a snapshot, on average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct KindShare {
    /// Its bytes.
    pub bytes: f64,
    /// How many there are of it.
    pub count: f64,
}

/// Where most of many durations lie, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half of them are at most this.
    pub p50: f64,
    /// 90 of 100 are at most this.
    pub p90: f64,
    /// 99 of 100 are at most this.
    pub p99: f64,
    /// 999 of 1,000 are at most this.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

impl Default for Percentiles {
    /// Nothing was measured.
    fn default() -> Self {
        Self { p50: f64::NAN, p90: f64::NAN, p99: f64::NAN, p999: f64::NAN, max: f64::NAN }
    }
}

impl Default for Report {
    /// Nobody played.
    fn default() -> Self {
        super::tally::Tally::default().report(std::time::Duration::ZERO, std::time::Duration::ZERO)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_counts(f)?;
        self.fmt_durations(f)?;
        self.fmt_breakdown(f)?;
        self.fmt_remarks(f)
    }
}

impl Report {
    fn fmt_counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connected, failed, disconnects, seconds, bot_cpu_seconds, .. } = self;
        writeln!(f, "{:<20} {connected} connected, {failed} failed, {disconnects} disconnected", "clients")?;
        let load = bot_cpu_seconds / seconds * 100.0;
        let warning = if load > 90.0 { ": the bots may be what is slow" } else { "" };
        writeln!(f, "{:<20} {seconds:.1} s, with {load:.0} % of a core for the bots{warning}", "measured")?;
        let (received, expected) = (grouped(self.snapshots_received), grouped(self.snapshots_expected));
        writeln!(f, "{:<20} {received} of {expected} ({:.2} %)", "snapshots", self.delivered * 100.0)?;
        let (snapshot, client) = (self.bytes_per_snapshot, self.bytes_per_client_per_second);
        writeln!(f, "{:<20} {snapshot:.1} a snapshot, {client:.0} a second for each client", "bytes")?;
        if self.visible_entities_mean.is_finite() {
            writeln!(f, "{:<20} {:.1} entities", "in view", self.visible_entities_mean)?;
        }
        writeln!(f, "{:<20} {} sent, {} late", "inputs", grouped(self.inputs_sent), grouped(self.late_inputs))?;
        writeln!(f, "{:<20} {} desyncs, {} unreadable messages", "errors", self.desyncs, self.decode_errors)
    }

    fn fmt_durations(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<20} {:>9}{:>9}{:>9}{:>9}{:>9}", "milliseconds", "p50", "p90", "p99", "p99.9", "max")?;
        let rows = [
            ("between snapshots", self.snapshot_interval_ms),
            ("input until applied", self.input_latency_ms),
            ("ping until pong", self.rtt_ms),
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
        writeln!(f, "\n{:<20} {:>9}{:>9}", "in a snapshot", "bytes", "count")?;
        let mut kinds: Vec<_> = self.bytes_by_kind.iter().collect();
        kinds.sort_by(|(_, one), (_, other)| other.bytes.total_cmp(&one.bytes));
        for (name, KindShare { bytes, count }) in kinds {
            writeln!(f, "{:<20} {bytes:>9.2}{count:>9.2}", name.replace('_', " "))?;
        }
        Ok(())
    }

    fn fmt_remarks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.remarks.is_empty() {
            writeln!(f, "\nwhat went wrong")?;
        }
        for (words, count) in &self.remarks {
            writeln!(f, "{count:>9} × {words}")?;
        }
        Ok(())
    }
}

/// A number with a comma after every third digit from the right.
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
    fn json_has_the_promised_fields() {
        let json = serde_json::to_value(Report::default()).expect("plain data");
        let fields: Vec<&str> = json.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut promised = [
            "clients",
            "connected",
            "failed",
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
            "disconnects",
            "decode_errors",
            "desyncs",
            "bot_cpu_seconds",
            "bytes_by_kind",
            "remarks",
        ];
        promised.sort_unstable();
        assert_eq!(fields, promised);
        for durations in ["snapshot_interval_ms", "input_latency_ms", "rtt_ms"] {
            let fields: Vec<&str> = json[durations].as_object().expect("an object").keys().map(String::as_str).collect();
            assert_eq!(fields, ["max", "p50", "p90", "p99", "p999"]);
        }
    }

    #[test]
    fn what_was_not_measured_is_null_and_reads_none() {
        let report = Report::default();
        assert!(serde_json::to_value(&report).expect("plain data")["delivered"].is_null());
        assert!(report.to_string().contains("ping until pong           none\n"), "{report}");
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
