//! Which numbers the things of an arena get. Ships come first, because they change most and small numbers cost least.

use crate::{EntityId, PlayerId};

/// The most seats a room has; ship ids are below.
pub const SHIPS: u32 = 8192;
/// Rocks and orbs have ids from [`SHIPS`] up to here, the end not included.
pub const SCENERY_END: u32 = 2 * SHIPS;
/// How many bullets of one ship can be in flight; a new one takes the place of the oldest.
pub const BULLETS_PER_SHIP: u32 = 8;
/// Bullets have ids from [`SCENERY_END`] up to here, the end not included.
pub const BULLETS_END: u32 = SCENERY_END + SHIPS * BULLETS_PER_SHIP;

const _: () = assert!(BULLETS_END <= EntityId::LIMIT);

/// A player's ship.
#[must_use]
pub const fn ship(player: PlayerId) -> EntityId {
    EntityId(player.0 as u32)
}

/// Whose ship it is.
#[must_use]
pub const fn pilot(ship: EntityId) -> PlayerId {
    PlayerId(ship.0 as u16)
}

/// A ship's bullet number `shot`, counted modulo [`BULLETS_PER_SHIP`].
#[must_use]
pub const fn bullet(ship: EntityId, shot: u8) -> EntityId {
    let first = ship.0.wrapping_mul(BULLETS_PER_SHIP).wrapping_add(SCENERY_END);
    EntityId(first.wrapping_add(shot as u32 % BULLETS_PER_SHIP))
}

/// Who fired a bullet.
#[must_use]
pub const fn shooter(bullet: EntityId) -> PlayerId {
    PlayerId(((bullet.0 - SCENERY_END) / BULLETS_PER_SHIP) as u16)
}
