//! The interfaces that a game implements to be hosted by tickcast.
//!
//! - [`Game`]: the types on the wire and the kernel, which server and clients share. The kernel advances an entity by one
//!   tick and ignores all other entities;
//! - [`Simulation`]: the rules that run on the server only;
//! - [`Playable`] (optional): the behaviour of load-testing bots.
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
//! use tickcast_game::protocol::game::{Digest, Lifecycle, Samples, Spawn, StandingChanges};
//! use tickcast_game::protocol::world::coast_all;
//! use tickcast_game::protocol::{EntityId, EntityMap, PlayerId, Position, codec};
//! use tickcast_game::{Command, Game, OptionsError, Outcome, Simulation};
//!
//! #[derive(Clone, Debug, Default, PartialEq)]
//! struct Line;
//!
//! /// Position along the line in world units, and the direction held: −1, 0 or 1.
//! type Marker = (i32, i8);
//!
//! impl Game for Line {
//!     const NAME: &'static str = "line";
//!
//!     type Rules = u16;
//!     type Controls = i8;
//!     type Entity = Marker;
//!     type Patch = ();
//!     type Event = ();
//!     type Standing = ();
//!
//!     fn extent(length: &u16) -> Position {
//!         Position::at_units((*length).into(), 1)
//!     }
//!
//!     fn position(marker: &Marker) -> Position {
//!         Position::at_units(marker.0, 0)
//!     }
//!
//!     fn avatar(player: PlayerId) -> EntityId {
//!         EntityId(player.0.into())
//!     }
//!
//!     fn controls(marker: &Marker) -> Option<i8> {
//!         Some(marker.1)
//!     }
//!
//!     fn set_controls(marker: &mut Marker, direction: i8) {
//!         marker.1 = direction.signum();
//!     }
//!
//!     fn coast(length: &u16, _: EntityId, marker: &mut Marker, _: &mut Vec<Spawn<Marker>>) -> Lifecycle {
//!         marker.0 = (marker.0 + i32::from(marker.1)).clamp(0, (*length).into());
//!         Lifecycle::Alive
//!     }
//!
//!     fn patch_between(_: &Marker, _: &Marker) -> Option<()> {
//!         None
//!     }
//!
//!     fn patch(_: &mut Marker, (): &()) {}
//!
//!     fn standing_changes((): &()) -> StandingChanges<Self> {
//!         Vec::new()
//!     }
//!
//!     fn digest(marker: &Marker, digest: &mut Digest) {
//!         digest.add(marker.0);
//!         digest.add(marker.1.into());
//!     }
//!
//!     fn samples() -> Samples<Self> {
//!         Samples {
//!             rules: 100,
//!             entities: vec![(EntityId(1), (50, -1))],
//!             controls: vec![1],
//!             patches: vec![()],
//!             events: vec![()],
//!             standing: (),
//!         }
//!     }
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct LineWorld {
//!     length: u16,
//!     markers: EntityMap<Marker>,
//! }
//!
//! impl Simulation for LineWorld {
//!     type Game = Line;
//!     /// Length of the line in world units.
//!     type Options = u16;
//!
//!     fn validate(length: &u16) -> Result<(), OptionsError> {
//!         OptionsError::check_range("length", *length, 0..=1000)
//!     }
//!
//!     fn new(length: &u16, _tick_rate: u16, _seed: u64) -> Self {
//!         Self { length: *length, markers: EntityMap::default() }
//!     }
//!
//!     fn rules(&self) -> &u16 {
//!         &self.length
//!     }
//!
//!     fn entities(&self) -> &EntityMap<Marker> {
//!         &self.markers
//!     }
//!
//!     fn step(&mut self, commands: &[Command<Line>]) -> Outcome<Line> {
//!         for command in commands {
//!             match command {
//!                 Command::Leave(player) => drop(self.markers.remove(Line::avatar(*player))),
//!                 Command::Join(player) => drop(self.markers.insert(Line::avatar(*player), Marker::default())),
//!                 Command::Controls(player, direction) => {
//!                     if let Some(marker) = self.markers.get_mut(Line::avatar(*player)) {
//!                         Line::set_controls(marker, *direction);
//!                     }
//!                 }
//!             }
//!         }
//!         coast_all::<Line>(&self.length, &mut self.markers);
//!         Outcome::default()
//!     }
//!
//!     fn focus(&self, player: PlayerId) -> Position {
//!         self.markers.get(Line::avatar(player)).map_or(Position::default(), Line::position)
//!     }
//!
//!     fn standings(&self) -> Vec<(PlayerId, ())> {
//!         self.markers.iter().map(|(id, _)| (PlayerId(id.0 as u16), ())).collect()
//!     }
//!
//!     fn ai_controls(&self, _: PlayerId) -> i8 {
//!         1
//!     }
//!
//!     fn hash(&self) -> u64 {
//!         codec::encode(&self.markers).iter().fold(0, |hash, byte| hash.rotate_left(5) ^ u64::from(*byte))
//!     }
//! }
//!
//! let player = PlayerId(3);
//! let mut world = LineWorld::new(&100, 30, 0);
//! world.step(&[Command::Join(player), Command::Controls(player, 1)]);
//! world.step(&[]);
//! assert_eq!(world.focus(player), Position::at_units(2, 0));
//! ```

mod bot;
mod options;
mod simulation;

pub use bot::{Behaviour, Brain, Playable};
pub use options::OptionsError;
pub use simulation::{Command, Outcome, Simulation};
pub use tickcast_protocol as protocol;
pub use tickcast_protocol::Game;
