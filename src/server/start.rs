//! Starts the parts of a server. Each part starts after the parts that it needs.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread::park_timeout;
use std::time::Duration;

use actix::{Actor, Addr, Arbiter};
use actix_server::{Server, ServerBuilder};
use actix_web::App;
use log::info;
use tickcast_game::{Game, Simulation};
use tickcast_platform::ListenOptions;
use tickcast_protocol::Tick;
use tickcast_store::Store;

use super::admin::Admin;
use super::handle::{Relays, ServerHandle, Stopper};
#[cfg(feature = "tls")]
use super::redirect::Redirect;
#[cfg(feature = "tls")]
use super::tls::Certificate;
use super::{ServerError, ServerOptions};
use crate::actors::lobby::{Lobby, LobbyOptions, ObserverFactory};
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

/// What rooms use besides their options.
pub(super) struct RoomServices<G: Game> {
    pub(super) observer: ObserverFactory<G>,
    /// Where rooms are stored; `None` if they exist in memory only.
    pub(super) store: Option<Arc<dyn Store>>,
}

/// Starts a server on the current actix system.
pub(super) fn start<S: Simulation>(
    options: &ServerOptions<S::Options>,
    rooms: RoomServices<S::Game>,
    tickets: Option<Arc<Tickets>>,
) -> Result<ServerHandle<S>, ServerError> {
    let (listener, address) = listen(options.listen)?;
    #[cfg(feature = "tls")]
    let certificate = options.tls.as_ref().map(Certificate::load).transpose()?;
    #[cfg(feature = "tls")]
    let tls_config = certificate.as_ref().map(Certificate::server_config).transpose()?;
    let admission = AdmissionControl::new(options.admission.clone());
    let health = Arc::new(Health::new(tickcast_platform::thread_cpu_time));
    let metrics = Arc::new(Metrics::new(&admission));
    let admin = Admin::start(options.admin_listen, &health, &metrics)?;
    let lobby = start_lobby::<S>(options, rooms, &health, &metrics);
    let relays = Relays::<S>::default();
    let builder = listener_builder(options);
    let stopping = builder.graceful_shutdown_signal();
    #[cfg(feature = "tls")]
    let (builder, redirect_address) = add_redirect(builder, options, address.port(), &admission)?;
    let worker_factory = {
        let (lobby, relays, workers) = (lobby.clone(), Arc::clone(&relays), Arc::new(AtomicU64::new(0)));
        let (health, metrics, admission) = (Arc::clone(&health), Arc::clone(&metrics), Arc::clone(&admission));
        let options = options.clone();
        // Called on the thread of each HTTP worker.
        move || {
            let room_api = options.room_api();
            let ServerOptions { room, world, assets, timeouts, .. } = options.clone();
            let id = WorkerId(workers.fetch_add(1, Ordering::Relaxed));
            let worker = Worker::new(id, timeouts, tickets.clone(), Arc::clone(&metrics), &health);
            let worker = Relay::start(worker.park_with(park_timeout));
            relays.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(worker.relay()));
            let (lobby, health) = (lobby.clone(), Arc::clone(&health));
            let app = App::new().configure(http::routes(Site { worker, lobby, room, world, room_api, assets, health }));
            let acceptor = Acceptor::start(timeouts, Arc::clone(&admission));
            #[cfg(feature = "tls")]
            let acceptor = acceptor.with_tls(tls_config.clone());
            transport::service(app, acceptor, stopping.clone())
        }
    };
    let server = builder.listen("tickcast", listener, worker_factory)?.run();
    let stopper = Stopper {
        address,
        #[cfg(feature = "tls")]
        certificate,
        #[cfg(feature = "tls")]
        redirect_address,
        listener: server.handle(),
        admin,
        drain: options.drain,
        admission,
        lobby,
        relays,
        health,
        metrics,
        is_aborted: AtomicBool::new(false),
    };
    let handle = ServerHandle::new(stopper, server);
    info!("listening on {}", handle.url());
    Ok(handle)
}

/// Returns a listener and its address. If `address` has port 0, the returned address contains the port that was chosen.
fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServerError> {
    let listener = tickcast_platform::listen(address, &LISTEN).map_err(|source| ServerError::Listen { address, source })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// A server without listeners.
fn listener_builder<O>(options: &ServerOptions<O>) -> ServerBuilder {
    let connections_max = options.admission.limits.connections_max.saturating_add(AdmissionControl::REFUSED_MAX);
    Server::build()
        .workers(options.workers)
        .max_concurrent_connections(connections_max)
        .disable_signals()
        .shutdown_timeout(options.drain.as_secs().max(1))
}

fn start_lobby<S: Simulation>(
    options: &ServerOptions<S::Options>,
    rooms: RoomServices<S::Game>,
    health: &Arc<Health>,
    metrics: &Arc<Metrics>,
) -> Addr<Lobby<S>> {
    let options = LobbyOptions {
        room: options.room.clone(),
        seed: options.seed,
        world: options.world.clone(),
        observer: rooms.observer,
        first_tick: Tick(0),
        store: rooms.store,
        on_disk_error: options.on_disk_error,
        persistent_rooms: options.persistent_rooms.clone(),
        threads: (0..options.workers.max(1)).map(|_| Arbiter::new().handle()).collect(),
    };
    Lobby::new(options, Arc::clone(metrics), Arc::clone(health)).start()
}

/// Adds the listener that redirects to HTTPS, if the options contain its address.
#[cfg(feature = "tls")]
fn add_redirect<O>(
    builder: ServerBuilder,
    options: &ServerOptions<O>,
    https_port: u16,
    admission: &Arc<AdmissionControl>,
) -> Result<(ServerBuilder, Option<SocketAddr>), ServerError> {
    let Some(address) = options.tls.as_ref().and_then(|tls| tls.redirect_listen) else { return Ok((builder, None)) };
    let listener =
        tickcast_platform::listen(address, &LISTEN).map_err(|source| ServerError::RedirectListen { address, source })?;
    let address = listener.local_addr()?;
    let redirect = Redirect { listener, https_port, timeouts: options.timeouts, admission: Arc::clone(admission) };
    Ok((redirect.add_to(builder)?, Some(address)))
}
