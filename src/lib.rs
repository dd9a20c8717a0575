//! tickcast: an authoritative multiplayer game state server.
//!
//! A game implements the trait [`Game`](game::Game): see [the example](game#example). The server runs the game in rooms at a
//! fixed tick rate, and sends every client one snapshot per tick. A snapshot contains only the changes that the client cannot
//! compute itself.
//!
//! # The program of a game
//!
//! With the feature `cli`, `tickcast::main` is a complete program: it serves the game and the page in the folder `web`, load-tests
//! servers, issues tickets, and exports and verifies matches. `tickcast::Program` adds flags, bots, an embedded page and
//! subcommands.
//!
//! ```no_run
//! # use tickcast::prelude::*;
//! # #[cfg(feature = "cli")]
//! # fn program<MyGame: tickcast::game::Hostable>() -> std::process::ExitCode {
//! tickcast::main::<MyGame>()
//! # }
//! ```
//!
//! # Hosting a game in another program
//!
//! [`Server::builder`] has a default for every option. [`ServerBuilder::run`] blocks until the server has stopped:
//!
//! ```no_run
//! use tickcast::prelude::*;
//!
//! # fn host<MyGame: tickcast::game::Hostable>() -> Result<(), ServerError> {
//! Server::<Hosted<MyGame>>::builder()
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
//! # fn configure<MyGame: tickcast::game::Hostable>() -> ServerBuilder<Hosted<MyGame>> {
//! let room = RoomOptions::default().with(|room| {
//!     room.tick_rate = 60;
//!     room.seats = 8;
//! });
//! let mut timeouts = Timeouts::default();
//! timeouts.idle = Duration::from_secs(20);
//! Server::<Hosted<MyGame>>::builder().workers(2).room(room).timeouts(timeouts).drain(Duration::from_secs(10))
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
//! # async fn embed<MyGame: tickcast::game::Hostable>() -> Result<(), ServerError> {
//! let server = Server::<Hosted<MyGame>>::builder().listen(([127, 0, 0, 1], 0)).start()?;
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
//! | `tickcast-testing` | test kit for games; `testing` with the feature of this name |
//! | `tickcast-arena`, `tickcast-bots`, `tickcast-new` | the bundled game, load tests, templates of games |
//!
//! The default feature `arena` builds the `tickcast` program, which contains the bundled game. The program of your own game
//! does not need this feature: `tickcast = { version = "0.1", default-features = false, features = ["cli"] }`. A server that
//! is part of another program does not need the feature `cli` either. The feature `embed` adds
//! `Assets::embedded`, for static files that are part of the executable. The feature `tls` adds `ServerBuilder::tls`. The
//! feature `client` adds `Program::client`, which serves the game as a WebAssembly client of a page. The
//! feature `sqlite` adds `store::SqliteStore`. If such a store is passed to [`ServerBuilder::store`], rooms survive a
//! restart of the server. The feature `webhooks` adds `ServerBuilder::webhooks`, which reports events of rooms over HTTP.

#![cfg_attr(
    not(feature = "internals"),
    allow(unreachable_pub, dead_code, reason = "the feature `internals` makes these modules public")
)]

#[cfg(feature = "cli")]
mod cli;
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
#[cfg(feature = "cli")]
pub use cli::{GameFlags, GameOptions, Program, main};

/// The WebAssembly client of the game, which `tickcast_pack::build_client` has compiled in the build script of the program. Pass it
/// to `Program::client`.
#[cfg(feature = "client")]
#[macro_export]
macro_rules! compiled_client {
    () => {
        [
            ("game.wasm", &include_bytes!(concat!(env!("OUT_DIR"), "/game.wasm"))[..]),
            ("game.wasm.br", &include_bytes!(concat!(env!("OUT_DIR"), "/game.wasm.br"))[..]),
            ("game.wasm.gz", &include_bytes!(concat!(env!("OUT_DIR"), "/game.wasm.gz"))[..]),
        ]
    };
}

pub use http::api::RoomApi;
pub use http::assets::{Assets, CONTENT_SECURITY_POLICY};
pub use server::{AdminListen, Server, ServerBuilder, ServerError, ServerHandle, ServerOptions};
#[cfg(feature = "datagrams")]
pub use server::{DatagramError, DatagramListen};
#[cfg(feature = "tls")]
pub use server::{TlsError, TlsOptions};
pub use telemetry::{PlayerResult, Readiness, RoomEnd, RoomEvent, RoomEventSink};
#[cfg(feature = "webhooks")]
pub use telemetry::{WebhookOptions, WebhookUrlError};
#[cfg(feature = "cli")]
pub use tickcast_bots::Brains;
pub use tickcast_game as game;
pub use tickcast_game::{Command, GameProtocol, OptionsError, Outcome, Simulation};
pub use tickcast_protocol as protocol;
pub use tickcast_room::{CommandObserver, NoObserver, RoomOptions};
pub use tickcast_store as store;
#[cfg(feature = "testing")]
pub use tickcast_testing as testing;
pub use transport::Timeouts;

/// The items that most games and servers need: `use tickcast::prelude::*`.
pub mod prelude {
    pub use crate::game::{
        Actions, AiPlayers, Bots, CoastContext, Command, Configure, Events, Game, GameProtocol, Hosted, Interact,
        OptionsError, Outcome, Patches, Rng, Secrets, Setup, Simulation, Space, StandingChanges, Standings, World, game,
    };
    pub use crate::protocol::game::Score;
    pub use crate::protocol::{
        Angle, Entities, EntityId, EntityMap, Lifecycle, Pace, PlayerId, PlayerName, Position, Velocity,
    };
    pub use crate::{Assets, RoomOptions, Server, ServerBuilder, ServerError, ServerHandle, Timeouts};
}
