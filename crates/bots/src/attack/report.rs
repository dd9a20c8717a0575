//! Report of an attack simulation, in JSON and for the terminal.

mod attacker_stats;
mod server_figures;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::Kind;
use crate::Report;

pub use attacker_stats::{AttackerStats, KindStats};
pub(super) use server_figures::Scrapes;
pub use server_figures::ServerFigures;

/// Report of an attack simulation.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AttackReport {
    /// Report of the honest bots without hostile clients: the baseline.
    pub calm: Report,
    /// The attack with all kinds at once. In JSON, its fields are fields of the report itself. `None` if each kind attacked
    /// alone.
    #[serde(flatten)]
    pub combined: Option<Attack>,
    /// The attacks of single kinds.
    pub each_kind: BTreeMap<Kind, Attack>,
    /// Values from the server's metrics. Those that are not available are NaN (null in JSON).
    pub server: ServerFigures,
}

/// Result of an attack: its effect on the honest bots, and the statistics of the hostile clients.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Attack {
    /// Report of the honest bots during the attack.
    pub attacked: Report,
    /// Measurements of the honest bots, relative to the baseline.
    pub ratio: Ratios,
    /// Statistics of the hostile clients.
    pub hostile: AttackerStats,
}

/// Measurements of the honest bots during the attack, each divided by the same measurement in the baseline. A ratio is NaN
/// (null in JSON) if one of its two measurements is missing.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ratios {
    /// Ratio of [`Report::delivered`].
    pub delivered: f64,
    /// Ratio of the medians of [`Report::input_latency_ms`].
    pub input_latency_p50: f64,
    /// Ratio of the 99th percentiles of [`Report::input_latency_ms`].
    pub input_latency_p99: f64,
    /// Ratio of [`Report::bytes_per_snapshot`].
    pub bytes_per_snapshot: f64,
}

impl AttackReport {
    /// A report with every field, for checking the names of fields.
    pub(super) fn sample() -> Self {
        let each_kind = Kind::ALL.map(|kind| (kind, Attack::default())).into();
        Self { combined: Some(Attack::default()), each_kind, ..Self::default() }
    }
}

impl Attack {
    pub(super) fn new(calm: &Report, attacked: Report, hostile: AttackerStats) -> Self {
        Self { ratio: Ratios::new(calm, &attacked), attacked, hostile }
    }
}

impl Ratios {
    fn new(calm: &Report, attacked: &Report) -> Self {
        let ratio = |value: fn(&Report) -> f64| value(attacked) / value(calm);
        Self {
            delivered: ratio(|report| report.delivered),
            input_latency_p50: ratio(|report| report.input_latency_ms.p50),
            input_latency_p99: ratio(|report| report.input_latency_ms.p99),
            bytes_per_snapshot: ratio(|report| report.bytes_per_snapshot),
        }
    }
}

impl Default for Ratios {
    /// The ratios if nothing was measured: all are NaN.
    fn default() -> Self {
        Self::new(&Report::default(), &Report::default())
    }
}

impl fmt::Display for AttackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(attack) = &self.combined {
            self.fmt_combined(&attack.attacked, f)?;
        }
        if !self.each_kind.is_empty() {
            self.fmt_each_kind(f)?;
        }
        self.server.fmt(f)?;
        AttackerStats::fmt_titles(f)?;
        self.combined.iter().chain(self.each_kind.values()).try_for_each(|attack| attack.hostile.fmt(f))
    }
}

