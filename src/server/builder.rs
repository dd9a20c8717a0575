//! Configures and starts a server.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::System;
use tickcast_game::Simulation;
use tickcast_platform::ShutdownSignals;
use tickcast_protocol::RoomName;
use tickcast_room::{CommandObserver, NoObserver, RoomOptions};
use tickcast_store::{MatchHistory, Store};

#[cfg(feature = "datagrams")]
use super::DatagramListen;
#[cfg(feature = "tls")]
use super::TlsOptions;
use super::start::{self, InheritedListeners, RoomServices};
use super::{AdminListen, ServerError, ServerHandle, ServerOptions};
use crate::actors::lobby::ObserverFactory;
use crate::actors::room::OnDiskError;
use crate::actors::room::incidents::Incidents;
use crate::admission::AdmissionOptions;
use crate::admission::tickets::{Secret, TicketOptions, Tickets};
use crate::http::api::RoomApi;
use crate::http::assets::Assets;
use crate::telemetry::RoomEventSink;
#[cfg(feature = "webhooks")]
use crate::telemetry::WebhookOptions;
use crate::transport::Timeouts;

/// Configures and starts a server. Every option has a default.
#[must_use = "a server starts with `start` or `run`"]
pub struct ServerBuilder<S: Simulation> {
    options: ServerOptions<S::Options>,
    rooms: RoomServices<S::Game>,
    /// The tickets that the server uses. If this is `None` and the options require tickets, the server creates a new
    /// `Tickets`.
    tickets: Option<Arc<Tickets>>,
    inherited: InheritedListeners,
    shutdown: Shutdown,
    #[cfg(feature = "tls")]
    reload: Reload,
}

/// The event that makes the server read its certificate again.
#[cfg(feature = "tls")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reload {
    Never,
    OnSignals,
}

/// The event that makes the server shut down by itself.
enum Shutdown {
    Never,
    OnSignals,
    On(Pin<Box<dyn Future<Output = ()>>>),
}

impl<S: Simulation> ServerBuilder<S> {
    pub(super) fn new() -> Self {
        let observer: ObserverFactory<S::Game> = Arc::new(|_: &RoomName| Box::new(NoObserver));
        Self {
            options: ServerOptions::default(),
            rooms: RoomServices { observer, store: None, incidents: None, events: None, replays_only: None },
            tickets: None,
            inherited: InheritedListeners::default(),
            shutdown: Shutdown::Never,
            #[cfg(feature = "tls")]
            reload: Reload::Never,
        }
    }

    /// Replaces all options.
    pub fn options(mut self, options: ServerOptions<S::Options>) -> Self {
        self.options = options;
        self
    }

