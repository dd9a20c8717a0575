//! Report of an attack simulation, in JSON and for the terminal.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::Kind;
use super::scrape::Scrape;
use crate::Report;

/// Report of an attack simulation.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AttackReport {
    /// Report of the honest bots without hostile clients.
    pub calm: Report,
    /// Report of the honest bots alongside hostile clients.
    pub attacked: Report,
    /// Statistics of the hostile clients.
    pub hostile: AttackerStats,
    /// Values from the server's metrics. Those that are not available are NaN (null in JSON).
    pub server: ServerFigures,
}

/// Statistics of the hostile clients.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AttackerStats {
    /// Duration of the attack in seconds.
    pub seconds: f64,
    /// Bytes written to the sockets.
    pub bytes_sent: u64,
    /// Connections that ended.
    pub ended: u64,
    /// Statistics by kind.
    pub kinds: BTreeMap<Kind, KindStats>,
}

/// Statistics of the hostile clients of one kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct KindStats {
    /// Bytes written to the sockets.
    pub bytes_sent: u64,
    /// Number of connections that ended, by reason.
    pub ended: BTreeMap<String, u64>,
}

impl AttackerStats {
    /// Counts bytes sent by a client of this kind.
    pub(super) fn record_sent(&mut self, kind: Kind, bytes: usize) {
        self.bytes_sent += bytes as u64;
        self.kinds.entry(kind).or_default().bytes_sent += bytes as u64;
    }

    /// Counts the end of a connection of this kind.
    pub(super) fn record_end(&mut self, kind: Kind, reason: &str) {
        self.ended += 1;
        *self.kinds.entry(kind).or_default().ended.entry(reason.to_owned()).or_default() += 1;
    }
}

/// Values derived from the server's metrics.
#[derive(Clone, Debug, Serialize)]
pub struct ServerFigures {
    /// 99th percentile of the lateness of ticks before the attack, in milliseconds.
    pub tick_lateness_p99_ms_calm: f64,
    /// 99th percentile of the lateness of ticks during the attack, in milliseconds.
    pub tick_lateness_p99_ms_attacked: f64,
    /// 99th percentile of the duration of ticks before the attack, in milliseconds.
    pub tick_duration_p99_ms_calm: f64,
    /// 99th percentile of the duration of ticks during the attack, in milliseconds.
    pub tick_duration_p99_ms_attacked: f64,
    /// Ticks skipped during the attack.
    pub ticks_skipped: f64,
    /// Panics of the server during the whole simulation.
    pub panics: f64,
    /// Resident memory at the start of the attack.
    pub memory_bytes_before: f64,
    /// Resident memory after the attack.
    pub memory_bytes_after: f64,
    /// Number of open files before the simulation.
    pub open_files_before: f64,
    /// Number of open files after all clients have disconnected.
    pub open_files_after: f64,
    /// Number of sessions after all clients have disconnected.
    pub sessions_after: f64,
    /// CPU time used during the attack, divided by the CPU time used in the measurement before it.
    pub cpu_ratio: f64,
    /// Sessions closed during the attack, by reason.
    pub closes: BTreeMap<String, u64>,
    /// Connections and requests refused during the attack, by reason.
    pub refusals: BTreeMap<String, u64>,
}

/// Scrapes of the server's metrics at four times.
#[derive(Debug, Default)]
pub(super) struct Scrapes {
    /// Before the simulation.
    pub(super) start: Scrape,
    /// After the first measurement, before the attack.
    pub(super) attack_start: Scrape,
    /// At the end of the attack.
    pub(super) attack_end: Scrape,
    /// After the server has had time to clean up.
    pub(super) end: Scrape,
}

impl Default for ServerFigures {
    /// Values without metrics: all are NaN.
    fn default() -> Self {
        Self::new(&Scrapes::default())
    }
}

impl ServerFigures {
    pub(super) fn new(Scrapes { start, attack_start, attack_end, end }: &Scrapes) -> Self {
        let p99 = |scrape: &Scrape, since, histogram| scrape.quantile_ms(since, histogram, 0.99);
        let (lateness, duration) = ("tickcast_tick_lateness_seconds", "tickcast_tick_duration_seconds");
        let cpu = "process_cpu_seconds_total";
        Self {
            tick_lateness_p99_ms_calm: p99(attack_start, start, lateness),
            tick_lateness_p99_ms_attacked: p99(attack_end, attack_start, lateness),
            tick_duration_p99_ms_calm: p99(attack_start, start, duration),
            tick_duration_p99_ms_attacked: p99(attack_end, attack_start, duration),
            ticks_skipped: attack_end.increase(attack_start, "tickcast_ticks_skipped_total"),
            panics: end.increase(start, "tickcast_panics_total"),
            memory_bytes_before: attack_start.value("process_resident_memory_bytes"),
            memory_bytes_after: end.value("process_resident_memory_bytes"),
            open_files_before: start.value("process_open_fds"),
            open_files_after: end.value("process_open_fds"),
            sessions_after: end.value("tickcast_sessions"),
            cpu_ratio: attack_end.increase(attack_start, cpu) / attack_start.increase(start, cpu),
            closes: attack_end.increase_by_reason(attack_start, "tickcast_sessions_closed_total"),
            refusals: attack_end.increase_by_reason(attack_start, "tickcast_requests_refused_total"),
        }
    }
}