impl AttackReport {
    fn fmt_combined(&self, attacked: &Report, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<34}{:>12}{:>14}{:>10}", "honest bots", "baseline", "under attack", "ratio")?;
        let mut row = |name: &str, value: fn(&Report) -> f64| {
            let (calm, attacked) = (value(&self.calm), value(attacked));
            writeln!(f, "{name:<34}{:>12}{:>14}{:>10}", number(calm), number(attacked), number(attacked / calm))
        };
        row("connected", |report| report.connected as f64)?;
        row("failed to join", |report| report.failed as f64)?;
        row("newcomers admitted", |report| report.newcomers.admitted as f64)?;
        row("disconnected", |report| report.disconnects as f64)?;
        row("snapshots delivered, %", |report| report.delivered * 100.0)?;
        row("bytes per snapshot", |report| report.bytes_per_snapshot)?;
        row("input latency, p50, ms", |report| report.input_latency_ms.p50)?;
        row("input latency, p99, ms", |report| report.input_latency_ms.p99)?;
        row("snapshot interval, p99, ms", |report| report.snapshot_interval_ms.p99)?;
        row("round-trip time, p99, ms", |report| report.rtt_ms.p99)?;
        row("desyncs and decode errors", |report| (report.desyncs + report.decode_errors) as f64)
    }

    fn fmt_each_kind(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<16}{:>10}{:>27}{:>18}{:>7}{:>12}", "honest bots", "", "input latency, ms", "bytes per", "", "")?;
        writeln!(
            f,
            "{:<16}{:>10}{:>9}{:>9}{:>9}{:>10}{:>8}{:>7}{:>12}",
            "", "delivered", "p50", "p99", "ratio", "snapshot", "ratio", "lost", "newcomers"
        )?;
        fmt_row("none", &self.calm, &Ratios::new(&self.calm, &self.calm), f)?;
        for (kind, Attack { attacked, ratio, .. }) in &self.each_kind {
            fmt_row(&kind.to_string(), attacked, ratio, f)?;
        }
        writeln!(f)
    }
}

/// One line of the table of kinds.
fn fmt_row(name: &str, report: &Report, ratio: &Ratios, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let [delivered, p50, p99, p99_ratio, bytes, bytes_ratio] = [
        report.delivered * 100.0,
        report.input_latency_ms.p50,
        report.input_latency_ms.p99,
        ratio.input_latency_p99,
        report.bytes_per_snapshot,
        ratio.bytes_per_snapshot,
    ]
    .map(number);
    let newcomers = format!("{} of {}", report.newcomers.admitted, report.newcomers.tried);
    let lost = report.disconnects;
    writeln!(
        f,
        "{name:<16}{:>10}{p50:>9}{p99:>9}{p99_ratio:>9}{bytes:>10}{bytes_ratio:>8}{lost:>7}{newcomers:>12}",
        format!("{delivered} %")
    )
}

/// Formats an integer without decimal places, any other number with two. Formats a missing number (NaN) as a dash.
fn number(number: f64) -> String {
    match number {
        _ if !number.is_finite() => "–".to_owned(),
        _ if number.fract() == 0.0 => format!("{number:.0}"),
        _ => format!("{number:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Newcomers, Percentiles};

    fn report(latency_ms: f64) -> Report {
        let input_latency_ms = Percentiles { p99: latency_ms, ..Percentiles::default() };
        let newcomers = Newcomers { tried: 3, admitted: 2, failed: 1 };
        Report { delivered: 0.5, input_latency_ms, newcomers, ..Report::default() }
    }

    #[test]
    fn a_missing_metric_is_null_in_json_and_a_dash_on_the_terminal() {
        let report = AttackReport::default();
        let json = serde_json::to_value(&report).expect("a report is serializable");
        assert!(json["server"]["tick_lateness_p99_ms_attacked"].is_null());
        assert!(report.to_string().contains("tick lateness, p99, ms                       –             –\n"), "{report}");
    }

    #[test]
    fn the_attack_of_all_kinds_is_part_of_the_report_itself() {
        let attack = Attack::new(&report(20.0), report(30.0), AttackerStats::default());
        let report = AttackReport { calm: report(20.0), combined: Some(attack), ..AttackReport::default() };
        let json = serde_json::to_value(&report).expect("a report is serializable");
        assert_eq!(json["attacked"]["newcomers"]["failed"], 1);
        assert_eq!(json["ratio"]["input_latency_p99"], 1.5);
        assert_eq!(json["hostile"]["ended"], 0);
        assert!(
            report.to_string().contains("input latency, p99, ms                      20            30      1.50\n"),
            "{report}"
        );
    }

    #[test]
    fn attacks_of_single_kinds_have_one_line_each() {
        let attack = Attack::new(&report(20.0), report(30.0), AttackerStats::default());
        let each_kind = BTreeMap::from([(Kind::LostSeats, attack)]);
        let report = AttackReport { calm: report(20.0), each_kind, ..AttackReport::default() };
        let json = serde_json::to_value(&report).expect("a report is serializable");
        assert_eq!(json["each_kind"]["lost_seats"]["ratio"]["delivered"], 1.0);
        assert!(json.get("attacked").is_none(), "no attack of all kinds was measured");
        assert!(report.to_string().contains("lost-seats            50 %        –       30     1.50"), "{report}");
        assert!(report.to_string().contains("2 of 3"), "{report}");
    }
}
