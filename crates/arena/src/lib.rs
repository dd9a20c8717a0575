//! Arena, the game bundled with tickcast: ships that thrust, drift and fire among rocks and orbs.
//!
//! [`ArenaGame`] implements [`Game`](tickcast_game::Game) and most of its optional parts. [`wire`] contains the kernel and the
//! types that server and clients share, [`rules`] the rules that run on the server, and [`ArenaBrain`] controls load-testing
//! bots. Like any other game, this crate depends on `tickcast-game` and no other tickcast crate.

#![warn(clippy::float_arithmetic)]

mod bot;
pub mod rules;
pub mod wire;
mod words;

use tickcast_game::{Hosted, Protocol};

pub use bot::ArenaBrain;
pub use rules::{ArenaGame, Options};
pub use wire::{
    Bullet, Choice, Controls, Density, Destroyed, Destroyer, Entity, Event, Map, MapField, MapShips, Orb, Patch, Place,
    Podium, Progress, Rock, RockSize, Rules, Ship, Standing, Steering, Upgrade, controls, entity, ids, motion,
};

/// The part of the game that server and clients share.
pub type Arena = Protocol<ArenaGame>;

/// An arena with its entire state, as the server runs it.
pub type World = Hosted<ArenaGame>;
