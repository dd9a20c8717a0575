//! Responses to collisions of rocks with ships and with other rocks.

use crate::wire::{Rock, RockSize, Rules, Ship};
use tickcast_game::protocol::{Position, Velocity};

/// Minimum relative speed at which ship and rock separate. It prevents a ship that thrusts against a rock from taking damage
/// in every tick.
const REBOUND_MIN: i64 = 60 * Velocity::UNIT as i64;
/// Minimum damage of a collision.
const DAMAGE_MIN: i64 = 4;
/// Relative impact speed that causes one point of damage.
const SPEED_PER_DAMAGE: i64 = 8 * Velocity::UNIT as i64;

/// Makes ship and rock rebound if they overlap and approach each other. Returns the damage to the ship, or `None` if they do
/// not collide.
///
/// Masses are proportional to areas. The coefficient of restitution is ½, or greater at low speeds. The ship is moved out of
/// the rock.
pub(in crate::rules) fn collide(rules: &Rules, ship: &mut Ship, rock: &mut Rock) -> Option<u8> {
    let contact_distance = i64::from(Ship::RADIUS + rock.size.radius());
    let normal = Normal::new(rock.position, ship.position);
    if normal.length > contact_distance {
        return None;
    }
    let speed = normal.component(rock.velocity) - normal.component(ship.velocity);
    if speed <= 0 {
        return None;
    }
    let change = speed + (speed / 2).max(REBOUND_MIN);
    let (light, heavy) = (mass(Ship::RADIUS), mass(rock.size.radius()));
    let ship_change = normal.times(change * heavy / (light + heavy));
    let rock_change = normal.times(-change * light / (light + heavy));
    ship.velocity = ship.velocity.plus(velocity(ship_change)).clamped(Ship::VELOCITY_MAX);
    rock.velocity = rock.velocity.plus(velocity(rock_change)).clamped(Rock::VELOCITY_MAX);
    ship.position = ship_position(rules, rock.position, normal.times(contact_distance + 1));
    Some((speed / SPEED_PER_DAMAGE).clamp(DAMAGE_MIN, Ship::HULL_FULL.into()) as u8)
}

/// Makes two rocks rebound if they overlap and approach each other. The collision is elastic, so that rocks do not come to rest.
/// Only velocities change: positions are corrected by the motion that follows.
pub(in crate::rules) fn rebound(one: &mut Rock, other: &mut Rock) {
    let normal = Normal::new(one.position, other.position);
    let speed = normal.component(one.velocity) - normal.component(other.velocity);
    if normal.length > i64::from(one.size.radius() + other.size.radius()) || speed <= 0 {
        return;
    }
    let masses = (mass(one.size.radius()), mass(other.size.radius()));
    let change = |mass: i64| 2 * speed * mass / (masses.0 + masses.1);
    let (one_change, other_change) = (normal.times(-change(masses.1)), normal.times(change(masses.0)));
    one.velocity = one.velocity.plus(velocity(one_change)).clamped(Rock::VELOCITY_MAX);
    other.velocity = other.velocity.plus(velocity(other_change)).clamped(Rock::VELOCITY_MAX);
}

/// Vector from one position to another. Its length is rounded down.
struct Normal {
    x: i64,
    y: i64,
    length: i64,
}

impl Normal {
    /// The vector from `from` to `to`. If the positions are equal, a vector of length 1 in direction +x.
    fn new(from: Position, to: Position) -> Self {
        let (x, y) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
        let length = (x * x + y * y).isqrt();
        if length == 0 { Self { x: 1, y: 0, length: 1 } } else { Self { x, y, length } }
    }

    /// Component of a velocity in this direction.
    fn component(&self, velocity: Velocity) -> i64 {
        (i64::from(velocity.x) * self.x + i64::from(velocity.y) * self.y) / self.length
    }

    /// The vector in this direction with the given length.
    fn times(&self, length: i64) -> (i32, i32) {
        ((self.x * length / self.length) as i32, (self.y * length / self.length) as i32)
    }
}

fn velocity((x, y): (i32, i32)) -> Velocity {
    Velocity { x, y }
}

/// Mass of a disc, proportional to its area: the square of its radius in world units.
const fn mass(radius: i32) -> i64 {
    let units = (radius / Position::UNIT) as i64;
    units * units
}

/// Position of a ship at an offset from `origin`, clamped to the world.
fn ship_position(rules: &Rules, origin: Position, (x, y): (i32, i32)) -> Position {
    let inside = |coordinate: i32| coordinate.clamp(Ship::RADIUS, rules.extent() - Ship::RADIUS);
    Position { x: inside(origin.x + x), y: inside(origin.y + y) }
}

