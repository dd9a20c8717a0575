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
use tickcast::actors::lobby::{Lobby, LobbyOptions, ObserverFactory};
use tickcast::actors::messages::{RelayHandle, WorkerId};
use tickcast::actors::relay::Relay;
use tickcast::actors::worker::{Park, Worker};
use tickcast::admission::tickets::Tickets;
use tickcast::admission::{AdmissionControl, AdmissionOptions};
use tickcast::http::{self, Site};
use tickcast::store::Store;
use tickcast::telemetry::{Health, Metrics};
use tickcast::transport::{Acceptor, memory_service};
use tickcast::{Assets, OnDiskError, RoomApi, Timeouts};
use tickcast_arena::{Arena, Options, World};
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

/// Options of a server in memory.
pub struct MemoryServerOptions {
    pub room: RoomOptions,
    /// The number from which the seeds of rooms are derived.
    pub seed: u64,
    pub world: Options,
    pub timeouts: Timeouts,
    pub admission: AdmissionOptions,
    /// The tickets that the server accepts. If this is `None`, clients need no ticket.
    pub tickets: Option<Arc<Tickets>>,
    pub journal: ObserverFactory<Arena>,
    pub first_tick: Tick,
    /// The store for rooms. If this is `None`, the server stores no rooms.
    pub store: Option<Arc<dyn Store>>,
    pub on_disk_error: OnDiskError,
    pub persistent_rooms: Vec<RoomName>,
    /// Number of HTTP workers. Connections are assigned to them in turn.
    pub workers: usize,
    /// The thread on which rooms run. By default, this is the current thread.
    pub room_thread: ArbiterHandle,
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
    pub fn new(journal: ObserverFactory<Arena>) -> Self {
        Self {
            room: RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (20, 0)),
            seed: 0,
            world: Options { world_size: 1000, rocks: 4, orbs: 4 },
            timeouts: Timeouts::default(),
            admission: AdmissionOptions::default(),
            tickets: None,
            journal,
            first_tick: Tick(0),
            store: None,
            on_disk_error: OnDiskError::Continue,
            persistent_rooms: Vec::new(),
            workers: 1,
            room_thread: Arbiter::current(),
            pipe_bytes: 64 << 10,
            park: |_| {},
            configure_acceptor: Rc::new(std::convert::identity),
        }
    }
}

/// A server in memory.
pub struct MemoryServer {
    pub lobby: Addr<Lobby<World>>,
    pub metrics: Arc<Metrics>,
    pub admission: Arc<AdmissionControl>,
    workers: Vec<MemoryWorker>,
    connections: u32,
    pipe_bytes: usize,
    wrap_next: Option<WrapPipe>,
}

/// Configures an acceptor of connections.
type ConfigureAcceptor = Rc<dyn Fn(Acceptor) -> Acceptor>;

/// Wraps the client's end of a pipe.
type WrapPipe = Box<dyn FnOnce(DuplexStream) -> DuplexStream>;

/// An HTTP worker. All workers of a server in memory share one thread.
struct MemoryWorker {
    relay: Addr<RelayProxy>,
    /// Handle of the relay. Used to request the shutdown of all sessions.
    handle: Arc<RelayHandle<Arena>>,
    /// Serves a connection in a task of its own.
    serve: Rc<dyn Fn(DuplexStream, SocketAddr)>,
}

impl MemoryServer {
    /// Starts a server on the current actix system.
    pub async fn start(options: MemoryServerOptions) -> Self {
        let admission = AdmissionControl::new(options.admission.clone());
        let health = Arc::new(Health::new(|| Duration::ZERO));
        let metrics = Arc::new(Metrics::new(&admission));
        let lobby_options = LobbyOptions {
            room: options.room.clone(),
            seed: options.seed,
            world: options.world,
            observer: Arc::clone(&options.journal),
            first_tick: options.first_tick,
            store: options.store.clone(),
            on_disk_error: options.on_disk_error,
            persistent_rooms: options.persistent_rooms.clone(),
            threads: vec![options.room_thread.clone()],
        };
        let lobby = Lobby::<World>::new(lobby_options, Arc::clone(&metrics), Arc::clone(&health)).start();
        let pipe_bytes = options.pipe_bytes;
        let mut server =
            Self { lobby, metrics, admission, workers: Vec::new(), connections: 0, pipe_bytes, wrap_next: None };
        for number in 0..options.workers as u64 {
            let worker = server.start_worker(WorkerId(number), &options, &health).await;
            server.workers.push(worker);
        }
        server
    }

    async fn start_worker(&self, id: WorkerId, options: &MemoryServerOptions, health: &Arc<Health>) -> MemoryWorker {
        let mut proxy = None;
        let worker = Worker::new(id, options.timeouts, options.tickets.clone(), Arc::clone(&self.metrics), health);
        let worker = Relay::start_behind(worker.park_with(options.park), |relay| {
            let proxied = RelayProxy::new(relay).start();
            let handle = RelayHandle::new(id, &proxied);
            proxy = Some(proxied);
            handle
        });
        let handle = Arc::clone(worker.relay());
        let site = Site {
            worker,
            lobby: self.lobby.clone(),
            room: options.room.clone(),
            world: options.world,
            room_api: RoomApi::Open,
            assets: Assets::none(),
            health: Arc::clone(health),
        };
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
    pub fn relay(&self, worker: usize) -> &Addr<RelayProxy> {
        &self.workers[worker].relay
    }

    /// The handle of a worker's relay.
    pub fn relay_handle(&self, worker: usize) -> &RelayHandle<Arena> {
        &self.workers[worker].handle
    }
}
