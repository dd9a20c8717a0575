//! A whole server: rooms, workers, routes; started, and stopped with a goodbye.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::{Actor, Addr};
use actix_server::{Server, ServerHandle};
use actix_web::App;
use log::info;
use socket2::{Domain, Protocol, Socket, Type};
use tickcast_protocol::CloseReason;

use crate::actors::lobby::{Lobby, LobbyOptions};
use crate::actors::messages::{CloseAll, Hush};
use crate::actors::relay::Relay;
use crate::actors::worker::Worker;
use crate::admission::{AdmissionOptions, Gate};
use crate::http::assets::Assets;
use crate::http::{self, Site};
use crate::room::RoomOptions;
use crate::simulation::Simulation;
use crate::transport::{self, Deadlines};

/// How long a goodbye may take to reach the clients.
const GOODBYE: Duration = Duration::from_millis(500);
/// How long connections may take to end after that.
const SHUTDOWN_TIMEOUT_S: u64 = 2;
/// How long the kernel waits for a client to take what was sent before it gives the connection up.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);
/// How many connections may wait to be accepted.
const BACKLOG: i32 = 4096;
/// How much the kernel takes for a client beyond what is on its way to them. More would wait there for a client that reads
/// slowly, uncounted, and old by the time it leaves.
#[cfg(target_os = "linux")]
const UNSENT_BYTES_MAX: u32 = 64 << 10;

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct ServerOptions<O> {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// On how many threads it serves connections, and on how many more it runs rooms.
    pub workers: usize,
    /// What rooms are made with unless asked otherwise.
    pub room: RoomOptions,
    /// What their worlds are made with unless asked otherwise.
    pub world: O,
    /// The files it serves.
    pub assets: Assets,
    /// Who is let in.
    pub admission: AdmissionOptions,
    /// How long connections may take for what.
    pub deadlines: Deadlines,
}

/// A server that runs.
pub struct Running<S: Simulation> {
    address: SocketAddr,
    handle: ServerHandle,
    lobby: Addr<Lobby<S>>,
    relays: Relays<S>,
    gate: Arc<Gate>,
}

type Relays<S> = Arc<Mutex<Vec<Addr<Relay<S>>>>>;

/// Starts a server on this actix system. The future that comes with it ends when the server has stopped.
///
/// # Errors
/// When it cannot listen.
pub fn start<S: Simulation>(options: &ServerOptions<S::Options>) -> io::Result<(Running<S>, Server)> {
    let listener = listen(options.listen)?;
    let address = listener.local_addr()?;
    let lobby_options =
        LobbyOptions { room: options.room.clone(), world: options.world.clone(), room_threads: options.workers };
    let lobby = Lobby::<S>::new(lobby_options).start();
    let relays = Relays::default();
    let gate = Gate::new(options.admission.clone());
    let builder = Server::build()
        .workers(options.workers)
        .max_concurrent_connections(options.admission.limits.connections_max + Gate::REFUSED_MAX)
        .disable_signals()
        .shutdown_timeout(SHUTDOWN_TIMEOUT_S);
    let stopping = builder.graceful_shutdown_signal();
    let server = builder
        .listen("tickcast", listener, {
            let (lobby, relays, gate) = (lobby.clone(), Arc::clone(&relays), Arc::clone(&gate));
            let options = options.clone();
            move || {
                let ServerOptions { room, world, assets, deadlines, .. } = options.clone();
                let worker = Worker::start(deadlines);
                relays.lock().unwrap_or_else(PoisonError::into_inner).push(worker.relay());
                let lobby = lobby.clone();
                let app = App::new().configure(http::routes(Site { worker, lobby, room, world, assets }));
                transport::service(app, Arc::clone(&gate), deadlines, stopping.clone())
            }
        })?
        .run();
    info!("listening on http://{address}");
    Ok((Running { address, handle: server.handle(), lobby, relays, gate }, server))
}

impl<S: Simulation> Running<S> {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What lets connections in, and counts whom it refuses.
    #[must_use]
    pub const fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Lets nobody in any more, says goodbye to all clients, waits for that to reach them, and stops.
    pub async fn stop(&self) {
        self.handle.pause().await;
        self.lobby.do_send(Hush);
        for relay in &*self.relays.lock().unwrap_or_else(PoisonError::into_inner) {
            relay.do_send(CloseAll(CloseReason::ServerStopping));
        }
        actix_web::rt::time::sleep(GOODBYE).await;
        self.handle.stop(true).await;
    }
}

/// A listener whose connections the kernel ends when a client takes nothing for too long: accepted sockets inherit the option.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_user_timeout(Some(TCP_USER_TIMEOUT))?;
        socket.set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
