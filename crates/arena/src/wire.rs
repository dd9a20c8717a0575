//! The part of Arena that server and clients share: the types on the wire and the kernel.
//!
//! Uses only integer arithmetic, which is deterministic. Does not depend on [`crate::rules`].

pub mod controls;
pub mod entity;
mod event;
pub mod ids;
mod map;
pub mod motion;
mod room_rules;
pub(crate) mod samples;
mod standing;

pub use controls::{Choice, Controls, Steering};
pub use entity::{Bullet, Entity, Orb, Patch, Progress, Rock, RockSize, Ship, Upgrade};
pub use event::{Destroyed, Destroyer, Event, Place, Podium};
pub use map::{Density, Map, MapField, MapShips};
pub use room_rules::Rules;
pub use standing::Standing;
