//! tickcast: an authoritative multiplayer game state server.
//!
//! A game implements [`Game`] (what server and clients share) and [`Simulation`] (the rules on the server). The server runs
//! the game in rooms at a fixed tick rate, and sends every client one snapshot per tick. A snapshot contains only the
//! changes that the client cannot compute itself.
//!
//! # Hosting a game
//!
//! [`Server::builder`] has a default for every option. [`ServerBuilder::run`] blocks until the server has stopped:
//!
//! ```no_run
//! use tickcast::prelude::*;
//!
//! # fn host<MyGame: Simulation>() -> Result<(), ServerError> {
//! Server::<MyGame>::builder()
//!     .listen(([0, 0, 0, 0], 8080))
//!     .assets(Assets::folder("web"))
//!     .shutdown_on_signals()
//!     .run()
//! # }
//! ```
//!
//! # Configuring a server
//!
//! ```
//! use std::time::Duration;
//! use tickcast::prelude::*;
//!
//! # fn configure<MyGame: Simulation>() -> ServerBuilder<MyGame> {
//! let room = RoomOptions::default().with(|room| {
//!     room.tick_rate = 60;
//!     room.seats = 8;
//! });
//! let mut timeouts = Timeouts::default();
//! timeouts.idle = Duration::from_secs(20);
//! Server::<MyGame>::builder().workers(2).room(room).timeouts(timeouts).drain(Duration::from_secs(10))
//! # }
//! ```
//!
//! # Starting, observing and stopping a server
//!
//! [`ServerBuilder::start`] starts the server within a running actix system and returns a handle:
//!
//! ```no_run
//! use tickcast::prelude::*;
//!
//! # async fn embed<MyGame: Simulation>() -> Result<(), ServerError> {
//! let server = Server::<MyGame>::builder().listen(([127, 0, 0, 1], 0)).start()?;
//! println!("http://{}, {:?}", server.address(), server.readiness());
//! println!("{}", server.metrics());
//! server.stop().await;
//! server.wait().await
//! # }
//! ```
//!
//! # Crates and features
//!
//! | crate | contents |
//! | --- | --- |
//! | [`protocol`] | messages, codec, replica and prediction: all that a client needs |
//! | [`game`] | what a game implements; depends on `protocol` only |
//! | [`store`] | where rooms are stored |
//! | `tickcast-room` | one room as a value: world, inputs, replication; no I/O, no clock |
//! | `tickcast` | the server |
//! | `tickcast-arena`, `tickcast-bots` | the bundled game, load tests |
//!
//! The default feature `cli` builds the `tickcast` program, which contains the bundled game. A server for your own game
//! does not need this feature: `tickcast = { version = "0.1", default-features = false }`. The feature `embed` adds
//! `Assets::embedded`, for static files that are part of the executable. The feature `tls` adds `ServerBuilder::tls`. The
//! feature `sqlite` adds `store::SqliteStore`. If such a store is passed to [`ServerBuilder::store`], rooms survive a
//! restart of the server.

#![cfg_attr(
    not(feature = "internals"),
    allow(unreachable_pub, dead_code, reason = "the feature `internals` makes these modules public")
)]

#[cfg(feature = "cli")]
pub mod cli;
mod server;

// The feature `internals` makes these modules public, for this project's benchmarks, fuzz targets and tests.
#[cfg(not(feature = "internals"))]
mod actors;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod actors;
#[cfg(not(feature = "internals"))]
mod admission;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod admission;
#[cfg(not(feature = "internals"))]
mod http;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod http;
#[cfg(not(feature = "internals"))]
mod telemetry;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod telemetry;
#[cfg(not(feature = "internals"))]
mod transport;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod transport;

pub use actors::room::OnDiskError;
pub use admission::tickets::{
    Audience, Claims, IdentifierError, IssueError, KeyError, KeyId, Permission, Reservation, Secret, SecretError,
    SigningKey, Subject, TicketError, TicketId, TicketIssuer, TicketOptions, Tickets, VerifyingKey,
};
pub use admission::{
    AdmissionLimits, AdmissionOptions, ClientLimits, HostName, HostNameError, Networks, Origin, OriginError, TrustedProxies,
};
pub use http::api::RoomApi;
pub use http::assets::{Assets, CONTENT_SECURITY_POLICY};
pub use server::{AdminListen, Server, ServerBuilder, ServerError, ServerHandle, ServerOptions};
#[cfg(feature = "tls")]
pub use server::{TlsError, TlsOptions};
pub use telemetry::Readiness;
pub use tickcast_game as game;
pub use tickcast_game::{Command, Game, OptionsError, Outcome, Simulation};
pub use tickcast_protocol as protocol;
pub use tickcast_room::{CommandObserver, NoObserver, RoomOptions};
pub use tickcast_store as store;
pub use transport::Timeouts;

/// The items that most servers need: `use tickcast::prelude::*`.
pub mod prelude {
    pub use crate::game::{Command, Game, Outcome, Simulation};
    pub use crate::{Assets, RoomOptions, Server, ServerBuilder, ServerError, ServerHandle, Timeouts};
}
