//! A server in memory and in virtual time. It consists of the production lobby, rooms, relays, sessions and HTTP service on
//! one thread. In-memory pipes replace sockets, and tokio's paused clock replaces the system's clock.
//!
//! Virtual time advances only while all tasks wait. Timeouts therefore elapse without real waiting, and every run has the
//! same result.

pub mod recorder;
pub mod relay_proxy;
pub mod websocket;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr, Arbiter, ArbiterHandle, System};
use actix_service::{Service, ServiceFactory};
use actix_web::App;
use tickcast::actors::lobby::{Lobby, LobbyOptions, ObserverFactory, ROOMS_MAX};
use tickcast::actors::messages::{RelayHandle, WorkerId};
use tickcast::actors::relay::Relay;
use tickcast::actors::replay::directory::{ReplayPolicy, Replays};
use tickcast::actors::room::incidents::Incidents;
use tickcast::actors::worker::{Park, Worker};
use tickcast::admission::tickets::Tickets;
use tickcast::admission::{AdmissionControl, AdmissionOptions};
use tickcast::http::api::profiles::ProfileQueries;
use tickcast::http::fallback::HttpSessions;
use tickcast::http::{self, Site};
use tickcast::store::Store;
use tickcast::telemetry::{Health, Metrics};
use tickcast::transport::{Acceptor, memory_service};
use tickcast::{Assets, OnDiskError, RoomApi, RoomEventSink, Timeouts};
use tickcast_arena::{Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::{RoomName, Tick};
use tickcast_room::RoomOptions;
use tokio::io::DuplexStream;
use tokio::task::unconstrained;

use relay_proxy::RelayProxy;

/// Runs a future in virtual time, and disables tokio's cooperative budget for it. The future can therefore read from many
/// pipes before it yields to the server.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    system().block_on(unconstrained(future))
}

/// An actix system in virtual time.
pub fn system() -> actix::SystemRunner {
    System::with_tokio_rt(|| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().expect("a runtime without I/O needs no resources")
    })
}

/// Options of a server in memory, whose game is by default the arena.
pub struct MemoryServerOptions<S: Simulation = World> {
    pub room: RoomOptions,
    /// The number from which the seeds of rooms are derived.
    pub seed: u64,
    pub world: S::Options,
    pub timeouts: Timeouts,
    pub admission: AdmissionOptions,
    /// The tickets that the server accepts. If this is `None`, clients need no ticket.
    pub tickets: Option<Arc<Tickets>>,
    pub journal: ObserverFactory<S::Game>,
    pub first_tick: Tick,
    /// The store for rooms. If this is `None`, the server stores no rooms.
    pub store: Option<Arc<dyn Store>>,
    pub on_disk_error: OnDiskError,
    /// Saves the last seconds of stored rooms. If this is `None`, nothing is saved.
    pub incidents: Option<Arc<Incidents>>,
    /// Receives the events of rooms.
    pub events: Option<Arc<dyn RoomEventSink>>,
    pub persistent_rooms: Vec<RoomName>,
    /// Number of HTTP workers. Connections are assigned to them in turn.
    pub workers: usize,
    /// The threads on which rooms run. By default, this is the current thread.
    pub room_threads: Vec<ArbiterHandle>,
    /// Capacity of a pipe in each direction, in bytes.
    pub pipe_bytes: usize,
    /// The function with which a worker blocks its thread under load, until further events have accumulated. The default
    /// does not block.
    pub park: Park,
    /// Configures the acceptors of connections, for example with TLS.
    pub configure_acceptor: ConfigureAcceptor,
}

impl MemoryServerOptions {
    /// Options with a small world. `journal` creates the observers of the rooms' commands.
    pub fn new(journal: ObserverFactory<<World as Simulation>::Game>) -> Self {
        Self::with_world(Options { world_size: 1000, rocks: 4, orbs: 4, round_s: 0 }, journal)
    }
}

impl<S: Simulation> MemoryServerOptions<S> {
    /// Options with this world.
    pub fn with_world(world: S::Options, journal: ObserverFactory<S::Game>) -> Self {
        Self {
            room: RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (20, 0)),
            seed: 0,
            world,
            timeouts: Timeouts::default(),
            admission: AdmissionOptions::default(),
            tickets: None,
            journal,
            first_tick: Tick(0),
            store: None,
            on_disk_error: OnDiskError::Continue,
            incidents: None,
            events: None,
            persistent_rooms: Vec::new(),
            workers: 1,
            room_threads: vec![Arbiter::current()],
            pipe_bytes: 64 << 10,
            park: |_| {},
            configure_acceptor: Rc::new(std::convert::identity),
        }
    }
}

/// A server in memory.
pub struct MemoryServer<S: Simulation = World> {
    pub lobby: Addr<Lobby<S>>,
    /// `None` if the store keeps no history.
    pub replays: Option<Addr<Replays<S>>>,
    pub metrics: Arc<Metrics>,
    pub admission: Arc<AdmissionControl>,
    http_sessions: Arc<HttpSessions>,
    workers: Vec<MemoryWorker<S>>,
    connections: u32,
    pipe_bytes: usize,
    wrap_next: Option<WrapPipe>,
}

/// Configures an acceptor of connections.
type ConfigureAcceptor = Rc<dyn Fn(Acceptor) -> Acceptor>;

