//! Coasting: advances each entity by one tick, ignoring interactions with other entities. `motion.js` of the JavaScript
//! client computes exactly the same results.
//!
//! In each tick, a ship turns, thrusts, is slowed by drag, moves, bounces off the border and fires, in that order.

use tickcast_game::protocol::EntityId;
use tickcast_game::protocol::game::{Lifecycle, Spawn};
use tickcast_game::protocol::units::{Angle, Position, Velocity, divide_rounded, sine};

use super::entity::{Bullet, Entity, Rock, Ship};
use super::{Rules, Steering, ids};

/// Turn rate of a ship: one revolution per second.
const TURN_PER_SECOND: i32 = Angle::TURN;
/// Acceleration of the engine, in 16ths of a world unit per second squared.
const THRUST_PER_SECOND: i32 = 400 * Velocity::UNIT;
/// Drag coefficient as (numerator, denominator): the velocity decays at a rate of 5/4 per second. The terminal velocity
/// under thrust is 320 world units per second.
const DRAG: (i32, i32) = (5, 4);
/// Speed of a bullet, in 16ths of a world unit per second.
pub const BULLET_SPEED: i32 = 640 * Velocity::UNIT;
/// Distance from the ship's centre at which a bullet spawns, in 64ths of a world unit.
const MUZZLE: i32 = Ship::RADIUS + 4 * Position::UNIT;
/// Time between shots.
const COOLDOWN_MS: u32 = 200;
/// Lifetime of a bullet.
const BULLET_LIFE_MS: u32 = 1_100;

const _: () =
    assert!(BULLET_LIFE_MS < COOLDOWN_MS * ids::BULLETS_PER_SHIP, "no bullet replaces one that is still in flight");
const _: () = assert!(BULLET_LIFE_MS * 120 / 1000 <= u8::MAX as u32, "the life of a bullet fits 8 bits at any tick rate");
const _: () = assert!(COOLDOWN_MS * 120 / 1000 < 32, "the cooldown fits 5 bits at any tick rate");

/// Advances one entity by one tick. If the entity is a ship that fires, appends its bullet to `spawns`.
pub fn coast(rules: &Rules, id: EntityId, entity: &mut Entity, spawns: &mut Vec<Spawn<Entity>>) -> Lifecycle {
    match entity {
        Entity::Ship(ship) => {
            if let Some(spawn) = coast_ship(rules, id, ship) {
                spawns.push(spawn);
            }
            Lifecycle::Alive
        }
        Entity::Bullet(bullet) => coast_bullet(rules, bullet),
        Entity::Rock(rock) => {
            coast_rock(rules, rock);
            Lifecycle::Alive
        }
        Entity::Orb(_) => Lifecycle::Alive,
    }
}

fn coast_ship(rules: &Rules, id: EntityId, ship: &mut Ship) -> Option<Spawn<Entity>> {
    let tick_rate = i32::from(rules.tick_rate);
    ship.heading = turned(ship.heading, ship.controls.steering, TURN_PER_SECOND / tick_rate);
    if ship.controls.thrust {
        let thrust = |direction: i32| divide_rounded(THRUST_PER_SECOND / 16 * direction, sine::ONE / 16 * tick_rate);
        ship.velocity.x += thrust(ship.heading.cos());
        ship.velocity.y += thrust(ship.heading.sin());
    }
    ship.velocity = Velocity { x: dragged(ship.velocity.x, tick_rate), y: dragged(ship.velocity.y, tick_rate) };
    ship.velocity = ship.velocity.clamped(Ship::VELOCITY_MAX);
    ship.position = ship.position.moved(ship.velocity, tick_rate);
    bounce(rules, &mut ship.position, &mut ship.velocity, Ship::RADIUS, 2);
    ship.protection = ship.protection.saturating_sub(1);
    ship.cooldown = ship.cooldown.saturating_sub(1);
    (ship.controls.fire && ship.cooldown == 0).then(|| fire(rules, id, ship))
}

fn turned(heading: Angle, steering: Steering, steps: i32) -> Angle {
    match steering {
        Steering::Ahead => heading,
        Steering::Left => heading.turned(-steps),
        Steering::Right => heading.turned(steps),
        Steering::Towards(aim) => heading.turned_towards(aim, steps),
    }
}

/// Velocity component after one tick of drag. The loss is rounded up, so a ship without thrust comes to rest.
fn dragged(velocity: i32, tick_rate: i32) -> i32 {
    let divisor = DRAG.1 * tick_rate;
    let loss = (velocity.abs() * DRAG.0 + divisor - 1) / divisor;
    velocity - velocity.signum() * loss
}

fn fire(rules: &Rules, id: EntityId, ship: &mut Ship) -> Spawn<Entity> {
    let shot = ship.shot;
    ship.shot = (shot + 1) % ids::BULLETS_PER_SHIP as u8;
    ship.cooldown = rules.ticks(COOLDOWN_MS) as u8;
    ship.protection = 0;
    let inside = |coordinate: i32| coordinate.clamp(0, rules.extent() - 1);
    let position = Position {
        x: inside(ship.position.x + divide_rounded(MUZZLE * ship.heading.cos(), sine::ONE)),
        y: inside(ship.position.y + divide_rounded(MUZZLE * ship.heading.sin(), sine::ONE)),
    };
    let bullet = Bullet { position, heading: ship.heading, life: rules.ticks(BULLET_LIFE_MS) as u8 };
    Spawn { parent: id, id: ids::bullet(id, shot), entity: Entity::Bullet(bullet) }
}

