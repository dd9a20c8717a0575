//! A server that one test starts on free ports.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tickcast::{AdminListen, Server, ServerBuilder, ServerOptions};
use tickcast_arena::World;
use tickcast_game::Simulation;
use tickcast_room::RoomOptions;
use tokio::sync::oneshot;

/// A free port of the loopback interface.
const FREE_PORT: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// A server that runs until it is dropped.
pub struct TestServer {
    address: SocketAddr,
    admin_address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Room options for tests: four seats, no AI players, 60 ticks per second.
pub fn room_options() -> RoomOptions {
    RoomOptions::default().with(|room| {
        room.tick_rate = 60;
        room.seats = 4;
        room.ai_players = 0;
    })
}

/// A small arena without rocks and orbs.
pub const fn empty_arena() -> tickcast_arena::Options {
    tickcast_arena::Options { world_size: 1024, rocks: 0, orbs: 0, round_s: 0 }
}

/// Server options for tests: free ports, two workers, and [`TestServer::DRAIN`] as the time limit for a shutdown.
pub fn server_options<O: Default>(room: RoomOptions, world: O) -> ServerOptions<O> {
    let mut options = ServerOptions::default();
    options.listen = FREE_PORT.into();
    options.admin_listen = AdminListen::At(FREE_PORT.into());
    options.workers = 2;
    (options.room, options.seed) = (room, TestServer::SEED);
    options.world = world;
    options.drain = TestServer::DRAIN;
    options
}

impl TestServer {
    /// The number from which the seeds of rooms are derived.
    pub const SEED: u64 = 7;
    /// Time limit for an orderly shutdown.
    pub const DRAIN: Duration = Duration::from_secs(5);

    /// Starts a server of the bundled game, with an empty arena.
    pub fn arena(room: RoomOptions) -> Self {
        Self::start::<World>(room, empty_arena())
    }

    /// Starts a server of any game.
    pub fn start<S: Simulation>(room: RoomOptions, world: S::Options) -> Self {
        Self::start_with::<S>(server_options(room, world))
    }

    /// Starts a server of any game with these options.
    pub fn start_with<S: Simulation>(options: ServerOptions<S::Options>) -> Self {
        Self::start_configured::<S>(options, |builder| builder)
    }

    /// Starts a server of any game with these options, after `configure` has changed its builder.
    pub fn start_configured<S: Simulation>(
        options: ServerOptions<S::Options>,
        configure: impl FnOnce(ServerBuilder<S>) -> ServerBuilder<S> + Send + 'static,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (started, addresses) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = configure(Server::builder().options(options)).start().expect("a port is free");
                let admin_address = server.admin_address().expect("the options enable the admin listener");
                started.send((server.address(), admin_address)).expect("the test waits for the addresses");
                stopped.await.ok();
                server.stop().await;
                server.wait().await.expect("the server stops without an error");
            });
        });
        let (address, admin_address) = addresses.recv().expect("the server starts");
        Self { address, admin_address, stop: Some(stop), thread: Some(thread) }
    }

    /// The address for clients.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for metrics and readiness.
    pub const fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// Begins an orderly shutdown and returns at once.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
    }
}

/// Stops the server and waits until it has stopped.
impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
        let result = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            result.expect("a server is dropped once").expect("the server does not panic");
        }
    }
}
