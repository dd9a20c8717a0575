//! What a game implements to be hosted by tickcast.
//!
//! The author of a game implements [`Game`], and declares it with [`game!`]. The server then runs it as
//! [`Hosted<MyGame>`](Hosted), for example with `Server::<Hosted<MyGame>>::builder()`, and clients written in Rust use
//! [`Protocol<MyGame>`](Protocol), for example in a `Replica<Protocol<MyGame>>`.
//!
//! A game depends on this crate and on no other tickcast crate. It has no access to rooms, sockets or actors, and must not
//! read a clock.
//!
//! # Example
//!
//! A game in which every player pushes a marker along a line:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use tickcast_game::protocol::{Lifecycle, PlayerId};
//! use tickcast_game::{CoastContext, Command, Game, Hosted, Simulation, World, game};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Line;
//!
//! /// Position along the line, and the direction held: −1, 0 or 1.
//! type Marker = (i32, i8);
//!
//! impl Game for Line {
//!     type Controls = i8;
//!     type Entity = Marker;
//!
//!     fn new(_: &mut World<Self>, _seed: u64) -> Self {
//!         Self
//!     }
//!
//!     fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<Marker> {
//!         Some((50, 0))
//!     }
//!
//!     fn coast((place, direction): &mut Marker, _: &mut CoastContext<'_, Self>) -> Lifecycle {
//!         *place = (*place + i32::from(direction.signum())).clamp(0, 100);
//!         Lifecycle::Alive
//!     }
//!
//!     fn step(&mut self, _: &mut World<Self>) {}
//!
//!     fn controls_mut((_, direction): &mut Marker) -> Option<&mut i8> {
//!         Some(direction)
//!     }
//! }
//!
//! game!(Line);
//!
//! let player = PlayerId(3);
//! let mut room = Hosted::<Line>::new(&(), 30, 0);
//! room.step(&[Command::Join(player), Command::Controls(player, 1)]);
//! room.step(&[]);
//! assert_eq!(room.world().avatar(player), Some(&(52, 1)));
//! ```
//!
//! # Types
//!
//! `use tickcast_game::prelude::*` imports the traits and these types:
//!
//! | type | meaning |
//! | --- | --- |
//! | [`World`] | all that players may see: `entities`, players, controls, standings |
//! | [`Setup`] | constants of a room: `tick_rate`, from 10 to 120 per second, and the game's `options` |
//! | [`CoastContext`] | passed to [`Game::coast`]: `setup`, the `id` of the entity, and `spawn` for bullets and the like |
//! | [`PlayerId`](protocol::PlayerId) | a seat: `PlayerId(u16)`, from 0. After a player has left, another one gets the number |
//! | [`Team`](protocol::Team) | a team: `Team(u8)`, from 0. [`World::team`] returns that of a player |
//! | [`EntityId`](protocol::EntityId) | `EntityId(u32)`, below 2³⁰. [`World::spawn`] assigns numbers from 8192 |
//! | [`EntityMap`](protocol::EntityMap) | entities by id, ascending: `get`, `get_mut`, `insert`, `remove`, … |
//! | [`Entities`](protocol::Entities) | all entities while they [interact](Interact): `iter_mut`, `for_each_pair`, … |
//! | [`Position`](protocol::Position) | `{ x, y }` in 64ths of a world unit (`Position::UNIT`); y increases downwards |
//! | [`Velocity`](protocol::Velocity) | `{ x, y }` in 16ths of a unit per second (`Velocity::UNIT`) |
//! | [`Angle`](protocol::Angle) | a direction in 1024ths of a turn: `Angle::new(256)` points down |
//! | [`Lifecycle`](protocol::Lifecycle) | the result of [`Game::coast`]: `Alive`, or `Expired` if the entity disappears |
//! | [`PlayerName`](protocol::PlayerName) | a name of up to 64 bytes |
//! | [`StandingChanges`] | the players whose standings an event changes, each with a function that does so |
//! | [`Score`](protocol::game::Score) | what counts for leaderboards: `Score { points, kills, deaths }` |
//! | [`Wire`](protocol::game::Wire) | bounds of types that are sent: `Clone`, `Debug`, `PartialEq`, serde's traits |
//! | [`Digest`](protocol::Digest) | the checksum of [`Game::digest`] |
//!
//! The avatar of a player has the number of the player, unless [`Game::avatar`] returns another one. `position.moved(velocity,
//! tick_rate)` is the position one tick later, so that motion does not depend on the tick rate.
//! [`packed!`](macro@protocol::packed) makes types with small encodings.
//!
//! # Optional parts
//!
//! | trait | part |
//! | --- | --- |
//! | [`Space`] | a world larger than a screen: each client sees only the part around its player |
//! | [`Interact`] | entities that affect each other, such as discs that collide; computed and predicted by clients, too |
//! | [`Events`] | events that are sent to all clients |
//! | [`Standings`] | what is counted for each player: points, wins, …; rounds that end with results |
//! | [`Actions`] | what players do once: playing a card, bidding, … |
//! | [`Secrets`] | what only one player may know: hidden cards, … |
//! | [`AiPlayers`] | players that the server controls |
//! | [`Configure`] | options with which a room is created |
//! | [`PublicSetup`] | what clients know of the setup, if not all of it |
//! | [`Patches`] | smaller updates of entities |
//!
//! A turn-based game sets [`Game::PACE`] to [`Pace::OnDemand`](protocol::Pace::OnDemand).
//!
//! A game that implements some of them lists them: `game!(MyGame: Space, Events)`. A game with load-testing bots of its own
//! implements [`Bots`].
//!
//! Rules draw random numbers from an [`Rng`].
//!
//! # The interface of the engine
//!
//! The server itself uses two other traits, which [`Hosted`] and [`Protocol`] implement for every game. A game has no reason to
//! implement them directly; the tests of the engine do, to be independent of `Hosted`, or to violate its rules:
//!
//! - [`Simulation`]: the world of a room, and the rules that run on the server only;
//! - [`GameProtocol`]: the types on the wire, and the kernel, which server and clients share. The kernel advances an entity by
//!   one tick and ignores all other entities, or lets all of them interact.

mod bot;
mod declare;
mod game;
mod hosted;
mod options;
pub mod prelude;
mod rng;
mod simulation;

pub use bot::{Behaviour, Brain, Playable};
pub use game::{
    Actions, AiPlayers, CoastContext, Configure, Declared, Events, Game, Hostable, Interact, Never, Patches, PublicSetup,
    Secrets, Setup, Space, StandingChanges, Standings, World,
};
pub use hosted::{Bots, Hosted, Protocol};
pub use options::OptionsError;
pub use rng::Rng;
pub use simulation::{Command, Outcome, Simulation};
pub use tickcast_protocol as protocol;
pub use tickcast_protocol::GameProtocol;
