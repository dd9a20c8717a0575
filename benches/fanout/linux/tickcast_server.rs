//! The real server, and the bots that load it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tickcast::store::{Durability, Retention, SqliteStore, Store};
use tickcast::{AdminListen, AdmissionLimits, RoomOptions, Server, ServerOptions, TlsOptions};
use tickcast_arena::{Arena, Options, World};
use tickcast_bots::options::{LeadChoice, Transport};
use tickcast_bots::{BotsOptions, Brains, Report};
use tickcast_game::Behaviour;

use super::measurement::{Delivered, Joins};
use super::meter::MARGIN;
use super::options::{FanoutOptions, RoomDurability, View};
use super::{Outcome, server_process, system};

/// Side of the world in units.
const WORLD_SIZE: u16 = 4000;
/// Number of players per room if each client sees the whole world.
const ROOM_SIZE: u16 = 100;

/// The history that the program keeps by default.
const RETENTION: Retention = Retention { age: Duration::from_secs(24 * 3_600), bytes_max: 1 << 30 };

/// Runs tickcast in the child process. The child process ends when its parent ends.
pub(crate) fn serve(options: &FanoutOptions) -> Outcome<()> {
    system::prepare_process(options.server_core, options.clients())?;
    actix_web::rt::System::new().block_on(async {
        let server = Server::<World>::builder().options(server_options(options));
        let server = match store(options)? {
            Some(store) => server.store(store).start()?,
            None => server.start()?,
        };
        server_process::announce(server.address(), server.admin_address())?;
        Ok(server.wait().await?)
    })
}

/// The store of the rooms, with the default retention of the program.
fn store(options: &FanoutOptions) -> Outcome<Option<Arc<dyn Store>>> {
    let Some((folder, durability)) = options.data_dir.as_ref().zip(options.durability) else { return Ok(None) };
    let durability = match durability {
        RoomDurability::Process => Durability::Process,
        RoomDurability::Disk => Durability::Disk,
    };
    Ok(Some(Arc::new(SqliteStore::open_with_history(folder, durability, RETENTION)?)))
}

fn server_options(options: &FanoutOptions) -> ServerOptions<Options> {
    let (seats, view_size) = match options.view {
        View::Units(units) => (options.clients().min(RoomOptions::SEATS_MAX), units),
        View::Rooms => (ROOM_SIZE, 2 * WORLD_SIZE),
    };
    let mut server = ServerOptions::default();
    server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    server.admin_listen = AdminListen::At(server.listen);
    server.tls =
        options.certificate.clone().zip(options.key.clone()).map(|(certificate, key)| TlsOptions::new(certificate, key));
    server.workers = 1;
    server.room.tick_rate = options.rate;
    server.room.seats = seats;
    server.room.ai_players = 0;
    server.room.view_size = view_size;
    server.seed = 1;
    server.world = Options { world_size: WORLD_SIZE, rocks: 0, orbs: 0, round_s: 0 };
    server.admission.limits = admission_limits();
    server.drain = Duration::from_secs(1);
    server
}

/// Limits that the bots do not reach. The limits per client need no change: the bots connect from 127.0.0.1,
/// which is exempt.
fn admission_limits() -> AdmissionLimits {
    let mut limits = AdmissionLimits::default();
    limits.connections_max = 50_000;
    limits
}

/// Runs bots for the duration of the measurement, with a margin before and after it. If `tls_ca` is given, the bots
/// connect with TLS and trust this certificate.
pub(crate) fn run_bots(address: SocketAddr, tls_ca: Option<&Path>, options: &FanoutOptions) -> Outcome<Delivered> {
    let report = tickcast_bots::run(&bots_options(address, tls_ca, options)?, Brains::<Arena>::of_game())?;
    print_errors(&report);
    let per_second = |snapshots: u64| snapshots as f64 / report.seconds;
    Ok(Delivered {
        snapshots_per_second: per_second(report.snapshots_received),
        snapshots_due_per_second: per_second(report.snapshots_expected),
        bytes: report.bytes_per_snapshot,
        input_latency_ms: [report.input_latency_ms.p50, report.input_latency_ms.p99],
        joins: Some(Joins { clients: report.connected, seconds: report.join_seconds, duration_ms: report.join_ms }),
    })
}

fn bots_options(address: SocketAddr, tls_ca: Option<&Path>, options: &FanoutOptions) -> Outcome<BotsOptions> {
    let scheme = if tls_ca.is_some() { "wss" } else { "ws" };
    let margin_seconds = MARGIN.as_secs() as u32;
    Ok(BotsOptions {
        addresses: None,
        newcomers: 0,
        url: format!("{scheme}://{address}/ws").parse()?,
        transport: Transport::Websocket,
        tls_ca: tls_ca.map(Path::to_owned),
        count: options.clients().into(),
        settle: margin_seconds,
        seconds: options.seconds + margin_seconds,
        room: None,
        ramp: options.ramp,
        joining: options.joining,
        inputs_per_second: options.inputs_per_second,
        behaviour: Behaviour::Wander,
        seed: 1,
        lead: LeadChoice::Ticks(1),
        verify: options.verify.parse()?,
        viewport: None,
        json: None,
        require: Vec::new(),
    })
}

/// Prints the errors of the bots. A measurement with errors is not reliable.
fn print_errors(report: &Report) {
    let Report { failed, disconnects, desyncs, decode_errors, .. } = report;
    if failed + disconnects + desyncs + decode_errors == 0 {
        return;
    }
    eprintln!("{failed} bots failed, {disconnects} were disconnected; {desyncs} desyncs, {decode_errors} decode errors");
    for (problem, count) in &report.problems {
        eprintln!("{count:>9} × {problem}");
    }
}
