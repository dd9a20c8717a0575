//! Starts the parts of a server. Each part starts after the parts that it needs.

use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread::park_timeout;
use std::time::Duration;

use actix::{Actor, Addr, Arbiter};
use actix_server::{Server, ServerBuilder};
use actix_web::App;
use log::info;
use tickcast_game::{GameProtocol, Simulation};
use tickcast_platform::ListenOptions;
use tickcast_protocol::Tick;
use tickcast_store::{MatchHistory, Store};

use super::admin::AdminListener;
#[cfg(feature = "datagrams")]
use super::datagrams::{DatagramListener, Distributor};
use super::handle::{Relays, ServerHandle, Stopper};
#[cfg(feature = "tls")]
use super::redirect::Redirect;
#[cfg(feature = "tls")]
use super::tls::Certificate;
use super::{ServerError, ServerOptions};
use crate::actors::lobby::{Lobby, LobbyOptions, ObserverFactory, ROOMS_MAX};
use crate::actors::messages::WorkerId;
use crate::actors::relay::Relay;
use crate::actors::replay::directory::{ReplayPolicy, Replays};
use crate::actors::room::incidents::Incidents;
use crate::actors::worker::Worker;
use crate::admission::AdmissionControl;
use crate::admission::tickets::Tickets;
use crate::http::api::profiles::ProfileQueries;
use crate::http::fallback::HttpSessions;
use crate::http::operator::{BanFile, ClientListener, OperatorSite, OperatorToken};
use crate::http::{self, Site};
#[cfg(feature = "webhooks")]
use crate::telemetry::Webhooks;
use crate::telemetry::{Health, Metrics, RoomEventSink};
use crate::transport::{self, Acceptor};

const LISTEN: ListenOptions =
    ListenOptions { backlog: 4096, user_timeout: Duration::from_secs(15), unsent_bytes_max: 64 << 10 };

/// Maximum number of threads on which replays run. They have a low priority.
const REPLAY_THREADS_MAX: usize = 2;

/// What rooms use besides their options.
pub(super) struct RoomServices<G: GameProtocol> {
    pub(super) observer: ObserverFactory<G>,
    /// Where rooms are stored; `None` if they exist in memory only.
    pub(super) store: Option<Arc<dyn Store>>,
    /// The matches of a server that has no rooms.
    pub(super) replays_only: Option<Arc<dyn MatchHistory>>,
    /// Saves the last seconds of stored rooms after a desync or a panic; `None` if nothing is saved.
    pub(super) incidents: Option<Arc<Incidents>>,
    /// Receives the events of rooms.
    pub(super) events: Option<Arc<dyn RoomEventSink>>,
}

/// Listeners that the process has inherited. They replace those of the options.
#[derive(Debug, Default)]
pub(super) struct InheritedListeners {
    pub(super) clients: Option<TcpListener>,
    pub(super) admin: Option<TcpListener>,
}