const _: () = assert!(mass(RockSize::Small.radius()) > mass(Ship::RADIUS), "every rock is heavier than a ship");

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_game::protocol::Angle;

    const RULES: Rules = Rules { tick_rate: 30, world_size: 1000, round_s: 0 };

    fn rock(size: RockSize) -> Rock {
        Rock { position: Position::at_units(500, 500), velocity: Velocity::default(), size, hull: 1 }
    }

    fn ship(x: i32, speed: i32) -> Ship {
        let velocity = Velocity { x: speed * Velocity::UNIT, y: 0 };
        Ship { velocity, ..Ship::new(Position::at_units(x, 500), Angle::default(), 0) }
    }

    #[test]
    fn ship_and_rock_rebound() {
        let (mut ship, mut rock) = (ship(440, 200), rock(RockSize::Large));
        assert_eq!(collide(&RULES, &mut ship, &mut rock), Some(25));
        assert!(ship.velocity.x < -60 * Velocity::UNIT && ship.velocity.y == 0, "{ship:?}");
        assert!((1..40 * Velocity::UNIT).contains(&rock.velocity.x), "{rock:?}");
        assert_eq!(ship.position.x, rock.position.x - Ship::RADIUS - RockSize::Large.radius() - 1);
    }

    #[test]
    fn momentum_is_conserved() {
        let (mut ship, mut rock) = (ship(470, 100), rock(RockSize::Small));
        let momentum = |ship: &Ship, rock: &Rock| {
            mass(Ship::RADIUS) * i64::from(ship.velocity.x) + mass(rock.size.radius()) * i64::from(rock.velocity.x)
        };
        let before = momentum(&ship, &rock);
        collide(&RULES, &mut ship, &mut rock);
        let lost = before - momentum(&ship, &rock);
        assert!(lost.abs() < mass(RockSize::Small.radius()) * 2, "only rounding errors: {lost}");
    }

    fn drifting(size: RockSize, x: i32, speed: i32) -> Rock {
        let velocity = Velocity { x: speed * Velocity::UNIT, y: 0 };
        Rock { position: Position::at_units(x, 500), velocity, size, hull: 1 }
    }

    #[test]
    fn rocks_exchange_momentum_and_keep_their_relative_speed() {
        for (size, speed) in [(RockSize::Large, -30), (RockSize::Small, 10), (RockSize::Medium, -100)] {
            let (mut one, mut other) = (drifting(RockSize::Large, 500, 40), drifting(size, 560, speed));
            let momentum = |one: &Rock, other: &Rock| {
                mass(one.size.radius()) * i64::from(one.velocity.x)
                    + mass(other.size.radius()) * i64::from(other.velocity.x)
            };
            let before = (momentum(&one, &other), one.velocity.x - other.velocity.x);
            rebound(&mut one, &mut other);
            assert!((momentum(&one, &other) - before.0).abs() < 2 * mass(RockSize::Large.radius()), "only rounding errors");
            assert!((other.velocity.x - one.velocity.x - before.1).abs() <= 2, "{one:?} {other:?}");
        }
    }

    #[test]
    fn rocks_that_are_apart_or_separating_keep_their_velocities() {
        for (x, speed) in [(613, -40), (540, 40), (540, 50), (500, 40)] {
            let (mut one, mut other) = (drifting(RockSize::Large, 500, 40), drifting(RockSize::Large, x, speed));
            let before = (one.clone(), other.clone());
            rebound(&mut one, &mut other);
            assert_eq!((one, other), before, "{x} {speed}");
        }
    }

    #[test]
    fn bodies_that_are_apart_or_separating_do_not_collide() {
        for (x, speed) in [(427, 200), (440, 0), (440, -10), (560, 5)] {
            let (mut ship, mut rock) = (ship(x, speed), rock(RockSize::Large));
            let before = (ship.clone(), rock.clone());
            assert_eq!(collide(&RULES, &mut ship, &mut rock), None);
            assert_eq!((ship, rock), before);
        }
    }

    #[test]
    fn a_slow_collision_does_minimum_damage_and_separates_the_bodies() {
        let (mut ship, mut rock) = (ship(440, 1), rock(RockSize::Large));
        assert_eq!(collide(&RULES, &mut ship, &mut rock), Some(4));
        assert!(ship.velocity.x < -40 * Velocity::UNIT, "{ship:?}");
    }

    #[test]
    fn a_collision_keeps_positions_and_velocities_within_bounds() {
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
