//! A server of one's own for each test.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tickcast::Assets;
use tickcast::Timeouts;
use tickcast::admission::{AdmissionControl, AdmissionOptions};
use tickcast::server::{self, AdminListen, ServerOptions};
use tickcast_arena::World;
use tickcast_game::Simulation;
use tickcast_room::RoomOptions;
use tokio::sync::oneshot;

/// A server that runs until it is dropped.
pub struct Hosted {
    address: SocketAddr,
    admin_address: SocketAddr,
    admission: Arc<AdmissionControl>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A room for tests: quick ticks, and nobody in it.
pub fn quiet() -> RoomOptions {
    RoomOptions { tick_rate: 60, seats: 4, ai_players: 0, seed: 7, ..RoomOptions::default() }
}

/// An arena with nothing in it.
pub fn empty_arena() -> tickcast_arena::Options {
    tickcast_arena::Options { world_size: 1024, rocks: 0, orbs: 0 }
}

/// Hosts the bundled game in an empty arena.
pub fn host_arena(room: RoomOptions) -> Hosted {
    host::<World>(room, empty_arena())
}

/// Hosts any game.
pub fn host<S: Simulation>(room: RoomOptions, world: S::Options) -> Hosted {
    host_with::<S>(options(room, world))
}

/// What a server for tests is started with, unless a test wants something else.
pub fn options<O>(room: RoomOptions, world: O) -> ServerOptions<O> {
    ServerOptions {
        listen: "127.0.0.1:0".parse().expect("an address"),
        workers: 2,
        room,
        world,
        assets: Assets::none(),
        admission: AdmissionOptions::default(),
        timeouts: Timeouts::default(),
        auth_secret: None,
        admin_listen: AdminListen::At("127.0.0.1:0".parse().expect("an address")),
        drain: Hosted::DRAIN,
    }
}

/// Hosts any game in any way.
pub fn host_with<S: Simulation>(options: ServerOptions<S::Options>) -> Hosted {
    let (stop, stopped) = oneshot::channel();
    let (started, address) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let (running, server) = server::start::<S>(&options).expect("a free port");
            let admin_address = running.admin_address().expect("metrics are wanted");
            started.send((running.address(), admin_address, Arc::clone(running.admission()))).expect("the test waits");
            let server = actix_web::rt::spawn(server);
            stopped.await.ok();
            running.stop().await;
            server.await.expect("no panic").expect("no error");
        });
    });
    let (address, admin_address, admission) = address.recv().expect("the server starts");
    Hosted { address, admin_address, admission, stop: Some(stop), thread: Some(thread) }
}

impl Hosted {
    /// How long it may take to stop.
    pub const DRAIN: Duration = Duration::from_secs(5);

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it tells its metrics.
    pub const fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// How many connections it has.
    pub fn connections(&self) -> usize {
        self.admission.connections()
    }

    /// Begins to stop it.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.stop();
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.expect("it is dropped once").expect("the server ends without a panic");
        }
    }
}
