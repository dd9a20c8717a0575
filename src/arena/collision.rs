//! What happens when a ship runs into a rock.

use tickcast_protocol::arena::{Rock, RockSize, Rules, Ship};
use tickcast_protocol::{Position, Velocity};

/// The least speed with which a ship leaves a rock, so that holding thrust against it does not hurt in every tick.
const REBOUND_MIN: i64 = 60 * Velocity::UNIT as i64;
/// The least damage of a collision.
const DAMAGE_MIN: i64 = 4;
/// How many units per second of speed take one point of hull.
const SPEED_PER_DAMAGE: i64 = 8 * Velocity::UNIT as i64;

/// Makes ship and rock bounce off each other if they overlap and do not part already; says how much damage it does.
///
/// Masses go by area. Half of the speed at which they met is lost, and the ship is moved out of the rock.
pub(super) fn collide(rules: &Rules, ship: &mut Ship, rock: &mut Rock) -> Option<u8> {
    let touching = i64::from(Ship::RADIUS + rock.size.radius());
    let normal = Normal::new(rock.position, ship.position);
    if normal.length > touching {
        return None;
    }
    let speed = normal.part_of(rock.velocity) - normal.part_of(ship.velocity);
    if speed <= 0 {
        return None;
    }
    let change = speed + (speed / 2).max(REBOUND_MIN);
    let (light, heavy) = (mass(Ship::RADIUS), mass(rock.size.radius()));
    let ship_change = normal.times(change * heavy / (light + heavy));
    let rock_change = normal.times(-change * light / (light + heavy));
    ship.velocity = ship.velocity.plus(velocity(ship_change)).clamped(Ship::VELOCITY_MAX);
    rock.velocity = rock.velocity.plus(velocity(rock_change)).clamped(Rock::VELOCITY_MAX);
    ship.position = beside(rules, rock.position, normal.times(touching + 1));
    Some((speed / SPEED_PER_DAMAGE).clamp(DAMAGE_MIN, Ship::HULL_FULL.into()) as u8)
}

/// The direction from one place to another, with its length rounded down.
struct Normal {
    x: i64,
    y: i64,
    length: i64,
}

impl Normal {
    /// Two things in the very same place are taken to lie side by side.
    fn new(from: Position, to: Position) -> Self {
        let (x, y) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
        let length = (x * x + y * y).isqrt();
        if length == 0 { Self { x: 1, y: 0, length: 1 } } else { Self { x, y, length } }
    }

    fn part_of(&self, velocity: Velocity) -> i64 {
        (i64::from(velocity.x) * self.x + i64::from(velocity.y) * self.y) / self.length
    }

    fn times(&self, length: i64) -> (i32, i32) {
        ((self.x * length / self.length) as i32, (self.y * length / self.length) as i32)
    }
}

fn velocity((x, y): (i32, i32)) -> Velocity {
    Velocity { x, y }
}

/// The square of the radius in units.
const fn mass(radius: i32) -> i64 {
    let units = (radius / Position::UNIT) as i64;
    units * units
}

/// A ship's place beside something, inside the world.
fn beside(rules: &Rules, place: Position, (x, y): (i32, i32)) -> Position {
    let inside = |at: i32| at.clamp(Ship::RADIUS, rules.extent() - Ship::RADIUS);
    Position { x: inside(place.x + x), y: inside(place.y + y) }
}

const _: () = assert!(mass(RockSize::Small.radius()) > mass(Ship::RADIUS), "the rock is the heavier one");

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_protocol::Angle;

    const RULES: Rules = Rules { tick_rate: 30, world_size: 1000 };

    fn rock(size: RockSize) -> Rock {
        Rock { position: Position::at_units(500, 500), velocity: Velocity::default(), size, hull: 1 }
    }

    fn ship(x: i32, speed: i32) -> Ship {
        let velocity = Velocity { x: speed * Velocity::UNIT, y: 0 };
        Ship { velocity, ..Ship::new(Position::at_units(x, 500), Angle::default(), 0) }
    }

    #[test]
    fn they_bounce_apart() {
        let (mut ship, mut rock) = (ship(440, 200), rock(RockSize::Large));
        assert_eq!(collide(&RULES, &mut ship, &mut rock), Some(25));
        assert!(ship.velocity.x < -60 * Velocity::UNIT && ship.velocity.y == 0, "{ship:?}");
        assert!((1..40 * Velocity::UNIT).contains(&rock.velocity.x), "{rock:?}");
        assert_eq!(ship.position.x, rock.position.x - Ship::RADIUS - RockSize::Large.radius() - 1);
    }

    #[test]
    fn momentum_is_kept() {
        let (mut ship, mut rock) = (ship(470, 100), rock(RockSize::Small));
        let momentum = |ship: &Ship, rock: &Rock| {
            mass(Ship::RADIUS) * i64::from(ship.velocity.x) + mass(rock.size.radius()) * i64::from(rock.velocity.x)
        };
        let before = momentum(&ship, &rock);
        collide(&RULES, &mut ship, &mut rock);
        let lost = before - momentum(&ship, &rock);
        assert!(lost.abs() < mass(RockSize::Small.radius()) * 2, "{lost} by rounding");
    }

    #[test]
    fn what_is_apart_or_parts_is_left_alone() {
        for (x, speed) in [(427, 200), (440, 0), (440, -10), (560, 5)] {
            let (mut ship, mut rock) = (ship(x, speed), rock(RockSize::Large));
            let before = (ship.clone(), rock.clone());
            assert_eq!(collide(&RULES, &mut ship, &mut rock), None);
            assert_eq!((ship, rock), before);
        }
    }

    #[test]
    fn a_gentle_touch_does_the_least_damage_and_still_parts_them() {
        let (mut ship, mut rock) = (ship(440, 1), rock(RockSize::Large));
        assert_eq!(collide(&RULES, &mut ship, &mut rock), Some(4));
        assert!(ship.velocity.x < -40 * Velocity::UNIT, "{ship:?}");
    }

    #[test]
    fn nothing_leaves_its_bounds() {
        let position = Position::at_units(984, 500);
        let velocity = Velocity { x: Ship::VELOCITY_MAX, y: Ship::VELOCITY_MAX };
        let mut ship = Ship { velocity, ..Ship::new(position, Angle::default(), 0) };
        let fast = Velocity { x: -Rock::VELOCITY_MAX, y: -Rock::VELOCITY_MAX };
        let mut rock = Rock { position, velocity: fast, size: RockSize::Small, hull: 1 };
        collide(&RULES, &mut ship, &mut rock);
        rock.velocity = fast;
        ship.velocity = Velocity { x: -Ship::VELOCITY_MAX, y: 0 };
        assert!(collide(&RULES, &mut ship, &mut rock).is_some());
        assert!(ship.position.x <= RULES.extent() - Ship::RADIUS);
        assert!(ship.velocity.x.abs() <= Ship::VELOCITY_MAX && rock.velocity.x.abs() <= Rock::VELOCITY_MAX);
    }
}
