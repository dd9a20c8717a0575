//! A whole server: rooms, workers, routes; started, and drained with a goodbye.

mod admin;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix::{Actor, Addr};
use actix_server::{Server, ServerHandle};
use actix_web::{App, rt};
use log::{info, warn};
use socket2::{Domain, Protocol, Socket, Type};

use crate::actors::lobby::{Lobby, LobbyOptions};
use crate::actors::messages::{DrainAll, Hush};
use crate::actors::relay::Relay;
use crate::actors::worker::Worker;
use crate::admission::{AdmissionOptions, Gate};
use crate::health::Health;
use crate::http::assets::Assets;
use crate::http::{self, Site};
use crate::metrics::Metrics;
use crate::room::RoomOptions;
use crate::simulation::Simulation;
use crate::tickets::{Secret, Tickets};
use crate::transport::{self, Deadlines};
use admin::Admin;
pub use admin::AdminListen;

/// How long a goodbye may take to reach the clients.
const GOODBYE: Duration = Duration::from_millis(500);
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
    /// With a secret, whoever comes in needs a ticket that was made with it.
    pub auth_secret: Option<Secret>,
    /// Where it tells its metrics.
    pub admin_listen: AdminListen,
    /// How long it may take to stop; at least a second.
    pub drain: Duration,
}

/// A server that runs.
pub struct Running<S: Simulation> {
    address: SocketAddr,
    handle: ServerHandle,
    admin: Option<Admin>,
    drain: Duration,
    lobby: Addr<Lobby<S>>,
    relays: Relays<S>,
    gate: Arc<Gate>,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
}

type Relays<S> = Arc<Mutex<Vec<Addr<Relay<S>>>>>;

/// Starts a server on this actix system. The future that comes with it ends when the server has stopped.
///
/// # Errors
/// When it cannot listen.
pub fn start<S: Simulation>(options: &ServerOptions<S::Options>) -> io::Result<(Running<S>, Server)> {
    let listener = listen(options.listen)
        .map_err(|why| io::Error::new(why.kind(), format!("cannot listen on {}: {why}", options.listen)))?;
    let address = listener.local_addr()?;
    let lobby_options =
        LobbyOptions { room: options.room.clone(), world: options.world.clone(), room_threads: options.workers };
    let gate = Gate::new(options.admission.clone());
    let (health, metrics) = (Arc::<Health>::default(), Arc::new(Metrics::new(&gate)));
    let admin = Admin::start(options.admin_listen, &health, &metrics)?;
    let lobby = Lobby::<S>::new(lobby_options, Arc::clone(&metrics), Arc::clone(&health)).start();
    let relays = Relays::default();
    let tickets = options.auth_secret.clone().map(|secret| Arc::new(Tickets::new(secret)));
    let builder = Server::build()
        .workers(options.workers)
        .max_concurrent_connections(options.admission.limits.connections_max + Gate::REFUSED_MAX)
        .disable_signals()
        .shutdown_timeout(options.drain.as_secs());
    let stopping = builder.graceful_shutdown_signal();
    let server = builder
        .listen("tickcast", listener, {
            let (lobby, relays, gate) = (lobby.clone(), Arc::clone(&relays), Arc::clone(&gate));
            let (health, metrics, options) = (Arc::clone(&health), Arc::clone(&metrics), options.clone());
            move || {
                let ServerOptions { room, world, assets, deadlines, .. } = options.clone();
                let worker = Worker::start(deadlines, tickets.clone(), Arc::clone(&metrics), &health);
                relays.lock().unwrap_or_else(PoisonError::into_inner).push(worker.relay());
                let (lobby, health) = (lobby.clone(), Arc::clone(&health));
                let app = App::new().configure(http::routes(Site { worker, lobby, room, world, assets, health }));
                transport::service(app, Arc::clone(&gate), deadlines, stopping.clone())
            }
        })?
        .run();
    info!("listening on http://{address}");
    let (handle, drain) = (server.handle(), options.drain);
    Ok((Running { address, handle, admin, drain, lobby, relays, gate, health, metrics }, server))
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

    /// Where it tells its metrics, if it does.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|admin| admin.address)
    }

    /// Lets nobody in any more, says goodbye to all clients, waits for that to reach them, and stops. Who has not taken the
    /// goodbye in when the time is up is cut off.
    pub async fn stop(&self) {
        let end = Instant::now() + self.drain;
        let return_within = spread(self.metrics.sessions.get());
        self.health.drain();
        self.lobby.do_send(Hush);
        for relay in &*self.relays.lock().unwrap_or_else(PoisonError::into_inner) {
            relay.do_send(DrainAll(return_within));
        }
        rt::time::sleep(GOODBYE.min(self.drain)).await;
        if rt::time::timeout(end.saturating_duration_since(Instant::now()), self.handle.stop(true)).await.is_err() {
            warn!("not everybody has taken the goodbye in");
            self.handle.stop(false).await;
        }
        if let Some(Admin { handle, .. }) = &self.admin {
            handle.stop(false).await;
        }
    }
}

/// Within what time so many clients are to come back, so that whoever takes them in has time for each.
fn spread(clients: i64) -> Duration {
    const EACH: Duration = Duration::from_millis(2);
    let clients = u32::try_from(clients).unwrap_or_default();
    (EACH * clients).clamp(Duration::from_secs(1), Duration::from_secs(30))
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
