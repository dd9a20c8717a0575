//! Allocation of entity ids. Ships have the lowest ids, because they change most often and small ids are encoded in fewer
//! bytes.

use tickcast_game::protocol::{EntityId, PlayerId};

/// Maximum number of seats in a room, and exclusive end of the ids of ships.
pub const SHIPS: u32 = 8192;
/// Exclusive end of the ids of rocks and orbs, which start at [`SHIPS`].
pub const SCENERY_END: u32 = 2 * SHIPS;
/// The ids of a ship's bullets repeat after this many shots. An older bullet with the same id has expired by then.
pub const SHOTS_PER_SHIP: u32 = 8;
/// Maximum number of bullets of a shot.
pub const BULLETS_PER_SHOT: u32 = 4;
/// Number of bullet ids per ship.
pub const BULLETS_PER_SHIP: u32 = SHOTS_PER_SHIP * BULLETS_PER_SHOT;
/// Exclusive end of the ids of bullets, which start at [`SCENERY_END`].
pub const BULLETS_END: u32 = SCENERY_END + SHIPS * BULLETS_PER_SHIP;

const _: () = assert!(BULLETS_END <= EntityId::LIMIT);

/// Id of a player's ship.
#[must_use]
pub const fn ship(player: PlayerId) -> EntityId {
    EntityId(player.0 as u32)
}

/// Player to whom a ship belongs.
#[must_use]
pub const fn pilot(ship: EntityId) -> PlayerId {
    PlayerId(ship.0 as u16)
}

/// Id of a bullet. It is derived from the id of its ship, the number of the shot modulo [`SHOTS_PER_SHIP`], and the number of the
/// bullet in the shot.
///
/// Returns a valid id for all arguments, because a server may send a client a ship with any id.
#[must_use]
pub const fn bullet(ship: EntityId, shot: u8, number: u8) -> EntityId {
    let first = ship.0.wrapping_mul(BULLETS_PER_SHIP).wrapping_add(SCENERY_END);
    let of_ship = shot as u32 % SHOTS_PER_SHIP * BULLETS_PER_SHOT + number as u32 % BULLETS_PER_SHOT;
    EntityId(first.wrapping_add(of_ship) % EntityId::LIMIT)
}

/// Ids of all bullets of a ship.
pub fn bullets(ship: EntityId) -> impl Iterator<Item = EntityId> {
    let shots = 0..SHOTS_PER_SHIP as u8;
    shots.flat_map(move |shot| (0..BULLETS_PER_SHOT as u8).map(move |number| bullet(ship, shot, number)))
}

/// Player who fired a bullet. The inverse of [`bullet`], which derives the id of a bullet from the id of the ship that
/// fired it.
#[must_use]
pub const fn shooter(bullet: EntityId) -> PlayerId {
    PlayerId(((bullet.0 - SCENERY_END) / BULLETS_PER_SHIP) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bullet_ids_are_valid_for_every_ship_id() {
        assert_eq!(bullet(EntityId(SHIPS - 1), 7, 3), EntityId(BULLETS_END - 1));
        assert_eq!(bullet(EntityId(5), 9, 6), EntityId(SCENERY_END + 5 * 32 + 4 + 2));
        for ship in [EntityId::LIMIT - 1, EntityId::LIMIT / 8, EntityId::LIMIT / 3] {
            assert!(bullet(EntityId(ship), 7, 3).0 < EntityId::LIMIT, "{ship}");
        }
        assert_eq!(bullet(EntityId(EntityId::LIMIT - 1), 7, 3), EntityId(SCENERY_END - 1));
    }

    #[test]
    fn every_bullet_of_a_ship_has_an_id_of_its_own() {
        let ids: std::collections::BTreeSet<_> = bullets(EntityId(5)).chain(bullets(EntityId(6))).collect();
        assert_eq!(ids.len() as u32, 2 * BULLETS_PER_SHIP);
        assert!(bullets(EntityId(5)).all(|bullet| shooter(bullet) == PlayerId(5)));
    }
}
