//! Spawning of ships.

use crate::wire::{Entity, Ship, Steering, ids};
use tickcast_game::protocol::{PlayerId, Position};

use super::Interactions;
use crate::rules::current_tick;
use crate::rules::ship_status::ShipStatus;

/// Time for which a new ship is invulnerable.
const PROTECTION_MS: u32 = 1_500;
/// Number of random positions to try. The ship spawns at one with sufficient clearance, if possible near another ship.
const CANDIDATES: u32 = 24;
/// Maximum distance of a spawn position from another ship, if possible: players should meet others at once.
const COMPANY: i32 = 640 * Position::UNIT;
/// Sufficient clearance (distance to the nearest ship or rock).
const CLEARANCE_MAX: i32 = 320 * Position::UNIT;
/// Minimum distance of a spawn position from the border.
const MARGIN: i32 = 64 * Position::UNIT;

impl Interactions<'_> {
    /// Spawns the ships that are due in this tick.
    pub(in crate::rules) fn spawn_ships(&mut self) {
        let now = current_tick(self.world);
        let due: Vec<_> = self.game.ships.iter().filter(|(_, ship)| ship.is_due(now)).map(|(player, _)| *player).collect();
        for player in due {
            self.spawn_ship(player);
        }
    }

    fn spawn_ship(&mut self, player: PlayerId) {
        let controls = self.world.controls(player);
        let position = self.free_position();
        let heading = match controls.steering {
            Steering::Towards(heading) => heading,
            Steering::Ahead | Steering::Left | Steering::Right => self.game.rng.angle(),
        };
        let protection = self.world.public_setup().ticks(PROTECTION_MS) as u16;
        let ship = Ship { controls, ..Ship::new(position, heading, protection) };
        self.world.entities.insert(ids::ship(player), Entity::Ship(ship));
        self.game.ships.insert(player, ShipStatus::Alive { damaged_at: None });
    }

    /// Tries several random positions and returns the best one.
    fn free_position(&mut self) -> Position {
        let mut best = ((false, false, -1), self.world.public_setup().centre());
        for _ in 0..CANDIDATES {
            let position = self.game.rng.position(self.world.public_setup(), MARGIN);
            let clearance = self.clearance(position);
            let rank = (clearance == CLEARANCE_MAX, self.has_company(position), clearance);
            if rank > best.0 {
                best = (rank, position);
            }
            if (rank.0, rank.1) == (true, true) {
                break;
            }
        }
        best.1
    }

    /// Whether another ship is within [`COMPANY`] of `position`.
    fn has_company(&self, position: Position) -> bool {
        self.obstacles.ships.near(position, position, COMPANY).any(|ship| ship.to.is_within(position, COMPANY))
    }

    /// Distance from `position` to the edge of the nearest ship or rock, clamped to the range from 0 to [`CLEARANCE_MAX`].
    fn clearance(&self, position: Position) -> i32 {
        let obstacles = [&self.obstacles.ships, &self.obstacles.rocks];
        let bodies = obstacles.into_iter().flat_map(|grid| grid.near(position, position, CLEARANCE_MAX));
        let distances = bodies.map(|body| distance(position, body.to) - body.radius);
        distances.fold(CLEARANCE_MAX, i32::min).max(0)
    }
}

fn distance(from: Position, to: Position) -> i32 {
    let (dx, dy) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
    (dx * dx + dy * dy).isqrt() as i32
}

#[cfg(test)]
mod tests {
    use crate::wire::{Controls, Rock, RockSize};
    use tickcast_game::protocol::{EntityId, Velocity};

    use super::*;
    use crate::World;
    use crate::rules::Options;
    use crate::rules::test_world::{PLAYER, RIVAL, empty_world};
    use tickcast_game::{Command, Simulation};

    #[test]
    fn ships_spawn_away_from_rocks() {
        let mut world = empty_world();
        for number in 0..12 {
            let rock_position = Position::at_units(100 + 80 * (number % 4), 100 + 300 * (number / 4));
            let rock = Rock::new(RockSize::Large, rock_position, Velocity::default());
            world.world_mut().entities.insert(EntityId(ids::SHIPS + number as u32), Entity::Rock(rock));
        }
        for _ in 0..50 {
            world.step(&[Command::Leave(PLAYER), Command::Join(PLAYER)]);
            let position = world.focus(PLAYER);
            let rocks = world.entities().range(ids::SHIPS..ids::SCENERY_END);
            let nearest = rocks.map(|(_, rock)| distance(position, rock.position())).min();
            assert!(nearest > Some(150 * Position::UNIT), "{position:?}");
        }
    }

    #[test]
    fn ships_spawn_near_another_ship() {
        let mut world = World::new(&Options { world_size: 2400, rocks: 0, orbs: 0, round_s: 0 }, 30, 1);
        world.step(&[Command::Join(RIVAL)]);
        let mut near = 0;
        for _ in 0..100 {
            world.step(&[Command::Leave(PLAYER), Command::Join(PLAYER)]);
            let distance = distance(world.focus(PLAYER), world.focus(RIVAL));
            assert!(distance >= CLEARANCE_MAX, "{distance}");
            near += u32::from(distance <= COMPANY);
        }
        assert!(near >= 80, "{near} of 100");
    }

    #[test]
    fn a_ship_spawns_with_the_heading_its_player_steers_towards() {
        let mut world = empty_world();
        let aim = tickcast_game::protocol::Angle::new(300);
        let held = Controls { steering: Steering::Towards(aim), ..Controls::default() };
        world.step(&[Command::Join(PLAYER), Command::Controls(PLAYER, held)]);
        let ship = world.entities().get(ids::ship(PLAYER));
        assert!(matches!(ship, Some(Entity::Ship(ship)) if ship.heading == aim), "{ship:?}");
    }
}
