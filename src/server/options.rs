//! Options of a server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tickcast_game::OptionsError;
use tickcast_protocol::RoomName;
use tickcast_room::RoomOptions;

use super::AdminListen;
#[cfg(feature = "datagrams")]
use super::DatagramListen;
#[cfg(feature = "tls")]
use super::TlsOptions;
use crate::actors::room::OnDiskError;
use crate::admission::AdmissionOptions;
use crate::admission::tickets::{Secret, TicketOptions};
use crate::http::api::RoomApi;
use crate::http::assets::Assets;
#[cfg(feature = "webhooks")]
use crate::telemetry::WebhookOptions;
use crate::transport::Timeouts;

/// Options of a server. `O` is the type of the options of its worlds. [`ServerBuilder`](super::ServerBuilder) sets them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions<O> {
    /// The address for clients. Port 0 selects a free port. Default 127.0.0.1:8080.
    pub listen: SocketAddr,
    /// Number of threads that serve connections. The server starts the same number of threads for rooms. Default: one per
    /// core.
    pub workers: usize,
    /// Default options of rooms. A client that creates a room cannot exceed these values, and cannot choose
    /// [`RoomOptions::spectator_delay_s`] at all.
    pub room: RoomOptions,
    /// Secret number from which the seed of each room is derived. Equal numbers, options and commands give equal rooms.
    /// Default: random.
    pub seed: u64,
    /// Default options of worlds. [`Simulation::validate_untrusted`](tickcast_game::Simulation::validate_untrusted)
    /// compares the options that a client chooses with these options.
    pub world: O,
    /// The static files. Default: none.
    pub assets: Assets,
    /// Connection limits, allowed origins and trusted proxies.
    pub admission: AdmissionOptions,
    /// Timeouts of connections.
    pub timeouts: Timeouts,
    /// Which tickets the server accepts. If set, clients need a ticket. Default: none.
    pub tickets: Option<TicketOptions>,
    /// Who may create rooms with `POST /api/rooms`. Default: [`RoomApi::Ticket`] if `tickets` is set, otherwise
    /// [`RoomApi::Open`].
    pub room_api: Option<RoomApi>,
    /// Address on which metrics and readiness are served. Default: none.
    pub admin_listen: AdminListen,
    /// Token that permits using the operator page and its API, which are served on the address for metrics. Default: none;
    /// there are neither page nor API.
    pub operator_token: Option<Secret>,
    /// File in which bans are stored. Default: none; bans end with the server.
    pub ban_file: Option<PathBuf>,
    /// Time limit for an orderly shutdown. Default 5 s.
    pub drain: Duration,
    /// What happens if rooms cannot be stored. Default: rooms continue in memory.
    pub on_disk_error: OnDiskError,
    /// Rooms that exist from the start, and never close. While they are empty, they do not tick. Default: none.
    pub persistent_rooms: Vec<RoomName>,
    /// Webhooks that report when rooms open and end. Default: none.
    #[cfg(feature = "webhooks")]
    pub webhooks: Option<WebhookOptions>,
    /// TLS on the listener for clients. Default: none, clients use plain HTTP.
    #[cfg(feature = "tls")]
    pub tls: Option<TlsOptions>,
    /// Where the server accepts WebTransport. Default: nowhere.
    #[cfg(feature = "datagrams")]
    pub datagrams: DatagramListen,
}

impl<O> ServerOptions<O> {
    /// Who may create rooms.
    pub(crate) fn room_api(&self) -> RoomApi {
        let default = if self.tickets.is_some() { RoomApi::Ticket } else { RoomApi::Open };
        self.room_api.unwrap_or(default)
    }

    /// The scheme of the server's URL.
    pub(crate) const fn scheme(&self) -> &'static str {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return "https";
        }
        "http"
    }

    /// Fails if a client needs a ticket to create a room, but the server has no key to verify tickets.
    pub(crate) fn validate_room_api(&self) -> Result<(), OptionsError> {
        if self.room_api() == RoomApi::Ticket && self.tickets.is_none() {
            return Err(OptionsError::Other(
                "the room API requires tickets, but the server has no key for them".to_owned(),
            ));
        }
        Ok(())
    }
}

impl<O: Default> Default for ServerOptions<O> {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            workers: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            room: RoomOptions::default(),
            seed: rand::random(),
            world: O::default(),
            assets: Assets::none(),
            admission: AdmissionOptions::default(),
            timeouts: Timeouts::default(),
            tickets: None,
            room_api: None,
            admin_listen: AdminListen::Off,
            operator_token: None,
            ban_file: None,
            drain: Duration::from_secs(5),
            on_disk_error: OnDiskError::default(),
            persistent_rooms: Vec::new(),
            #[cfg(feature = "webhooks")]
            webhooks: None,
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "datagrams")]
            datagrams: DatagramListen::Off,
        }
    }
}
