//! The part of Arena that server and clients share: the types on the wire and the kernel.
//!
//! Uses only integer arithmetic, which is deterministic. Does not depend on [`crate::rules`].

pub mod controls;
pub mod entity;
mod event;
mod game;
pub mod ids;
pub mod motion;
mod room_rules;
mod standing;

pub use controls::{Controls, Steering};
pub use entity::{Bullet, Damage, Entity, Orb, Rock, RockSize, Ship};
pub use event::{Destroyed, Destroyer};
pub use game::Arena;
pub use room_rules::Rules;
pub use standing::Standing;
