//! Where new ships come from.

use tickcast_protocol::arena::{Controls, Entity, Ship, Steering, ids};
use tickcast_protocol::{PlayerId, Position};

use super::pilot::Whereabouts;
use super::turn::Turn;

/// How long a new ship is protected.
const PROTECTION_MS: u32 = 1_500;
/// How many places are looked at, to take the best.
const CANDIDATES: u32 = 8;
/// A place with this much room around it is good enough.
const ROOM: i32 = 320 * Position::UNIT;
/// How far from the border ships start.
const MARGIN: i32 = 64 * Position::UNIT;

impl Turn<'_> {
    /// Gives a ship to every pilot who is due one.
    pub(super) fn spawn(&mut self) {
        let now = self.world.tick;
        let pilots = self.world.pilots.iter();
        let due: Vec<_> = pilots.filter_map(|(player, pilot)| Some((*player, pilot.due(now)?))).collect();
        for (player, controls) in due {
            self.board(player, controls);
        }
    }

    fn board(&mut self, player: PlayerId, controls: Controls) {
        let place = self.free_place();
        let heading = match controls.steering {
            Steering::Towards(heading) => heading,
            Steering::Ahead | Steering::Left | Steering::Right => self.world.dice.angle(),
        };
        let protection = self.world.rules.ticks(PROTECTION_MS) as u16;
        let ship = Ship { controls, ..Ship::new(place, heading, protection) };
        self.world.entities.insert(ids::ship(player), Entity::Ship(ship));
        if let Some(pilot) = self.world.pilots.get_mut(&player) {
            pilot.whereabouts = Whereabouts::Aboard;
        }
    }

    /// The best of a few random places, as ships and rocks were when they had coasted.
    fn free_place(&mut self) -> Position {
        let mut best = (-1, self.world.centre());
        for _ in 0..CANDIDATES {
            let place = self.world.dice.place(&self.world.rules, MARGIN);
            let room = self.room_at(place);
            if room > best.0 {
                best = (room, place);
            }
            if room >= ROOM {
                break;
            }
        }
        best.1
    }

    /// How far it is to the next ship or rock, up to [`ROOM`].
    fn room_at(&self, place: Position) -> i32 {
        let around = [&self.around.ships, &self.around.rocks];
        let bodies = around.into_iter().flat_map(|buckets| buckets.near(place, place, ROOM));
        bodies.map(|body| distance(place, body.to) - body.radius).fold(ROOM, i32::min).max(0)
    }
}

fn distance(from: Position, to: Position) -> i32 {
    let (dx, dy) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
    (dx * dx + dy * dy).isqrt() as i32
}

#[cfg(test)]
mod tests {
    use tickcast_protocol::arena::{Rock, RockSize};
    use tickcast_protocol::{EntityId, Velocity};

    use super::*;
    use crate::arena::stage::{PLAYER, open_space};
    use crate::simulation::{Command, Simulation};

    #[test]
    fn ships_start_where_there_is_room() {
        let mut world = open_space();
        for number in 0..12 {
            let position = Position::at_units(100 + 80 * (number % 4), 100 + 300 * (number / 4));
            let rock = Rock { position, velocity: Velocity::default(), size: RockSize::Large, hull: 8 };
            world.entities.insert(EntityId(ids::SHIPS + number as u32), Entity::Rock(rock));
        }
        for _ in 0..50 {
            world.step(&[Command::Leave(PLAYER), Command::Join(PLAYER)]);
            let place = world.focus(PLAYER);
            let rocks = world.entities.range(ids::SHIPS..ids::SCENERY_END);
            let nearest = rocks.map(|(_, rock)| distance(place, rock.position())).min();
            assert!(nearest > Some(150 * Position::UNIT), "{place:?}");
        }
    }

    #[test]
    fn a_ship_starts_where_its_pilot_aims() {
        let mut world = open_space();
        let aim = tickcast_protocol::Angle::new(300);
        let held = Controls { steering: Steering::Towards(aim), ..Controls::default() };
        world.step(&[Command::Join(PLAYER), Command::Steer(PLAYER, held)]);
        let ship = world.entities.get(ids::ship(PLAYER));
        assert!(matches!(ship, Some(Entity::Ship(ship)) if ship.heading == aim), "{ship:?}");
    }
}
