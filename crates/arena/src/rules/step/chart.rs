//! The map that every client receives once per second.

use tickcast_game::World;
use tickcast_game::protocol::PlayerId;

use crate::rules::{ArenaGame, current_tick};
use crate::wire::{Entity, Map, MapField};

/// The map of this tick: once per second, if there are at least two ships. To a player who is alone, it would show nothing new.
pub(super) fn chart(world: &World<ArenaGame>) -> Option<Map> {
    if !current_tick(world).is_multiple_of(world.public_setup().tick_rate.into()) {
        return None;
    }
    let ships: Vec<_> = world.players().filter_map(|player| field_of(world, player)).collect();
    (ships.len() > 1).then(|| Map::new(ships, leader(world).and_then(|leader| field_of(world, leader))))
}

/// The player with the highest score; of several, the one with the lowest id. `None` while nobody has scored.
fn leader(world: &World<ArenaGame>) -> Option<PlayerId> {
    let scores = world.players().filter_map(|id| Some((world.standing(id)?.score, std::cmp::Reverse(id))));
    scores.max().filter(|(score, _)| *score > 0).map(|(_, id)| id.0)
}

/// The field of a player's ship, if the player has one.
fn field_of(world: &World<ArenaGame>, player: PlayerId) -> Option<MapField> {
    let ship = world.avatar(player).map(Entity::position)?;
    Some(MapField::containing(ship, world.public_setup().extent()))
}

#[cfg(test)]
mod tests {
    use tickcast_game::Simulation;

    use super::*;
    use crate::rules::test_world::{PLAYER, RIVAL, empty_world};
    use crate::wire::{Event, MapShips};
    use tickcast_game::Command;

    fn maps(world: &mut crate::World, ticks: u32) -> Vec<Map> {
        let events = (0..ticks).flat_map(|_| world.step(&[]).events);
        events.filter_map(|event| if let Event::Map(map) = event { Some(map) } else { None }).collect()
    }

    #[test]
    fn a_map_shows_all_ships_once_per_second() {
        let mut world = empty_world();
        world.step(&[Command::Join(PLAYER)]);
        let second = u32::from(world.rules().tick_rate);
        assert_eq!(maps(&mut world, 2 * second), [], "one player needs no map");
        world.step(&[Command::Join(RIVAL)]);
        let seen = maps(&mut world, 2 * second);
        assert_eq!(seen.len(), 2);
        let mut fields = [PLAYER, RIVAL].map(|player| field_of(world.world(), player).expect("the player has a ship"));
        fields.sort_unstable();
        assert_eq!(seen[1], Map { leader: None, ships: MapShips::Fields(fields.to_vec()) });
    }

    #[test]
    fn the_map_shows_the_leader() {
        let mut world = empty_world();
        world.step(&[Command::Join(PLAYER), Command::Join(RIVAL)]);
        world.world_mut().standing_mut(RIVAL).expect("the player has joined").score = 5;
        let second = u32::from(world.rules().tick_rate);
        let [map] = &maps(&mut world, second)[..] else { panic!("there is one map per second") };
        assert_eq!(map.leader, field_of(world.world(), RIVAL));
    }
}
