//! Starts the parts of a server in order.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use actix::{Actor, Arbiter};
use actix_server::Server;
use actix_web::App;
use log::info;
use tickcast_game::Simulation;
use tickcast_platform::ListenOptions;
use tickcast_protocol::Tick;

use super::admin::Admin;
use super::handle::{Relays, ServerHandle, Stopper};
use super::{ServerError, ServerOptions};
use crate::actors::lobby::{JournalFactory, Lobby, LobbyOptions};
use crate::actors::messages::WorkerId;
use crate::actors::relay::Relay;
use crate::actors::worker::Worker;
use crate::admission::AdmissionControl;
use crate::admission::tickets::Tickets;
use crate::http::{self, Site};
use crate::telemetry::{Health, Metrics};
use crate::transport::{self, Acceptor};

const LISTEN: ListenOptions =
    ListenOptions { backlog: 4096, user_timeout: Duration::from_secs(15), unsent_bytes_max: 64 << 10 };

/// Starts a server on the current actix system.
pub(super) fn start<S: Simulation>(
    options: &ServerOptions<S::Options>,
    journal: JournalFactory<S::Game>,
) -> Result<ServerHandle<S>, ServerError> {
    let listener = tickcast_platform::listen(options.listen, &LISTEN)
        .map_err(|source| ServerError::Listen { address: options.listen, source })?;
    let address = listener.local_addr()?;
    let admission = AdmissionControl::new(options.admission.clone());
    let health = Arc::new(Health::new(tickcast_platform::thread_cpu_time));
    let metrics = Arc::new(Metrics::new(&admission));
    let admin = Admin::start(options.admin_listen, &health, &metrics)?;
    let lobby_options = LobbyOptions {
        room: options.room.clone(),
        seed: options.seed,
        world: options.world.clone(),
        journal,
        first_tick: Tick(0),
        threads: (0..options.workers.max(1)).map(|_| Arbiter::new().handle()).collect(),
    };
    let lobby = Lobby::<S>::new(lobby_options, Arc::clone(&metrics), Arc::clone(&health)).start();
    let relays = Relays::<S>::default();
    let tickets = options.tickets.clone().map(|tickets| Arc::new(Tickets::new(tickets)));
    let connections_max = options.admission.limits.connections_max.saturating_add(AdmissionControl::REFUSED_MAX);
    let builder = Server::build()
        .workers(options.workers)
        .max_concurrent_connections(connections_max)
        .disable_signals()
        .shutdown_timeout(options.drain.as_secs().max(1));
    let stopping = builder.graceful_shutdown_signal();
    let worker_factory = {
        let (lobby, relays, workers) = (lobby.clone(), Arc::clone(&relays), Arc::new(AtomicU64::new(0)));
        let (health, metrics, options) = (Arc::clone(&health), Arc::clone(&metrics), options.clone());
        // Called on the thread of each HTTP worker.
        move || {
            let room_api = options.room_api();
            let ServerOptions { room, world, assets, timeouts, .. } = options.clone();
            let id = WorkerId(workers.fetch_add(1, Ordering::Relaxed));
            let worker = Relay::start(Worker::new(id, timeouts, tickets.clone(), Arc::clone(&metrics), &health));
            relays.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(worker.relay()));
            let (lobby, health) = (lobby.clone(), Arc::clone(&health));
            let site = Site { worker, lobby, room, world, room_api, assets, health };
            let app = App::new().configure(http::routes(site));
            transport::service(app, Acceptor::start(timeouts, Arc::clone(&admission)), stopping.clone())
        }
    };
    let server = builder.listen("tickcast", listener, worker_factory)?.run();
    info!("listening on http://{address}");
    let stopper = Stopper {
        address,
        listener: server.handle(),
        admin,
        drain: options.drain,
        lobby,
        relays,
        health,
        metrics,
        is_aborted: AtomicBool::new(false),
    };
    Ok(ServerHandle::new(stopper, server))
}
