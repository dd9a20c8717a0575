//! Values derived from the server's metrics.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::number;
use crate::attack::scrape::Scrape;

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
    /// CPU time that the server used per second during the attack, divided by the CPU time per second before the attack.
    pub cpu_ratio: f64,
    /// Sessions closed during the attack, by reason.
    pub closes: BTreeMap<String, u64>,
    /// Connections and requests refused during the attack, by reason.
    pub refusals: BTreeMap<String, u64>,
}

/// Scrapes of the server's metrics at five points of the simulation.
#[derive(Debug, Default)]
pub(in crate::attack) struct Scrapes {
    /// Before the simulation.
    pub(in crate::attack) start: Scrape,
    /// After the honest bots have joined.
    pub(in crate::attack) calm_start: Scrape,
    /// After the first measurement, before the attack.
    pub(in crate::attack) attack_start: Scrape,
    /// At the end of the attack.
    pub(in crate::attack) attack_end: Scrape,
    /// After the server has had time to clean up.
    pub(in crate::attack) end: Scrape,
}

impl Default for ServerFigures {
    /// The values if no metrics are available: all are NaN.
    fn default() -> Self {
        Self::new(&Scrapes::default())
    }
}

impl ServerFigures {
    pub(in crate::attack) fn new(Scrapes { start, calm_start, attack_start, attack_end, end }: &Scrapes) -> Self {
        let p99 = |scrape: &Scrape, since, histogram| scrape.quantile_ms(since, histogram, 0.99);
        let (lateness, duration) = ("tickcast_tick_lateness_seconds", "tickcast_tick_duration_seconds");
        let cpu = "process_cpu_seconds_total";
        Self {
            tick_lateness_p99_ms_calm: p99(attack_start, calm_start, lateness),
            tick_lateness_p99_ms_attacked: p99(attack_end, attack_start, lateness),
            tick_duration_p99_ms_calm: p99(attack_start, calm_start, duration),
            tick_duration_p99_ms_attacked: p99(attack_end, attack_start, duration),
            ticks_skipped: attack_end.increase(attack_start, "tickcast_ticks_skipped_total"),
            panics: end.increase(start, "tickcast_panics_total"),
            memory_bytes_before: attack_start.value("process_resident_memory_bytes"),
            memory_bytes_after: end.value("process_resident_memory_bytes"),
            open_files_before: start.value("process_open_fds"),
            open_files_after: end.value("process_open_fds"),
            sessions_after: end.value("tickcast_sessions"),
            cpu_ratio: attack_end.rate(attack_start, cpu) / attack_start.rate(calm_start, cpu),
            closes: attack_end.increase_by_reason(attack_start, "tickcast_sessions_closed_total"),
            refusals: attack_end.increase_by_reason(attack_start, "tickcast_requests_refused_total"),
        }
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
