//! The results as a table, as JSON and as plots.

mod plot;

use std::fs;
use std::process::Command;

use procfs::{CpuInfo, Current};
use serde::Serialize;

use crate::measurement::{DELIVERED_MIN, Measurement, OVERLOAD_MIN, Series, Spread};
use crate::options::RunOptions;
use crate::peer::{self, Peer};
use crate::{Outcome, TICKS_PER_SECOND};

/// All results, written as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    environment: Environment,
    series: Vec<Series>,
}

/// Everything that the results depend on.
#[derive(Debug, Serialize)]
pub(crate) struct Environment {
    date: String,
    processor: String,
    kernel: String,
    rust: String,
    node: String,
    commit: String,
    command: String,
    ticks_per_second: u32,
    room_size: u32,
    seconds: u32,
    rounds: u32,
    /// Name and version of each server, and the command that starts it.
    servers: Vec<[String; 3]>,
}

impl Environment {
    pub(crate) fn read(peers: &[Peer], options: &RunOptions) -> Outcome<Self> {
        let cpu = CpuInfo::current()?;
        let servers: Outcome<Vec<_>> = peers.iter().map(|peer| describe(*peer, options)).collect();
        Ok(Self {
            date: peer::first_line(Command::new("date").args(["-u", "+%F %H:%M UTC"]))?,
            processor: format!("{} × {}", cpu.num_cores(), cpu.model_name(0).unwrap_or("unknown")),
            kernel: peer::first_line(Command::new("uname").arg("-sr"))?,
            rust: peer::first_line(Command::new("rustc").arg("--version"))?,
            node: peer::first_line(Command::new(peer::node_program(options)).arg("--version"))?,
            commit: peer::first_line(Command::new("git").args(["describe", "--always", "--dirty"]))?,
            command: std::env::args().skip(1).collect::<Vec<_>>().join(" "),
            ticks_per_second: TICKS_PER_SECOND,
            room_size: options.room_size,
            seconds: options.seconds,
            rounds: options.rounds,
            servers: servers?,
        })
    }
}

fn describe(peer: Peer, options: &RunOptions) -> Outcome<[String; 3]> {
    let command = peer.command(0, options)?;
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    Ok([peer.name().to_owned(), peer.versions(options)?, words.join(" ")])
}

impl Report {
    pub(crate) fn new(environment: Environment, peers: &[Peer], options: &RunOptions) -> Self {
        let new = |peer: Peer, clients: u32| Series { peer, clients, measurements: Vec::new(), failures: Vec::new() };
        let of_peers = |clients: u32| peers.iter().map(move |peer| new(*peer, clients));
        Self { environment, series: options.clients.iter().flat_map(|clients| of_peers(*clients)).collect() }
    }

    /// Prints environment, versions and options, and the head of the table of measurements.
    pub(crate) fn print_head(&self) {
        let Environment { date, processor, kernel, rust, node, commit, command, .. } = &self.environment;
        println!("{date}; {processor}; {kernel}; {rust}; Node {node}; commit {commit}\ncompare {command}");
        for [name, version, command] in &self.environment.servers {
            println!("{name}: {version}\n    {command}");
        }
        println!("\n{:<7}{}", "round", MEASUREMENT_COLUMNS);
    }

    /// Adds a measurement, and prints it.
    pub(crate) fn add(&mut self, round: usize, peer: Peer, clients: u32, measurement: Measurement) {
        let it = &measurement;
        println!(
            "{:<7}{:<20}{:>8}{:>9.1}{:>8.0}{:>11.1}{:>9.1}{:>10.1}{:>8.1}{:>9.0}{:>8.0}{:>7.0}{:>7.0}  {}",
            round + 1,
            peer.name(),
            clients,
            it.cpu_us_per_update,
            it.bytes_per_update,
            it.input_latency_p50_ms,
            it.input_latency_p99_ms,
            100.0 * it.delivered,
            100.0 * it.delivered_to_worst_client,
            it.memory_growth_kib_per_client,
            100.0 * it.server_load,
            100.0 * it.generator_load,
            100.0 * it.others_load,
            it.invalid.map(|reason| format!("invalid: {reason}")).unwrap_or_default(),
        );
        self.series_mut(peer, clients).measurements.push(measurement);
    }

