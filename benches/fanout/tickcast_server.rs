//! The real server, and the real bots.

use std::net::SocketAddr;
use std::time::Duration;

use tickcast::Assets;
use tickcast::Timeouts;
use tickcast::admission::{AdmissionLimits, AdmissionOptions};
use tickcast::server::{self, AdminListen, ServerOptions};
use tickcast_arena::Arena;
use tickcast_arena::{Options, World};
use tickcast_bots::options::LeadChoice;
use tickcast_bots::{self, Behaviour, BotsOptions, Report};
use tickcast_room::RoomOptions;

use crate::measured::Delivered;
use crate::meter::LEAD;
use crate::options::{FanoutOptions, View};
use crate::{Outcome, child, process};

/// The side of the world, in units.
const WORLD_SIZE: u16 = 4000;
/// How many play in a room where all see all.
const ROOM_SIZE: u16 = 100;

/// Serves until the parent is gone.
pub(crate) fn serve(options: &FanoutOptions) -> Outcome<()> {
    process::settle(options.server_core, options.clients)?;
    actix_web::rt::System::new().block_on(async {
        let (running, server) = server::start::<World>(&server_options(options))?;
        child::announce(running.address())?;
        Ok(server.await?)
    })
}

fn server_options(options: &FanoutOptions) -> ServerOptions<Options> {
    let (seats, view_size) = match options.view {
        View::Units(units) => (options.clients.min(RoomOptions::SEATS_MAX), units),
        View::Rooms => (ROOM_SIZE, 2 * WORLD_SIZE),
    };
    ServerOptions {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        workers: 1,
        room: RoomOptions { tick_rate: options.rate, seats, ai_players: 0, view_size, seed: 1, ..RoomOptions::default() },
        world: Options { world_size: WORLD_SIZE, rocks: 0, orbs: 0 },
        assets: Assets::none(),
        admission: AdmissionOptions { limits: unlimited(), ..AdmissionOptions::default() },
        timeouts: Timeouts::default(),
        auth_secret: None,
        admin_listen: AdminListen::Off,
        drain: Duration::from_secs(1),
    }
}

/// All of the bots come at once, and from one address.
fn unlimited() -> AdmissionLimits {
    AdmissionLimits { connections_max: 50_000, connections_per_address_max: 50_000, joins_per_second: 10_000 }
}

/// Lets bots wander about, for as long as is asked and the meter needs.
pub(crate) fn play(address: SocketAddr, options: &FanoutOptions) -> Outcome<Delivered> {
    let report = bots::run::<Arena>(&bots_options(address, options)?).map_err(|why| why.to_string())?;
    check(&report)?;
    let per_second = |snapshots: u64| snapshots as f64 / report.seconds;
    Ok(Delivered {
        snapshots_per_second: per_second(report.snapshots_received),
        snapshots_due_per_second: per_second(report.snapshots_expected),
        bytes: report.bytes_per_snapshot,
        input_latency_p99_ms: report.input_latency_ms.p99,
    })
}

fn bots_options(address: SocketAddr, options: &FanoutOptions) -> Outcome<BotsOptions> {
    Ok(BotsOptions {
        url: format!("ws://{address}/ws").parse()?,
        count: options.clients.into(),
        settle: LEAD.as_secs() as u32,
        seconds: options.seconds + LEAD.as_secs() as u32,
        room: None,
        ramp: options.ramp,
        behaviour: Behaviour::Wander,
        seed: 1,
        lead: LeadChoice::Ticks(1),
        verify: options.verify.parse()?,
        viewport: None,
        json: None,
        require: Vec::new(),
    })
}

/// A snapshot that was wrong, or a bot that was lost, is not delivered cheaply.
fn check(report: &Report) -> Outcome<()> {
    let Report { failed, disconnects, desyncs, decode_errors, .. } = report;
    if failed + disconnects + desyncs + decode_errors > 0 {
        eprintln!(
            "{failed} bots failed, {disconnects} were disconnected; {desyncs} desyncs, {decode_errors} decode errors"
        );
        for (problem, count) in &report.problems {
            eprintln!("{count:>9} × {problem}");
        }
    }
    Ok(())
}