/// Starts a server on the current actix system.
pub(super) fn start<S: Simulation>(
    options: &ServerOptions<S::Options>,
    rooms: RoomServices<S::Game>,
    tickets: Option<Arc<Tickets>>,
    inherited: InheritedListeners,
) -> Result<ServerHandle<S>, ServerError> {
    let (listener, address) = listen(inherited.clients, options.listen)?;
    #[cfg(feature = "tls")]
    let certificate = options.tls.as_ref().map(Certificate::load).transpose()?;
    #[cfg(feature = "tls")]
    let tls_config = certificate.as_ref().map(Certificate::server_config).transpose()?;
    #[cfg(feature = "datagrams")]
    let datagrams = DatagramListener::start(options.datagrams, address, certificate.as_ref())?;
    let admission = restore_admission(options)?;
    let (health, metrics) = (Arc::new(Health::new(tickcast_platform::thread_cpu_time)), Arc::new(Metrics::new(&admission)));
    let admin = AdminListener::open(inherited.admin, options.admin_listen)?;
    let history = rooms.store.as_ref().and_then(|store| store.history());
    let (profiles, relays) = (ProfileQueries::for_game::<S::Game>(rooms.store.as_ref()), Relays::<S>::default());
    let (lobby, replays) = start_rooms::<S>(options, rooms, &health, &metrics)?;
    let operator = operator_site(options, &lobby, &admission, history, address.port());
    let admin = admin.start(&health, &metrics, operator)?;
    let builder = listener_builder(options);
    #[cfg(feature = "tls")]
    let (builder, redirect_address) = add_redirect(builder, options, address.port(), &admission)?;
    let workers = Workers {
        options: options.clone(),
        tickets,
        admission: Arc::clone(&admission),
        health: Arc::clone(&health),
        metrics: Arc::clone(&metrics),
        lobby: lobby.clone(),
        replays,
        profiles,
        relays: Arc::clone(&relays),
        #[cfg(feature = "tls")]
        tls_config,
        #[cfg(feature = "datagrams")]
        datagrams: datagrams.as_ref().map(|datagrams| datagrams.distributor(&admission)),
    };
    let server = workers.add_to(builder, listener)?.run();
    let stopper = Stopper {
        address,
        #[cfg(feature = "tls")]
        certificate,
        #[cfg(feature = "tls")]
        redirect_address,
        #[cfg(feature = "datagrams")]
        datagrams,
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
    Ok(ServerHandle::new(stopper, server)).inspect(|handle| info!("listening on {}", handle.url()))
}

/// Admission control with the stored bans.
fn restore_admission<O>(options: &ServerOptions<O>) -> Result<Arc<AdmissionControl>, ServerError> {
    let admission = AdmissionControl::new(options.admission.clone());
    admission.bans().restore(BanFile::new(options.ban_file.clone()).load()?);
    Ok(admission)
}

/// What the API for operators uses; `None` if there is no token for it.
fn operator_site<S: Simulation>(
    options: &ServerOptions<S::Options>,
    lobby: &Addr<Lobby<S>>,
    admission: &Arc<AdmissionControl>,
    history: Option<Arc<dyn MatchHistory>>,
    client_port: u16,
) -> Option<OperatorSite<S>> {
    Some(OperatorSite {
        token: OperatorToken::new(options.operator_token.as_ref()?),
        lobby: lobby.clone(),
        admission: Arc::clone(admission),
        ban_file: BanFile::new(options.ban_file.clone()).into(),
        history,
        export: ().into(),
        clients: ClientListener { scheme: options.scheme(), port: client_port },
    })
}

/// What the HTTP workers are made of.
struct Workers<S: Simulation> {
    options: ServerOptions<S::Options>,
    tickets: Option<Arc<Tickets>>,
    admission: Arc<AdmissionControl>,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    lobby: Addr<Lobby<S>>,
    replays: Option<Addr<Replays<S>>>,
    profiles: Option<Arc<ProfileQueries>>,
    relays: Relays<S>,
    #[cfg(feature = "tls")]
    tls_config: Option<Arc<rustls::ServerConfig>>,
    /// Passes connections with datagrams to the workers.
    #[cfg(feature = "datagrams")]
    datagrams: Option<Distributor>,
}

impl<S: Simulation> Workers<S> {
    /// Adds the listener for clients to a server. Its connections are served by the workers.
    fn add_to(self, builder: ServerBuilder, listener: TcpListener) -> Result<ServerBuilder, ServerError> {
        let Self { options, tickets, admission, health, metrics, lobby, replays, profiles, relays, .. } = self;
        #[cfg(feature = "tls")]
        let tls_config = self.tls_config;
        #[cfg(feature = "datagrams")]
        let datagrams = self.datagrams;
        let stopping = builder.graceful_shutdown_signal();
        let (started, http_sessions) = (Arc::new(AtomicU64::new(0)), Arc::<HttpSessions>::default());
        // Called on the thread of each HTTP worker.
        let start = move || {
            let ServerOptions { room, world, assets, timeouts, .. } = options.clone();
            let id = WorkerId(started.fetch_add(1, Ordering::Relaxed));
            let worker = Worker::new(id, timeouts, tickets.clone(), Arc::clone(&metrics), &health);
            let worker = Relay::start(worker.park_with(park_timeout));
            relays.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(worker.relay()));
            let site = Rc::new(Site {
                worker,
                http_sessions: Arc::clone(&http_sessions),
                lobby: lobby.clone(),
                replays: replays.clone(),
                room,
                world,
                room_api: options.room_api(),
                profiles: profiles.clone(),
                assets,
                health: Arc::clone(&health),
                #[cfg(feature = "datagrams")]
                datagrams: datagrams.as_ref().map(Distributor::offer),
                #[cfg(not(feature = "datagrams"))]
                datagrams: None,
            });
            #[cfg(feature = "datagrams")]
            datagrams.iter().for_each(|datagrams| datagrams.serve(Rc::clone(&site)));
            let acceptor = Acceptor::start(timeouts, Arc::clone(&admission));
            #[cfg(feature = "tls")]
            let acceptor = acceptor.with_tls(tls_config.clone());
            transport::service(App::new().configure(http::routes(site)), acceptor, stopping.clone())
        };
        Ok(builder.listen("tickcast", listener, start)?)
    }
}