fn coast_bullet(rules: &Rules, bullet: &mut Bullet) -> Lifecycle {
    let velocity = Velocity::towards(bullet.heading, BULLET_SPEED);
    bullet.position = bullet.position.moved(velocity, rules.tick_rate.into());
    bullet.life = bullet.life.saturating_sub(1);
    let inside = 0..rules.extent();
    let is_inside = inside.contains(&bullet.position.x) && inside.contains(&bullet.position.y);
    if bullet.life > 0 && is_inside { Lifecycle::Alive } else { Lifecycle::Expired }
}

fn coast_rock(rules: &Rules, rock: &mut Rock) {
    rock.position = rock.position.moved(rock.velocity, rules.tick_rate.into());
    bounce(rules, &mut rock.position, &mut rock.velocity, rock.size.radius(), 1);
}

/// Keeps a disc inside the world. At a border, the velocity component towards the border is reversed and divided by
/// `damping`.
fn bounce(rules: &Rules, position: &mut Position, velocity: &mut Velocity, radius: i32, damping: i32) {
    let (low, high) = (radius, rules.extent() - radius);
    for (coordinate, speed) in [(&mut position.x, &mut velocity.x), (&mut position.y, &mut velocity.y)] {
        if *coordinate < low {
            *coordinate = (2 * low - *coordinate).min(high);
            *speed = speed.abs() / damping;
        } else if *coordinate > high {
            *coordinate = (2 * high - *coordinate).max(low);
            *speed = -(speed.abs() / damping);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Controls, RockSize};
    use tickcast_game::protocol::PlayerId;

    const RULES: Rules = Rules { tick_rate: 30, world_size: 4096 };
    const SHIP: EntityId = ids::ship(PlayerId(3));

    fn ship_with(controls: Controls) -> Ship {
        Ship { controls, ..Ship::new(Position::at_units(2000, 2000), Angle::new(0), 0) }
    }

    /// The ship after `ticks` ticks of coasting, and the bullets it has fired.
    fn after(mut ship: Ship, ticks: u32) -> (Ship, Vec<Spawn<Entity>>) {
        let spawns = (0..ticks).filter_map(|_| coast_ship(&RULES, SHIP, &mut ship)).collect();
        (ship, spawns)
    }

    #[test]
    fn terminal_velocity_is_320_units_per_second_at_any_tick_rate() {
        for tick_rate in [10, 20, 30, 60, 120] {
            let rules = Rules { tick_rate, world_size: 16_000 };
            let mut ship = ship_with(Controls { thrust: true, ..Controls::default() });
            for _ in 0..tick_rate * 8 {
                coast_ship(&rules, SHIP, &mut ship);
            }
            let speed = ship.velocity.x / Velocity::UNIT;
            assert!((270..=320).contains(&speed), "{speed} at {tick_rate}");
        }
    }

    #[test]
    fn a_ship_without_thrust_comes_to_rest() {
        let (ship, _) = after(Ship { velocity: Velocity { x: 5000, y: -3 }, ..ship_with(Controls::default()) }, 300);
        assert_eq!(ship.velocity, Velocity::default());
    }

    #[test]
    fn a_ship_fires_five_times_per_second() {
        let (_, spawns) = after(ship_with(Controls { fire: true, ..Controls::default() }), 30);
        assert_eq!(spawns.len(), 5);
        assert!(spawns.iter().all(|spawn| spawn.parent == SHIP && ids::shooter(spawn.id) == PlayerId(3)));
    }

    #[test]
    fn firing_ends_protection() {
        let ship = Ship { protection: 40, ..ship_with(Controls { fire: true, ..Controls::default() }) };
        assert_eq!(after(ship, 1).0.protection, 0);
    }

    #[test]
    fn a_bullet_has_a_range_of_700_units() {
        let mut bullet = Bullet { position: Position::at_units(100, 100), heading: Angle::new(0), life: 33 };
        while coast_bullet(&RULES, &mut bullet) == Lifecycle::Alive {}
        let range = bullet.position.x / Position::UNIT - 100;
        assert!((695..=705).contains(&range), "{range}");
    }

    #[test]
    fn ships_lose_speed_at_the_border_but_rocks_do_not() {
        let position = Position { x: Ship::RADIUS, y: 100_000 };
        let velocity = Velocity { x: -1600, y: 0 };
        let (ship, _) = after(Ship { position, velocity, ..ship_with(Controls::default()) }, 1);
        assert!(ship.velocity.x > 700 && ship.velocity.x < 800, "{ship:?}");
        assert!(ship.position.x > Ship::RADIUS);

        let size = RockSize::Small;
        let mut rock = Rock { position: Position { x: size.radius(), y: 100_000 }, velocity, size, hull: 1 };
        coast_rock(&RULES, &mut rock);
        assert_eq!(rock.velocity.x, 1600);
    }
}
