//! Measures the servers one after the other.

use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::Outcome;
use crate::generator::Generator;
use crate::measurement::{Measurement, Memory};
use crate::options::RunOptions;
use crate::peer::Peer;
use crate::process::{self, CpuSample, ServerProcess};
use crate::report::{Environment, Report};

/// Measures all servers, and writes the results.
pub(crate) fn run(options: &RunOptions) -> Outcome<()> {
    if let Some(clients) = options.clients.iter().find(|clients| !clients.is_multiple_of(options.room_size)) {
        return Err(format!("{clients} clients do not fill rooms of {}", options.room_size).into());
    }
    process::pin_to(options.client_core)?;
    let peers = if options.peers.is_empty() { Peer::value_variants().to_vec() } else { options.peers.clone() };
    let mut report = Report::new(Environment::read(&peers, options)?, &peers, options);
    report.print_head();
    for round in 0..options.rounds as usize {
        for clients in &options.clients {
            // Each round begins with a different server, so that no server is always measured first or last.
            for index in 0..peers.len() {
                let peer = peers[(round + index) % peers.len()];
                match measure(peer, *clients, options) {
                    Ok(measurement) => report.add(round, peer, *clients, measurement),
                    Err(error) => report.add_failure(round, peer, *clients, error.to_string()),
                }
            }
        }
    }
    report.finish(options)
}

fn measure(peer: Peer, clients: u32, options: &RunOptions) -> Outcome<Measurement> {
    let server = ServerProcess::start(peer, options)?;
    let memory_before = server.resident_bytes()?;
    let mut generator = Generator::join(server.address, peer.protocol(), clients)?;
    generator.play(Duration::from_secs(options.settle.into()))?;
    generator.reset()?;
    let (start, before) = (Instant::now(), CpuSample::take(&server, options.server_core)?);
    generator.play(Duration::from_secs(options.seconds.into()))?;
    let (seconds, after) = (start.elapsed().as_secs_f64(), CpuSample::take(&server, options.server_core)?);
    generator.check_ships(options.room_size)?;
    let memory = Memory { before: memory_before, with_clients: server.resident_bytes()? };
    Ok(Measurement::new(&generator.observed(), after.since(&before), memory, clients, seconds, options.others_max))
}
