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

/// A ship's bullet number `shot`, counted modulo [`BULLETS_PER_SHIP`]. Whatever a server takes for a ship's id, it is an id.
#[must_use]
pub const fn bullet(ship: EntityId, shot: u8) -> EntityId {
    let first = ship.0.wrapping_mul(BULLETS_PER_SHIP).wrapping_add(SCENERY_END);
    EntityId(first.wrapping_add(shot as u32 % BULLETS_PER_SHIP) % EntityId::LIMIT)
}

/// Who fired a bullet.
#[must_use]
pub const fn shooter(bullet: EntityId) -> PlayerId {
    PlayerId(((bullet.0 - SCENERY_END) / BULLETS_PER_SHIP) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bullets_have_ids_whatever_is_taken_for_a_ship() {
        assert_eq!(bullet(EntityId(SHIPS - 1), 7), EntityId(BULLETS_END - 1));
        assert_eq!(bullet(EntityId(5), 9), EntityId(SCENERY_END + 41));
        for ship in [EntityId::LIMIT - 1, EntityId::LIMIT / 8, EntityId::LIMIT / 3] {
            assert!(bullet(EntityId(ship), 7).0 < EntityId::LIMIT, "{ship}");
        }
        assert_eq!(bullet(EntityId(EntityId::LIMIT - 1), 7), EntityId(SCENERY_END - 1));
    }
}
