//! What came of an attack.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::Kind;
use super::scrape::Scrape;
use crate::bots::Report;

/// What came of an attack.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AttackReport {
    /// What the honest saw in peace.
    pub calm: Report,
    /// What they saw under attack.
    pub attacked: Report,
    /// What the attackers did, and what became of them.
    pub hostile: Tally,
    /// What the server says of itself; not numbers, if its metrics could not be had.
    pub server: ServerFigures,
}

/// What the attackers did, and what became of them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    /// How long they attacked.
    pub seconds: f64,
    /// Bytes that the server, or the kernel for it, took from them.
    pub bytes_sent: u64,
    /// Connections of theirs that have ended.
    pub ended: u64,
    /// The same by what they did.
    pub kinds: BTreeMap<Kind, KindTally>,
}

/// What attackers of one kind did, and what became of them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct KindTally {
    /// Bytes that the server, or the kernel for it, took from them.
    pub bytes_sent: u64,
    /// How their connections ended, in words, and how often.
    pub ended: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn sent(&mut self, kind: Kind, bytes: usize) {
        self.bytes_sent += bytes as u64;
        self.kinds.entry(kind).or_default().bytes_sent += bytes as u64;
    }

    pub(super) fn ended(&mut self, kind: Kind, reason: &str) {
        self.ended += 1;
        *self.kinds.entry(kind).or_default().ended.entry(reason.to_owned()).or_default() += 1;
    }
}

/// What a server says of itself: before, in peace, under attack, and a moment after.
#[derive(Clone, Debug, Serialize)]
pub struct ServerFigures {
    /// How late 99 of 100 ticks at most were, in peace.
    pub tick_lateness_p99_ms_calm: f64,
    /// The same under attack.
    pub tick_lateness_p99_ms_attacked: f64,
    /// How long 99 of 100 ticks at most took, in peace.
    pub tick_duration_p99_ms_calm: f64,
    /// The same under attack.
    pub tick_duration_p99_ms_attacked: f64,
    /// Ticks left out under attack.
    pub ticks_skipped: f64,
    /// Panics, wherever in the server.
    pub panics: f64,
    /// Memory in use when the attack began.
    pub memory_bytes_before: f64,
    /// Memory in use when it had ended.
    pub memory_bytes_after: f64,
    /// Open files before anybody came.
    pub open_files_before: f64,
    /// Open files when all were gone.
    pub open_files_after: f64,
    /// Sessions when all were gone.
    pub sessions_after: f64,
    /// Processor time used under attack, of that in peace.
    pub cpu_ratio: f64,
    /// Sessions that ended during the attack, by reason.
    pub closes: BTreeMap<String, u64>,
    /// Connections that were refused during the attack, by reason.
    pub refusals: BTreeMap<String, u64>,
}

impl Default for ServerFigures {
    /// Nothing was told.
    fn default() -> Self {
        Self::new(&[const { Scrape::NOTHING }; 4])
    }
}

