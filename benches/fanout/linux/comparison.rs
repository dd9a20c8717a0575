//! Measures the servers one after the other.

use tempfile::TempDir;

use super::floor::clients::{self, FloorReport};
use super::handshakes::Handshakes;
use super::measurement::{Delivered, Measurement, Round};
use super::meter::Meter;
use super::options::{FanoutOptions, ServerKind};
use super::plot::{self, Point};
use super::server_process::ServerProcess;
use super::test_certificate::{CertificateFiles, TestCertificate};
use super::{Outcome, idle, system, table, tickcast_server};

/// For each number of clients, measures the servers one after the other. Prints the results. With the option `idle`,
/// measures only the latency of an idle server.
pub(crate) fn run(options: &FanoutOptions) -> Outcome<()> {
    let clients_max = options.clients.iter().copied().max().unwrap_or_default();
    system::prepare_process(options.client_core, clients_max)?;
    if options.idle {
        return idle::run(options);
    }
    let mut points = Vec::new();
    for clients in &options.clients {
        points.push(compare(&FanoutOptions { current: Some(*clients), ..options.clone() })?);
    }
    points.sort_by_key(|point| point.clients);
    if let Some(path) = &options.plot {
        std::fs::write(path, plot::svg(&points))?;
    }
    Ok(())
}

/// In each round, measures the servers one after the other, all with the same number of clients.
fn compare(options: &FanoutOptions) -> Outcome<Point> {
    table::print_head(options);
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        let tickcast = measure_tickcast(options)?;
        table::print_row(ServerKind::Tickcast, &tickcast);
        table::print_joins(&tickcast);
        let stored = if options.durability.is_some() { Some(measure_stored(options)?) } else { None };
        let tls = if options.tls { Some(measure_tls(None, options)?) } else { None };
        let handshakes = options.handshakes.map(|per_second| measure_tls(Some(per_second), options)).transpose()?;
        let floor = measure_floor(&tickcast, options)?;
        table::print_row(ServerKind::Floor, &floor);
        rounds.push(Round { tickcast, stored, tls, handshakes, floor });
    }
    let quiet: Vec<_> = rounds.iter().copied().filter(|round| round.others() <= options.others_max).collect();
    let counted = if quiet.is_empty() { &rounds } else { &quiet };
    table::print_summary(counted, quiet.len());
    let [tickcast, floor] = [|round: &Round| round.tickcast, |round: &Round| round.floor];
    Ok(Point {
        clients: options.clients(),
        tickcast: table::medians(counted, tickcast),
        floor: table::medians(counted, floor),
    })
}

fn measure_tickcast(options: &FanoutOptions) -> Outcome<Measurement> {
    let server = ServerProcess::start(ServerKind::Tickcast, options, [])?;
    measure(&server, options, || tickcast_server::run_bots(server.address(), None, options))
}

/// Measures tickcast with stored rooms.
fn measure_stored(options: &FanoutOptions) -> Outcome<Measurement> {
    let folder = TempDir::new()?;
    let server = ServerProcess::start(ServerKind::Stored, options, ["--data-dir".into(), folder.path().into()])?;
    let measurement = measure(&server, options, || tickcast_server::run_bots(server.address(), None, options))?;
    table::print_row(ServerKind::Stored, &measurement);
    table::print_commits(&measurement);
    Ok(measurement)
}

/// Measures tickcast with TLS. If `handshakes_per_second` is given, clients that only perform handshakes connect during the
/// measurement.
fn measure_tls(handshakes_per_second: Option<u32>, options: &FanoutOptions) -> Outcome<Measurement> {
    let kind = if handshakes_per_second.is_some() { ServerKind::TlsHandshakes } else { ServerKind::Tls };
    let certificate = TestCertificate::generate();
    let files = CertificateFiles::write(&certificate);
    let paths = ["--certificate".into(), files.certificate.clone().into(), "--key".into(), files.key.clone().into()];
    let server = ServerProcess::start(kind, options, paths)?;
    let handshakes = handshakes_per_second
        .map(|count| Handshakes::start(server.address(), certificate.client_config(rustls::ALL_VERSIONS), count));
    let play = || tickcast_server::run_bots(server.address(), Some(&files.certificate), options);
    let measurement = measure(&server, options, play)?;
    table::print_row(kind, &measurement);
    if let Some(handshakes) = handshakes {
        println!("{:.0} handshakes per second", handshakes.stop()?);
    }
    Ok(measurement)
}

fn measure_floor(tickcast: &Measurement, options: &FanoutOptions) -> Outcome<Measurement> {
    let frame_bytes = tickcast.frame_bytes();
    let server =
        ServerProcess::start(ServerKind::Floor, options, ["--frame-bytes".into(), frame_bytes.to_string().into()])?;
    measure(&server, options, || {
        let FloorReport { frames, elapsed, input_latency_ms } = clients::run(server.address(), frame_bytes, options)?;
        Ok(Delivered {
            snapshots_per_second: frames as f64 / elapsed.as_secs_f64(),
            snapshots_due_per_second: f64::from(options.clients()) * f64::from(options.rate),
            bytes: tickcast.bytes.round(),
            input_latency_ms,
            joins: None,
        })
    })
}

/// Measures a server while its clients play.
fn measure(
    server: &ServerProcess,
    options: &FanoutOptions,
    play: impl FnOnce() -> Outcome<Delivered>,
) -> Outcome<Measurement> {
    let meter = Meter::start(server.stats()?, server.metrics(), options)?;
    let delivered = play()?;
    Ok(Measurement::new(delivered, meter.finish()?, options.clients(), system::load_average()?))
}
