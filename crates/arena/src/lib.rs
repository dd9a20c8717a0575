//! Arena, the game bundled with tickcast: ships that thrust, drift and fire among rocks and orbs.
//!
//! [`wire`] is the part that server and clients share, [`rules`] is the simulation that runs on the server, and
//! [`ArenaBrain`] controls load-testing bots. Like any other game, this crate depends on `tickcast-game` and no other
//! tickcast crate.

#![warn(clippy::float_arithmetic)]

mod bot;
pub mod rules;
pub mod wire;

pub use bot::ArenaBrain;
pub use rules::{Options, World};
pub use wire::{
    Arena, Bullet, Choice, Controls, Density, Destroyed, Destroyer, Entity, Event, Map, MapField, MapShips, Orb, Patch,
    Place, Podium, Progress, Rock, RockSize, Rules, Ship, Standing, Steering, Upgrade, controls, entity, ids, motion,
};