impl ServerFigures {
    /// Of looks before the peace, between peace and attack, after the attack, and when all were gone.
    pub(super) fn new(looks: &[Scrape]) -> Self {
        let [before, between, after, gone] = looks else { unreachable!("four looks are taken") };
        let p99 = |until: &Scrape, since, histogram| until.quantile_ms(since, histogram, 0.99);
        let (lateness, duration) = ("tickcast_tick_lateness_seconds", "tickcast_tick_duration_seconds");
        let cpu = "process_cpu_seconds_total";
        Self {
            tick_lateness_p99_ms_calm: p99(between, before, lateness),
            tick_lateness_p99_ms_attacked: p99(after, between, lateness),
            tick_duration_p99_ms_calm: p99(between, before, duration),
            tick_duration_p99_ms_attacked: p99(after, between, duration),
            ticks_skipped: after.growth(between, "tickcast_ticks_skipped_total"),
            panics: gone.growth(before, "tickcast_panics_total"),
            memory_bytes_before: between.value("process_resident_memory_bytes"),
            memory_bytes_after: gone.value("process_resident_memory_bytes"),
            open_files_before: before.value("process_open_fds"),
            open_files_after: gone.value("process_open_fds"),
            sessions_after: gone.value("tickcast_sessions"),
            cpu_ratio: after.growth(between, cpu) / between.growth(before, cpu),
            closes: after.reasons(between, "tickcast_closes_total"),
            refusals: after.reasons(between, "tickcast_refusals_total"),
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
        writeln!(f, "{:<34}{:>12}{:>14}", "what the honest felt", "in peace", "under attack")?;
        let mut row = |name: &str, value: fn(&Report) -> f64| {
            writeln!(f, "{name:<34}{:>12}{:>14}", number(value(&self.calm)), number(value(&self.attacked)))
        };
        row("connected", |report| report.connected as f64)?;
        row("failed to get in", |report| report.failed as f64)?;
        row("lost their connection", |report| report.disconnects as f64)?;
        row("snapshots delivered, %", |report| report.delivered * 100.0)?;
        row("input until applied, p99, ms", |report| report.input_latency_ms.p99)?;
        row("between snapshots, p99, ms", |report| report.snapshot_interval_ms.p99)?;
        row("ping until pong, p99, ms", |report| report.rtt_ms.p99)?;
        row("desyncs and unreadable messages", |report| (report.desyncs + report.decode_errors) as f64)
    }
}

impl fmt::Display for ServerFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MIB: f64 = (1 << 20) as f64;
        let mut pair = |name: &str, one: f64, other: f64| writeln!(f, "{name:<34}{:>12}{:>14}", number(one), number(other));
        pair("tick lateness, p99, ms", self.tick_lateness_p99_ms_calm, self.tick_lateness_p99_ms_attacked)?;
        pair("tick duration, p99, ms", self.tick_duration_p99_ms_calm, self.tick_duration_p99_ms_attacked)?;
        pair("server's memory, before, after, MiB", self.memory_bytes_before / MIB, self.memory_bytes_after / MIB)?;
        pair("open files, before, after", self.open_files_before, self.open_files_after)?;
        pair("processor time, ratio", 1.0, self.cpu_ratio)?;
        for (what, reasons) in [("sessions ended", &self.closes), ("refused", &self.refusals)] {
            if !reasons.is_empty() {
                let reasons: Vec<_> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
                writeln!(f, "{what}: {}", reasons.join(", "))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<16}{:>14}{:>10}  how", "attackers", "KiB sent", "ended")?;
        for (kind, KindTally { bytes_sent, ended }) in &self.kinds {
            let all: u64 = ended.values().sum();
            let mut reasons: Vec<_> = ended.iter().map(|(reason, count)| format!("{count} × {reason}")).collect();
            reasons.sort_unstable();
            writeln!(f, "{:<16}{:>14}{all:>10}  {}", kind.to_string(), bytes_sent >> 10, reasons.join(", "))?;
        }
        Ok(())
    }
}

/// A number with as many digits as it deserves, or a dash where there is none.
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
    fn what_was_not_told_is_null_and_reads_as_a_dash() {
        let report = AttackReport::default();
        let json = serde_json::to_value(&report).expect("plain data");
        assert!(json["server"]["tick_lateness_p99_ms_attacked"].is_null());
        assert!(report.to_string().contains("tick lateness, p99, ms                       –             –\n"), "{report}");
    }

    #[test]
    fn ends_are_told_by_kind_and_reason() {
        let mut tally = Tally::default();
        tally.sent(Kind::Flood, 4096);
        tally.ended(Kind::Flood, "4006 too many messages were sent");
        tally.ended(Kind::Flood, "4006 too many messages were sent");
        assert_eq!(tally.ended, 2);
        assert!(tally.to_string().contains("flood"), "{tally}");
        assert!(tally.to_string().contains("2 × 4006 too many messages were sent"), "{tally}");
    }
}
