//! Rounds: at the end of each, the best players are announced, and all standings begin again at zero.

use tickcast_game::World;

use super::{ArenaGame, current_tick};
use crate::wire::{Entity, Event, Podium};

/// Time for which the page shows the podium. Meanwhile, play goes on, but ships are protected until they fire, so that nobody is
/// destroyed while looking at the podium.
const PODIUM_MS: u32 = 6_000;
const _: () = assert!(PODIUM_MS * 120 / 1000 < 1 << 10, "the protection fits 10 bits at any tick rate");

/// If a round ends in this tick, sends the event that begins the next one. Ships keep their upgrades: these belong to a life,
/// not to a round.
pub(super) fn end_round(world: &mut World<ArenaGame>) {
    let rules = *world.public_setup();
    if !rules.ends_round(current_tick(world)) {
        return;
    }
    let protection = rules.ticks(PODIUM_MS) as u16;
    for (_, entity) in world.entities.iter_mut() {
        if let Entity::Ship(ship) = entity {
            ship.protection = ship.protection.max(protection);
        }
    }
    let scores = world.players().filter_map(|id| Some((id, world.standing(id)?.score)));
    world.send_event(Event::RoundEnded(Podium::new(scores)));
}

#[cfg(test)]
mod tests {
    use tickcast_game::{Command, Outcome, Simulation};

    use crate::rules::test_world::{PLAYER, RIVAL};

    use crate::rules::Options;
    use crate::wire::{Controls, Entity, Event, Podium, Ship, Standing, ids};
    use crate::{Arena, World};

    const ROUND_S: u16 = 20;
    const TICK_RATE: u16 = 30;
    const ROUND_TICKS: u32 = 600;

    /// A world in which two players have played for all but the last tick of a round.
    fn world_before_the_end() -> World {
        let options = Options { world_size: 1024, rocks: 0, orbs: 0, round_s: ROUND_S };
        let mut world = World::new(&options, TICK_RATE, 1);
        world.step(&[Command::Join(PLAYER), Command::Join(RIVAL)]);
        for tick in 2..ROUND_TICKS {
            assert!(ended(&world.step(&[])).is_none(), "tick {tick}");
        }
        world
    }

    fn ended(outcome: &Outcome<Arena>) -> Option<Podium> {
        outcome
            .events
            .iter()
            .find_map(|event| if let Event::RoundEnded(podium) = event { Some(podium.clone()) } else { None })
    }

    fn ship(world: &World) -> &Ship {
        match world.entities().get(ids::ship(PLAYER)) {
            Some(Entity::Ship(ship)) => ship,
            other => panic!("the player has no ship: {other:?}"),
        }
    }

    #[test]
    fn a_round_ends_with_a_podium_and_all_standings_begin_again() {
        let mut world = world_before_the_end();
        let standing = Standing { score: 120, kills: 1, deaths: 2, streak: 1 };
        *world.world_mut().standing_mut(RIVAL).expect("the rival has joined") = standing;
        assert_eq!(ended(&world.step(&[])), Some(Podium::new([(RIVAL, 120)].into_iter())));
        assert_eq!(world.standings(), [PLAYER, RIVAL].map(|player| (player, Standing::default())));
        for _ in 1..ROUND_TICKS {
            assert!(ended(&world.step(&[])).is_none());
        }
        assert_eq!(ended(&world.step(&[])), Some(Podium::default()), "nobody has scored in the second round");
    }

    #[test]
    fn after_a_round_ships_are_protected_until_they_fire() {
        let mut world = world_before_the_end();
        world.step(&[]);
        assert_eq!(u32::from(ship(&world).protection), world.rules().ticks(6000));
        world.step(&[Command::Controls(PLAYER, Controls { fire: true, ..Controls::default() })]);
        assert_eq!(ship(&world).protection, 0);
    }

    #[test]
    fn a_round_of_zero_seconds_does_not_end() {
        let mut world = World::new(&Options { world_size: 1024, rocks: 0, orbs: 0, round_s: 0 }, 10, 1);
        assert!((0..40_000).all(|_| ended(&world.step(&[])).is_none()));
    }
}