/// Returns the inherited listener, or else a new one, and its address. If `address` has port 0, the returned address contains the
/// port that was chosen.
fn listen(inherited: Option<TcpListener>, address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServerError> {
    let listener = match inherited {
        Some(listener) => tickcast_platform::configure_listener(&listener, &LISTEN).map(|()| listener),
        None => tickcast_platform::listen(address, &LISTEN),
    };
    let listener = listener.map_err(|source| ServerError::Listen { address, source })?;
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

/// The lobby, and the replays if there is a history.
type RoomActors<S> = (Addr<Lobby<S>>, Option<Addr<Replays<S>>>);

/// Starts the lobby, and the replays if there is a history.
fn start_rooms<S: Simulation>(
    options: &ServerOptions<S::Options>,
    rooms: RoomServices<S::Game>,
    health: &Arc<Health>,
    metrics: &Arc<Metrics>,
) -> Result<RoomActors<S>, ServerError> {
    #[cfg(feature = "webhooks")]
    let rooms = add_webhooks(options, rooms, metrics)?;
    let rooms_max = if rooms.replays_only.is_some() { 0 } else { ROOMS_MAX };
    let history = match rooms.replays_only {
        Some(history) => Some((history, ReplayPolicy::AllRooms)),
        None => rooms.store.as_ref().and_then(|store| Some((store.history()?, ReplayPolicy::SpectatedRooms))),
    };
    let replays = history.map(|(history, policy)| start_replays(history, policy, options.workers, metrics));
    let options = LobbyOptions {
        room: options.room.clone(),
        seed: options.seed,
        world: options.world.clone(),
        observer: rooms.observer,
        first_tick: Tick(0),
        store: rooms.store,
        on_disk_error: options.on_disk_error,
        incidents: rooms.incidents,
        events: rooms.events,
        persistent_rooms: options.persistent_rooms.clone(),
        rooms_max,
        threads: (0..options.workers.max(1)).map(|_| Arbiter::new().handle()).collect(),
    };
    Ok((Lobby::new(options, Arc::clone(metrics), Arc::clone(health)).start(), replays))
}

/// Starts replays on threads of their own.
fn start_replays<S: Simulation>(
    history: Arc<dyn MatchHistory>,
    policy: ReplayPolicy,
    workers: usize,
    metrics: &Arc<Metrics>,
) -> Addr<Replays<S>> {
    let runtime = || {
        tickcast_platform::lower_thread_priority();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("the operating system has the resources of another thread")
    };
    let threads = workers.clamp(1, REPLAY_THREADS_MAX);
    let threads = (0..threads).map(|_| Arbiter::with_tokio_rt(runtime).handle()).collect();
    Replays::start(history, policy, threads, Arc::clone(metrics))
}

/// Makes webhooks the sink of room events, if the options contain their URL.
#[cfg(feature = "webhooks")]
fn add_webhooks<G: GameProtocol, O>(
    options: &ServerOptions<O>,
    mut rooms: RoomServices<G>,
    metrics: &Arc<Metrics>,
) -> Result<RoomServices<G>, ServerError> {
    if let Some(webhooks) = &options.webhooks {
        rooms.events = Some(Arc::new(Webhooks::start(webhooks.clone(), Arc::clone(metrics))?));
    }
    Ok(rooms)
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
