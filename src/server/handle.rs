//! A running server.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::Addr;
use actix_server::{Server, ServerHandle as ListenerHandle};
use actix_web::rt;
use actix_web::rt::task::JoinHandle;
use log::warn;
use tickcast_game::Simulation;
use tokio::time::Instant;

use super::ServerError;
#[cfg(feature = "tls")]
use super::TlsError;
use super::admin::Admin;
#[cfg(feature = "datagrams")]
use super::datagrams::DatagramListener;
#[cfg(feature = "tls")]
use super::tls::Certificate;
use crate::actors::lobby::Lobby;
use crate::actors::messages::{AfterRestart, CloseSubscriptions, RelayHandle, ShutdownSessions, StopRooms};
use crate::admission::AdmissionControl;
use crate::telemetry::{Health, Metrics, Readiness};

/// Maximum time for clients to answer the Close frames and to close their connections.
const CLOSE_FRAMES_TIMEOUT: Duration = Duration::from_millis(500);
/// Interval at which a server that shuts down checks whether all connections have ended. (The listener checks only once per
/// second.)
const CONNECTIONS_CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// A running server. Dropping the handle does not stop it.
pub struct ServerHandle<S: Simulation> {
    stopper: Arc<Stopper<S>>,
    task: JoinHandle<std::io::Result<()>>,
}

/// The parts of a server that are needed to stop it.
pub(super) struct Stopper<S: Simulation> {
    pub(super) address: SocketAddr,
    #[cfg(feature = "tls")]
    pub(super) certificate: Option<Arc<Certificate>>,
    #[cfg(feature = "tls")]
    pub(super) redirect_address: Option<SocketAddr>,
    #[cfg(feature = "datagrams")]
    pub(super) datagrams: Option<DatagramListener>,
    pub(super) listener: ListenerHandle,
    pub(super) admin: Option<Admin>,
    pub(super) drain: Duration,
    pub(super) admission: Arc<AdmissionControl>,
    pub(super) lobby: Addr<Lobby<S>>,
    pub(super) relays: Relays<S>,
    pub(super) health: Arc<Health>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) is_aborted: AtomicBool,
}

/// The relays of all HTTP workers.
pub(super) type Relays<S> = Arc<Mutex<Vec<Arc<RelayHandle<<S as Simulation>::Game>>>>>;

impl<S: Simulation> ServerHandle<S> {
    pub(super) fn new(stopper: Stopper<S>, server: Server) -> Self {
        Self { stopper: Arc::new(stopper), task: rt::spawn(server) }
    }

    pub(super) fn stopper(&self) -> Arc<Stopper<S>> {
        Arc::clone(&self.stopper)
    }

    /// The address for clients.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.stopper.address
    }

    /// The URL of the server, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn url(&self) -> String {
        #[cfg(feature = "tls")]
        let scheme = if self.stopper.certificate.is_some() { "https" } else { "http" };
        #[cfg(not(feature = "tls"))]
        let scheme = "http";
        format!("{scheme}://{}", self.stopper.address)
    }

    /// The address of the listener that redirects to HTTPS, if there is one.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn redirect_address(&self) -> Option<SocketAddr> {
        self.stopper.redirect_address
    }

    /// Reads certificate and key again and uses them for new connections, except those that resume a TLS session. Has no
    /// effect without TLS.
    ///
    /// # Errors
    /// Fails if the files cannot be used. The previous certificate then stays in use.
    #[cfg(feature = "tls")]
    pub fn reload_certificate(&self) -> Result<(), TlsError> {
        self.stopper.certificate.as_ref().map_or(Ok(()), |certificate| certificate.reload())
    }

    /// The UDP port on which the server accepts WebTransport, if it does.
    #[cfg(feature = "datagrams")]
    #[must_use]
    pub fn datagram_port(&self) -> Option<u16> {
        self.stopper.datagrams.as_ref().map(|datagrams| datagrams.offer.port)
    }

    /// The address of the operators' listener, if there is one.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.stopper.admin.as_ref().map(|admin| admin.address)
    }

    /// All metrics in the OpenMetrics text format.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.stopper.metrics.encode()
    }

    /// Whether the server should receive more players.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.stopper.health.readiness(Instant::now())
    }

    /// Shuts the server down: it stores its rooms if it has a store, informs all clients, accepts no more connections and
    /// closes the existing ones. Connections that are still open after the drain time are aborted.
    pub async fn stop(&self) {
        self.stopper.stop().await;
    }

    /// Waits until the server has stopped.
    ///
    /// # Errors
    /// [`ServerError::Aborted`] after a second signal, [`ServerError::StoreFailed`], or an error of the listener.
    pub async fn wait(self) -> Result<(), ServerError> {
        self.task.await.map_err(std::io::Error::other)??;
        if self.stopper.health.has_store_failed() {
            return Err(ServerError::StoreFailed);
        }
        if self.stopper.is_aborted.load(Ordering::Acquire) { Err(ServerError::Aborted) } else { Ok(()) }
    }
}