    /// Adds a measurement that ended with an error, and prints the error.
    pub(crate) fn add_failure(&mut self, round: usize, peer: Peer, clients: u32, error: String) {
        println!("{:<7}{:<20}{clients:>8}  failed: {error}", round + 1, peer.name());
        self.series_mut(peer, clients).failures.push(error);
    }

    fn series_mut(&mut self, peer: Peer, clients: u32) -> &mut Series {
        let series = self.series.iter_mut().find(|series| series.peer == peer && series.clients == clients);
        series.expect("all series exist")
    }

    /// Prints the medians, and writes JSON, the table and the plots to files.
    pub(crate) fn finish(&self, options: &RunOptions) -> Outcome<()> {
        fs::create_dir_all(&options.output)?;
        let table = self.summary();
        println!("\n{table}");
        fs::write(options.output.join("results.md"), table)?;
        fs::write(options.output.join("results.json"), serde_json::to_string_pretty(self)?)?;
        for clients in &options.clients {
            let series: Vec<_> = self.series.iter().filter(|series| series.clients == *clients).collect();
            fs::write(options.output.join(format!("compare-{clients}.svg")), plot::draw(&series, &self.environment))?;
        }
        println!("written to {}", options.output.display());
        Ok(())
    }

    /// Medians and ranges of all series as a table in Markdown.
    fn summary(&self) -> String {
        let mut lines = vec![
            "| clients | server | CPU µs per update | × floor | bytes per update | input latency p50 ms | p99 ms | delivered % \
             | KiB per client (growth) | valid rounds |"
                .to_owned(),
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |".to_owned(),
        ];
        lines.extend(self.series.iter().map(|series| self.summary_line(series)));
        lines.push(format!(
            "\nMedian (minimum–maximum) of the valid rounds. A server is overloaded if it delivers less than {:.0} % and uses at \
             least {:.0} % of its core.",
            100.0 * DELIVERED_MIN,
            100.0 * OVERLOAD_MIN
        ));
        lines.join("\n") + "\n"
    }

    fn summary_line(&self, series: &Series) -> String {
        let cell = |value: fn(&Measurement) -> f64, decimals: usize| {
            series.spread(value).map(|spread| format_spread(spread, decimals)).unwrap_or_default()
        };
        let cpu = |series: &Series| series.spread(|it| it.cpu_us_per_update).map(|spread| spread.median);
        let floor = self.series.iter().find(|other| other.peer == Peer::Floor && other.clients == series.clients);
        let ratio = cpu(series).zip(floor.and_then(cpu)).map(|(own, floor)| format!("{:.2}", own / floor));
        let cells = [
            series.clients.to_string(),
            series.peer.name().to_owned() + &series.caveat().map(|it| format!(" ({it})")).unwrap_or_default(),
            cell(|it| it.cpu_us_per_update, 1),
            ratio.unwrap_or_default(),
            cell(|it| it.bytes_per_update, 0),
            cell(|it| it.input_latency_p50_ms, 1),
            cell(|it| it.input_latency_p99_ms, 1),
            cell(|it| 100.0 * it.delivered, 1),
            cell(|it| it.memory_growth_kib_per_client, 0),
            format!("{} of {}", series.valid(), series.measurements.len() + series.failures.len()),
        ];
        format!("| {} |", cells.join(" | "))
    }
}

const MEASUREMENT_COLUMNS: &str = "server               clients   CPU µs   bytes     p50 ms   p99 ms    deliv %  worst %   KiB \
+/c  srv %   gen %  oth %";

fn format_spread(spread: Spread, decimals: usize) -> String {
    let Spread { median, min, max } = spread;
    format!("{median:.decimals$} ({min:.decimals$}–{max:.decimals$})")
}