impl fmt::Display for AttackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_honest(f)?;
        self.server.fmt(f)?;
        self.hostile.fmt(f)
    }
}

impl AttackReport {
    fn fmt_honest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<34}{:>12}{:>14}", "honest bots", "baseline", "under attack")?;
        let mut row = |name: &str, value: fn(&Report) -> f64| {
            writeln!(f, "{name:<34}{:>12}{:>14}", number(value(&self.calm)), number(value(&self.attacked)))
        };
        row("connected", |report| report.connected as f64)?;
        row("failed to join", |report| report.failed as f64)?;
        row("disconnected", |report| report.disconnects as f64)?;
        row("snapshots delivered, %", |report| report.delivered * 100.0)?;
        row("input latency, p99, ms", |report| report.input_latency_ms.p99)?;
        row("snapshot interval, p99, ms", |report| report.snapshot_interval_ms.p99)?;
        row("round-trip time, p99, ms", |report| report.rtt_ms.p99)?;
        row("desyncs and decode errors", |report| (report.desyncs + report.decode_errors) as f64)
    }
}

impl fmt::Display for ServerFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MIB: f64 = (1 << 20) as f64;
        let mut pair = |name: &str, one: f64, other: f64| writeln!(f, "{name:<34}{:>12}{:>14}", number(one), number(other));
        pair("tick lateness, p99, ms", self.tick_lateness_p99_ms_calm, self.tick_lateness_p99_ms_attacked)?;
        pair("tick duration, p99, ms", self.tick_duration_p99_ms_calm, self.tick_duration_p99_ms_attacked)?;
        pair("memory before and after, MiB", self.memory_bytes_before / MIB, self.memory_bytes_after / MIB)?;
        pair("open files before and after", self.open_files_before, self.open_files_after)?;
        pair("CPU time, ratio", 1.0, self.cpu_ratio)?;
        for (label, reasons) in [("sessions closed", &self.closes), ("connections refused", &self.refusals)] {
            if !reasons.is_empty() {
                let reasons: Vec<_> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
                writeln!(f, "{label}: {}", reasons.join(", "))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for AttackerStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<16}{:>14}{:>10}  reasons", "hostile clients", "KiB sent", "ended")?;
        for (kind, KindStats { bytes_sent, ended }) in &self.kinds {
            let total: u64 = ended.values().sum();
            let mut reasons: Vec<_> = ended.iter().map(|(reason, count)| format!("{count} × {reason}")).collect();
            reasons.sort_unstable();
            writeln!(f, "{:<16}{:>14}{total:>10}  {}", kind.to_string(), bytes_sent >> 10, reasons.join(", "))?;
        }
        Ok(())
    }
}

/// Formats a number with two decimal places unless it is an integer, and NaN as a dash.
fn number(number: f64) -> String {
    match number {
        _ if number.is_nan() => "–".to_owned(),
        _ if number.fract() == 0.0 => format!("{number:.0}"),
        _ => format!("{number:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_metric_is_null_in_json_and_a_dash_on_the_terminal() {
        let report = AttackReport::default();
        let json = serde_json::to_value(&report).expect("a report is serializable");
        assert!(json["server"]["tick_lateness_p99_ms_attacked"].is_null());
        assert!(report.to_string().contains("tick lateness, p99, ms                       –             –\n"), "{report}");
    }

    #[test]
    fn ended_connections_are_counted_by_kind_and_reason() {
        let mut stats = AttackerStats::default();
        stats.record_sent(Kind::Flood, 4096);
        stats.record_end(Kind::Flood, "4006 message rate limit exceeded");
        stats.record_end(Kind::Flood, "4006 message rate limit exceeded");
        assert_eq!(stats.ended, 2);
        assert!(stats.to_string().contains("flood"), "{stats}");
        assert!(stats.to_string().contains("2 × 4006 message rate limit exceeded"), "{stats}");
    }
}