/// Wraps the client's end of a pipe.
type WrapPipe = Box<dyn FnOnce(DuplexStream) -> DuplexStream>;

/// An HTTP worker. All workers of a server in memory share one thread.
struct MemoryWorker<S: Simulation> {
    relay: Addr<RelayProxy<S::Game>>,
    /// Handle of the relay. Used to request the shutdown of all sessions.
    handle: Arc<RelayHandle<S::Game>>,
    /// Serves a connection in a task of its own.
    serve: Rc<dyn Fn(DuplexStream, SocketAddr)>,
}

impl<S: Simulation> MemoryServer<S> {
    /// Starts a server on the current actix system.
    pub async fn start(options: MemoryServerOptions<S>) -> Self {
        let admission = AdmissionControl::new(options.admission.clone());
        let health = Arc::new(Health::new(|| Duration::ZERO));
        let metrics = Arc::new(Metrics::new(&admission));
        let history = options.store.as_ref().and_then(|store| store.history());
        let replays = history.map(|history| {
            let threads = options.room_threads.clone();
            Replays::start(history, ReplayPolicy::SpectatedRooms, threads, Arc::clone(&metrics))
        });
        let lobby_options = LobbyOptions {
            room: options.room.clone(),
            seed: options.seed,
            world: options.world.clone(),
            observer: Arc::clone(&options.journal),
            first_tick: options.first_tick,
            store: options.store.clone(),
            on_disk_error: options.on_disk_error,
            incidents: options.incidents.clone(),
            events: options.events.clone(),
            persistent_rooms: options.persistent_rooms.clone(),
            rooms_max: ROOMS_MAX,
            threads: options.room_threads.clone(),
        };
        let lobby = Lobby::<S>::new(lobby_options, Arc::clone(&metrics), Arc::clone(&health)).start();
        let pipe_bytes = options.pipe_bytes;
        let mut server = Self {
            lobby,
            replays,
            metrics,
            admission,
            http_sessions: Arc::default(),
            workers: Vec::new(),
            connections: 0,
            pipe_bytes,
            wrap_next: None,
        };
        for number in 0..options.workers as u64 {
            let worker = server.start_worker(WorkerId(number), &options, &health).await;
            server.workers.push(worker);
        }
        server
    }

    async fn start_worker(&self, id: WorkerId, options: &MemoryServerOptions<S>, health: &Arc<Health>) -> MemoryWorker<S> {
        let mut proxy = None;
        let worker = Worker::new(id, options.timeouts, options.tickets.clone(), Arc::clone(&self.metrics), health);
        let worker = Relay::start_behind(worker.park_with(options.park), |relay| {
            let proxied = RelayProxy::new(relay).start();
            let handle = RelayHandle::new(id, &proxied);
            proxy = Some(proxied);
            handle
        });
        let handle = Arc::clone(worker.relay());
        let site = Rc::new(Site {
            worker,
            http_sessions: Arc::clone(&self.http_sessions),
            lobby: self.lobby.clone(),
            replays: self.replays.clone(),
            room: options.room.clone(),
            world: options.world.clone(),
            room_api: RoomApi::Open,
            profiles: ProfileQueries::for_game::<S::Game>(options.store.as_ref()),
            assets: Assets::none(),
            health: Arc::clone(health),
            datagrams: None,
        });
        let app = App::new().configure(http::routes(site));
        let acceptor = Acceptor::start(options.timeouts, Arc::clone(&self.admission));
        let acceptor = (options.configure_acceptor)(acceptor);
        let service = memory_service(app, acceptor).new_service(()).await.expect("the app starts");
        let serve = Rc::new(move |pipe, peer| {
            let served = service.call((pipe, peer));
            actix_web::rt::spawn(async move {
                if let Err(error) = served.await {
                    log::debug!("connection ended: {error}");
                }
            });
        });
        MemoryWorker { relay: proxy.expect("the relay has started"), handle, serve }
    }

    /// Opens a connection. Each connection has a client address of its own.
    pub fn connect(&mut self) -> DuplexStream {
        self.connect_from(Ipv4Addr::from(0x0a00_0000 + self.connections).into())
    }

    /// Opens a connection from this address.
    pub fn connect_from(&mut self, address: IpAddr) -> DuplexStream {
        let number = self.connections;
        self.connections += 1;
        let (client, server) = tokio::io::duplex(self.pipe_bytes);
        let peer = SocketAddr::from((address, 4000));
        (self.workers[number as usize % self.workers.len()].serve)(server, peer);
        match self.wrap_next.take() {
            Some(wrap) => wrap(client),
            None => client,
        }
    }

    /// Applies `wrap` to the client's end of the next connection.
    pub fn wrap_next(&mut self, wrap: impl FnOnce(DuplexStream) -> DuplexStream + 'static) {
        self.wrap_next = Some(Box::new(wrap));
    }

    /// The relay of a worker.
    pub fn relay(&self, worker: usize) -> &Addr<RelayProxy<S::Game>> {
        &self.workers[worker].relay
    }

    /// The handle of a worker's relay.
    pub fn relay_handle(&self, worker: usize) -> &RelayHandle<S::Game> {
        &self.workers[worker].handle
    }
}