    /// The address for clients. Port 0 selects a free port, which [`ServerHandle::address`] returns.
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.options.listen = address.into();
        self
    }

    /// Number of threads that serve connections. The server starts the same number of threads for rooms.
    pub fn workers(mut self, workers: usize) -> Self {
        self.options.workers = workers;
        self
    }

    /// Default options of rooms.
    pub fn room(mut self, room: RoomOptions) -> Self {
        self.options.room = room;
        self
    }

    /// Secret number from which the seed of each room is derived. Default: random.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Default options of worlds.
    pub fn world(mut self, world: S::Options) -> Self {
        self.options.world = world;
        self
    }

    /// The static files.
    pub fn assets(mut self, assets: Assets) -> Self {
        self.options.assets = assets;
        self
    }

    /// Connection limits, allowed origins and trusted proxies.
    pub fn admission(mut self, admission: AdmissionOptions) -> Self {
        self.options.admission = admission;
        self
    }

    /// Timeouts of connections.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.options.timeouts = timeouts;
        self
    }

    /// Makes the server require a ticket from each client. If `tickets` is a [`Secret`](crate::Secret), this secret is the
    /// only key that the server accepts.
    pub fn tickets(mut self, tickets: impl Into<TicketOptions>) -> Self {
        self.options.tickets = Some(tickets.into());
        self
    }

    /// Makes the server require a ticket from each client, and remember used tickets in `tickets`.
    #[cfg(feature = "internals")]
    pub fn used_tickets(mut self, tickets: Arc<Tickets>) -> Self {
        self.options.tickets = Some(tickets.options().clone());
        self.tickets = Some(tickets);
        self
    }

    /// Who may create rooms with `POST /api/rooms`.
    pub fn room_api(mut self, room_api: RoomApi) -> Self {
        self.options.room_api = Some(room_api);
        self
    }

    /// Address on which metrics and readiness are served. Players should not be able to reach it.
    pub fn admin_listen(mut self, listen: AdminListen) -> Self {
        self.options.admin_listen = listen;
        self
    }

    /// Token that permits using the operator page and its API, which are served on the address for metrics. Default: none; there
    /// are neither page nor API.
    pub fn operator_token(mut self, token: Secret) -> Self {
        self.options.operator_token = Some(token);
        self
    }

    /// File in which the operators' bans are stored. Default: bans end with the server.
    pub fn ban_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.ban_file = Some(path.into());
        self
    }

    /// Uses listeners that another process has opened: the first instead of [`Self::listen`], the second instead of
    /// [`Self::admin_listen`]. Further ones are closed.
    pub fn inherited_listeners(mut self, listeners: impl IntoIterator<Item = TcpListener>) -> Self {
        let mut listeners = listeners.into_iter();
        self.inherited = InheritedListeners { clients: listeners.next(), admin: listeners.next() };
        self
    }

    /// Enables TLS 1.2 and 1.3 on the listener for clients, which then accepts no plain HTTP.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: TlsOptions) -> Self {
        self.options.tls = Some(tls);
        self
    }

    /// Where the server accepts WebTransport, with which clients play through packet loss.
    #[cfg(feature = "datagrams")]
    pub fn datagrams(mut self, listen: DatagramListen) -> Self {
        self.options.datagrams = listen;
        self
    }

    /// Makes the server read certificate and key again on SIGHUP and use them for new connections. If the new files cannot
    /// be used, the server logs an error and keeps the previous certificate. Has no effect without TLS. Windows has no
    /// SIGHUP; call [`ServerHandle::reload_certificate`] instead.
    #[cfg(feature = "tls")]
    pub fn reload_certificate_on_signals(mut self) -> Self {
        self.reload = Reload::OnSignals;
        self
    }

    /// Time limit for an orderly shutdown.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.options.drain = drain;
        self
    }

    /// Stores rooms, so that they survive a restart of the server. Default: rooms exist in memory only.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.rooms.store = Some(store);
        self
    }

    /// Serves replays of the matches in this history, and no rooms. Clients may watch all of these matches, even those of
    /// rooms that admit no spectators.
    pub fn replays_only(mut self, history: Arc<dyn MatchHistory>) -> Self {
        self.rooms.replays_only = Some(history);
        self
    }

    /// If a client reports a desync, or if a room panics, saves the last seconds of the room as a replay file in this folder.
    /// Only rooms in a [store](Self::store) are saved. At most ten files of each kind are kept. Default: nothing is saved.
    pub fn incident_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.rooms.incidents = Some(Arc::new(Incidents::new(folder.into())));
        self
    }

    /// Reports when rooms open and end. Default: nothing is reported.
    pub fn room_events(mut self, events: Arc<dyn RoomEventSink>) -> Self {
        self.rooms.events = Some(events);
        self
    }

    /// Reports when rooms open and end, with signed HTTP requests. Replaces [`Self::room_events`].
    #[cfg(feature = "webhooks")]
    pub fn webhooks(mut self, webhooks: WebhookOptions) -> Self {
        self.options.webhooks = Some(webhooks);
        self
    }

    /// What happens if rooms cannot be stored.
    pub fn on_disk_error(mut self, on_disk_error: OnDiskError) -> Self {
        self.options.on_disk_error = on_disk_error;
        self
    }

    /// Rooms that exist from the start, and never close. While they are empty, they do not tick.
    pub fn persistent_rooms(mut self, rooms: Vec<RoomName>) -> Self {
        self.options.persistent_rooms = rooms;
        self
    }

    /// Sets the function that receives the name of a new room and creates an observer of its commands. Default: no
    /// observer.
    pub fn observe_commands(
        mut self,
        observer: impl Fn(&RoomName) -> Box<dyn CommandObserver<S::Game>> + Send + Sync + 'static,
    ) -> Self {
        self.rooms.observer = Arc::new(observer);
        self
    }

    /// Shuts the server down when `future` completes.
    pub fn shutdown_on(mut self, future: impl Future<Output = ()> + 'static) -> Self {
        self.shutdown = Shutdown::On(Box::pin(future));
        self
    }

    /// Shuts the server down on SIGINT or SIGTERM (Ctrl-C on Windows). A second signal stops it at once.
    pub fn shutdown_on_signals(mut self) -> Self {
        self.shutdown = Shutdown::OnSignals;
        self
    }

    /// Starts the server on the actix system of the current thread.
    ///
    /// # Errors
    /// Fails if the options are invalid, or if the server cannot listen on one of its addresses.
    ///
    /// # Panics
    /// Panics if called outside an actix system. [`ServerBuilder::run`] creates an actix system.
    pub fn start(mut self) -> Result<ServerHandle<S>, ServerError> {
        if !S::HAS_AI_PLAYERS {
            self.options.room.ai_players = 0;
        }
        self.options.room.validate()?;
        S::validate(&self.options.world)?;
        self.options.validate_room_api()?;
        let tickets = self.tickets.or_else(|| self.options.tickets.clone().map(|tickets| Arc::new(Tickets::new(tickets))));
        let handle = start::start(&self.options, self.rooms, tickets, self.inherited)?;
        #[cfg(feature = "tls")]
        if self.reload == Reload::OnSignals
            && let Some(certificate) = &handle.stopper().certificate
        {
            certificate.reload_on_signals()?;
        }
        let stopping = handle.stopper();
        actix_web::rt::spawn(async move {
            stopping.health.store_failure().await;
            log::error!("shutting down because rooms cannot be stored");
            stopping.stop().await;
        });
        let stopping = handle.stopper();
        match self.shutdown {
            Shutdown::Never => {}
            Shutdown::On(future) => {
                actix_web::rt::spawn(async move {
                    future.await;
                    stopping.stop().await;
                });
            }
            Shutdown::OnSignals => {
                let mut signals = ShutdownSignals::listen()?;
                actix_web::rt::spawn(async move {
                    signals.next().await;
                    log::info!("shutting down; a second signal stops at once");
                    tokio::select! {
                        () = stopping.stop() => {}
                        () = signals.next() => stopping.abort().await,
                    }
                });
            }
        }
        Ok(handle)
    }

    /// Starts the server on an actix system of its own and blocks until it has stopped.
    ///
    /// # Errors
    /// The errors of [`ServerBuilder::start`], and [`ServerError::Aborted`] after a second signal.
    pub fn run(self) -> Result<(), ServerError> {
        self.run_with(|_| {})
    }

    /// Like [`ServerBuilder::run`], but calls `started` once the server accepts connections.
    ///
    /// # Errors
    /// The errors of [`ServerBuilder::run`].
    pub fn run_with(self, started: impl FnOnce(&ServerHandle<S>)) -> Result<(), ServerError> {
        System::new().block_on(async {
            let handle = self.start()?;
            started(&handle);
            handle.wait().await
        })
    }
}