impl<S: Simulation> Stopper<S> {
    pub(super) async fn stop(&self) {
        let end = Instant::now() + self.drain;
        self.health.begin_shutdown();
        self.lobby.do_send(CloseSubscriptions);
        // Rooms stop before clients receive a Drain. Clients that return thus find the rooms as they left them.
        let reconnect = match rt::time::timeout(self.drain, self.lobby.send(StopRooms)).await {
            Ok(Ok(AfterRestart::RoomsContinue)) => RESUME_WINDOW,
            Ok(Ok(AfterRestart::RoomsEnd) | Err(_)) => JOIN_WINDOW,
            Err(_) => {
                warn!("some rooms were not stored within the drain time");
                RESUME_WINDOW
            }
        };
        let reconnect_within = reconnect.duration(self.metrics.sessions.get());
        for relay in &*self.relays.lock().unwrap_or_else(PoisonError::into_inner) {
            relay.shutdown.do_send(ShutdownSessions(reconnect_within));
        }
        self.wait_for_connections(CLOSE_FRAMES_TIMEOUT.min(self.drain)).await;
        self.stop_datagrams();
        let remaining = end.saturating_duration_since(Instant::now());
        if rt::time::timeout(remaining, self.listener.stop(true)).await.is_err() {
            warn!("connections were still open after the drain time");
            self.listener.stop(false).await;
        }
        self.stop_admin().await;
    }

    /// Waits until all connections have ended, at most for `timeout`.
    async fn wait_for_connections(&self, timeout: Duration) {
        let end = Instant::now() + timeout;
        while self.admission.connections() > 0 && Instant::now() < end {
            rt::time::sleep(CONNECTIONS_CHECK_INTERVAL).await;
        }
    }

    /// Stops without informing clients.
    pub(super) async fn abort(&self) {
        self.is_aborted.store(true, Ordering::Release);
        self.stop_datagrams();
        self.listener.stop(false).await;
        self.stop_admin().await;
    }

    #[cfg(feature = "datagrams")]
    fn stop_datagrams(&self) {
        if let Some(datagrams) = &self.datagrams {
            datagrams.close();
        }
    }

    #[cfg(not(feature = "datagrams"))]
    const fn stop_datagrams(&self) {}

    async fn stop_admin(&self) {
        if let Some(Admin { handle, .. }) = &self.admin {
            handle.stop(false).await;
        }
    }
}

/// How clients spread their reconnections, so that they do not overload the server that takes over.
struct ReconnectWindow {
    per_client: Duration,
    min: Duration,
}

/// The window for rooms that survive the restart. A short window suffices: a resumed seat costs the server little,
/// recovered rooms wait for their players, and clients add random delays of their own.
const RESUME_WINDOW: ReconnectWindow = ReconnectWindow { per_client: Duration::from_micros(200), min: Duration::ZERO };
/// The window for rooms that end with the server. The players of these rooms join new rooms.
const JOIN_WINDOW: ReconnectWindow = ReconnectWindow { per_client: Duration::from_millis(2), min: Duration::from_secs(1) };

impl ReconnectWindow {
    /// The duration over which this many clients spread their reconnections.
    fn duration(&self, clients: i64) -> Duration {
        let clients = u32::try_from(clients).unwrap_or_default();
        (self.per_client * clients).clamp(self.min, Duration::from_secs(30))
    }
}
