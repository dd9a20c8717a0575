//! Coasting: advances each entity by one tick, ignoring interactions with other entities. `motion.js` of the JavaScript
//! client computes exactly the same results.
//!
//! In each tick, a ship applies a chosen upgrade, turns, dashes, thrusts, is slowed by drag, moves, bounces off the border and
//! fires, in that order.

use tickcast_game::protocol::EntityId;
use tickcast_game::protocol::game::Lifecycle;
use tickcast_game::protocol::units::{Angle, Position, Velocity, divide_rounded, sine};

use super::entity::{Bullet, Entity, Progress, Rock, Ship, Upgrade};
use super::{Rules, Steering, ids};

/// Turn rate of a ship: one revolution per second.
const TURN_PER_SECOND: i32 = Angle::TURN;
/// Acceleration of the engine, in 16ths of a world unit per second squared.
const THRUST_PER_SECOND: i32 = 400 * Velocity::UNIT;
/// Each level of [`Upgrade::Speed`] adds a fraction of the acceleration. This is the denominator of the fraction.
const SPEED_PER_LEVEL: i32 = 8;
/// Drag coefficient as (numerator, denominator): the velocity decays at a rate of 5/4 per second. The terminal velocity
/// under thrust is 320 world units per second, and 440 with all levels of [`Upgrade::Speed`].
const DRAG: (i32, i32) = (5, 4);
/// Speed of a ship that dashes, in 16ths of a world unit per second. It exceeds the terminal velocity of a ship, and is
/// less than the speed of a bullet. For a ship without upgrades, it exceeds the terminal velocity by half.
const DASH_SPEED: i32 = 480 * Velocity::UNIT;
/// Time between dashes.
pub const DASH_RECHARGE_MS: u32 = 2_500;
/// Speed of a bullet, in 16ths of a world unit per second.
pub const BULLET_SPEED: i32 = 640 * Velocity::UNIT;
/// Distance from the ship's centre at which a bullet spawns, in 64ths of a world unit.
const MUZZLE: i32 = Ship::RADIUS + 4 * Position::UNIT;
/// Time between shots, by the level of [`Upgrade::FireRate`].
const COOLDOWN_MS: [u32; Progress::LEVEL_MAX as usize + 1] = [200, 180, 160, 140];
/// Angle between adjacent bullets of a shot, in steps of 1/1024 turn. Even, so that half of it is a whole number of steps.
const FAN_ANGLE: i32 = 16;
/// Lifetime of a bullet.
const BULLET_LIFE_MS: u32 = 1_100;

const _: () =
    assert!(BULLET_LIFE_MS < COOLDOWN_MS[3] * ids::SHOTS_PER_SHIP, "no bullet replaces one that is still in flight");
const _: () = assert!(Progress::LEVEL_MAX as u32 + 1 == ids::BULLETS_PER_SHOT, "each level of spread adds a bullet");
const _: () = assert!(BULLET_LIFE_MS * 120 / 1000 <= u8::MAX as u32, "the life of a bullet fits 8 bits at any tick rate");
const _: () = assert!(DASH_RECHARGE_MS * 120 / 1000 < 1 << 10, "the recharge fits 10 bits at any tick rate");
const _: () = assert!(COOLDOWN_MS[0] * 120 / 1000 < 32, "the cooldown fits 5 bits at any tick rate");

/// Advances one entity by one tick. If the entity is a ship that fires, calls `spawn` with its bullets.
pub fn coast(rules: &Rules, id: EntityId, entity: &mut Entity, spawn: impl FnMut(EntityId, Bullet)) -> Lifecycle {
    match entity {
        Entity::Ship(ship) => {
            coast_ship(rules, id, ship, spawn);
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

fn coast_ship(rules: &Rules, id: EntityId, ship: &mut Ship, spawn: impl FnMut(EntityId, Bullet)) {
    let tick_rate = i32::from(rules.tick_rate);
    if let Some(choice) = ship.controls.choice {
        ship.progress.choose(choice);
    }
    ship.heading = turned(ship.heading, ship.controls.steering, TURN_PER_SECOND / tick_rate);
    ship.recharge = ship.recharge.saturating_sub(1);
    if ship.controls.dash && ship.recharge == 0 {
        ship.velocity = Velocity::towards(ship.heading, DASH_SPEED);
        ship.recharge = rules.ticks(DASH_RECHARGE_MS) as u16;
    }
    if ship.controls.thrust {
        let speed = SPEED_PER_LEVEL + i32::from(ship.progress.level(Upgrade::Speed));
        let acceleration = THRUST_PER_SECOND / 16 / SPEED_PER_LEVEL * speed;
        let thrust = |direction: i32| divide_rounded(acceleration * direction, sine::ONE / 16 * tick_rate);
        ship.velocity.x += thrust(ship.heading.cos());
        ship.velocity.y += thrust(ship.heading.sin());
    }
    ship.velocity = Velocity { x: dragged(ship.velocity.x, tick_rate), y: dragged(ship.velocity.y, tick_rate) };
    ship.velocity = ship.velocity.clamped(Ship::VELOCITY_MAX);
    ship.position = ship.position.moved(ship.velocity, tick_rate);
    bounce(rules, &mut ship.position, &mut ship.velocity, Ship::RADIUS, 2);
    ship.protection = ship.protection.saturating_sub(1);
    ship.cooldown = ship.cooldown.saturating_sub(1);
    if ship.controls.fire && ship.cooldown == 0 {
        fire(rules, id, ship, spawn);
    }
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

/// Fires a shot: one bullet, and one more for each level of [`Upgrade::Spread`]. The bullets form a fan around the heading.
fn fire(rules: &Rules, id: EntityId, ship: &mut Ship, mut spawn: impl FnMut(EntityId, Bullet)) {
    let shot = ship.shot;
    ship.shot = (shot + 1) % ids::SHOTS_PER_SHIP as u8;
    ship.cooldown = rules.ticks(COOLDOWN_MS[usize::from(ship.progress.level(Upgrade::FireRate))]) as u8;
    ship.protection = 0;
    let spread = ship.progress.level(Upgrade::Spread);
    for number in 0..=spread {
        let heading = ship.heading.turned((2 * i32::from(number) - i32::from(spread)) * FAN_ANGLE / 2);
        spawn(ids::bullet(id, shot, number), bullet_at_muzzle(rules, ship.position, heading));
    }
}

fn bullet_at_muzzle(rules: &Rules, ship: Position, heading: Angle) -> Bullet {
    let inside = |coordinate: i32| coordinate.clamp(0, rules.extent() - 1);
    let position = Position {
        x: inside(ship.x + divide_rounded(MUZZLE * heading.cos(), sine::ONE)),
        y: inside(ship.y + divide_rounded(MUZZLE * heading.sin(), sine::ONE)),
    };
    Bullet { position, heading, life: rules.ticks(BULLET_LIFE_MS) as u8 }
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
    use crate::wire::{Choice, Controls, RockSize};
    use tickcast_game::protocol::PlayerId;

    const RULES: Rules = Rules { tick_rate: 30, world_size: 4096, round_s: 0 };
    const SHIP: EntityId = ids::ship(PlayerId(3));

    fn ship_with(controls: Controls) -> Ship {
        Ship { controls, ..Ship::new(Position::at_units(2000, 2000), Angle::new(0), 0) }
    }

    /// The ship after `ticks` ticks of coasting, and the bullets it has fired.
    fn after(mut ship: Ship, ticks: u32) -> (Ship, Vec<(EntityId, Bullet)>) {
        let mut spawns = Vec::new();
        (0..ticks).for_each(|_| coast_ship(&RULES, SHIP, &mut ship, |id, bullet| spawns.push((id, bullet))));
        (ship, spawns)
    }

    fn upgraded(ship: &Ship, upgrade: Upgrade, level: u8) -> Ship {
        let levels = Upgrade::ALL.map(|other| if other == upgrade { level } else { 0 });
        Ship { progress: Progress::new(0, levels).expect("the level is valid"), ..ship.clone() }
    }

    #[test]
    fn terminal_velocity_is_320_units_per_second_at_any_tick_rate() {
        for tick_rate in [10, 20, 30, 60, 120] {
            let rules = Rules { tick_rate, world_size: 16_000, round_s: 0 };
            let mut ship = ship_with(Controls { thrust: true, ..Controls::default() });
            for _ in 0..tick_rate * 8 {
                coast_ship(&rules, SHIP, &mut ship, |_, _| {});
            }
            let speed = ship.velocity.x / Velocity::UNIT;
            assert!((270..=320).contains(&speed), "{speed} at {tick_rate}");
        }
    }

    #[test]
    fn each_level_of_speed_adds_an_eighth_of_the_terminal_velocity() {
        for (level, expected) in [(0, 304), (1, 344), (2, 383), (3, 423)] {
            let thrusting = ship_with(Controls { thrust: true, ..Controls::default() });
            let start = Position::at_units(100, 2000);
            let (ship, _) = after(Ship { position: start, ..upgraded(&thrusting, Upgrade::Speed, level) }, 240);
            let speed = ship.velocity.x / Velocity::UNIT;
            assert!((expected - 4..=expected + 4).contains(&speed), "{speed} at level {level}");
        }
    }

    #[test]
    fn each_level_of_fire_rate_shortens_the_time_between_shots() {
        for (level, shots) in [(0, 25), (1, 30), (2, 38), (3, 38)] {
            let firing = ship_with(Controls { fire: true, ..Controls::default() });
            let (_, spawns) = after(upgraded(&firing, Upgrade::FireRate, level), 150);
            assert_eq!(spawns.len(), shots, "level {level}");
        }
    }

    #[test]
    fn each_level_of_spread_adds_a_bullet_to_a_shot() {
        for (level, headings) in [(0, vec![0]), (1, vec![1016, 8]), (2, vec![1008, 0, 16]), (3, vec![1000, 1016, 8, 24])] {
            let firing = ship_with(Controls { fire: true, ..Controls::default() });
            let (_, spawns) = after(upgraded(&firing, Upgrade::Spread, level), 1);
            assert_eq!(spawns.iter().map(|(_, bullet)| bullet.heading.steps()).collect::<Vec<_>>(), headings);
            assert!(spawns.iter().zip(0..).all(|((id, _), number)| *id == ids::bullet(SHIP, 0, number)));
        }
    }

    #[test]
    fn a_choice_applies_to_the_tick_in_which_it_is_held_and_needs_a_full_bar() {
        let choosing = ship_with(Controls { choice: Some(Choice::Second), thrust: true, ..Controls::default() });
        let (early, _) = after(choosing.clone(), 1);
        assert_eq!(early.progress, Progress::default());
        let progress = Progress::new(Progress::ORBS_FULL, [0; 4]).expect("the progress is valid");
        let (faster, _) = after(Ship { progress, ..choosing }, 1);
        assert_eq!((faster.progress.level(Upgrade::Speed), faster.progress.orbs()), (1, 0));
        assert!(faster.velocity.x > early.velocity.x);
        let (later, _) = after(faster.clone(), 20);
        assert_eq!(later.progress, faster.progress, "a held choice has no effect without a full bar");
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
        assert!(spawns.iter().all(|(id, _)| ids::shooter(*id) == PlayerId(3)));
    }

    #[test]
    fn a_dash_replaces_the_velocity_and_is_ready_again_after_its_recharge_time() {
        let dashing = Controls { dash: true, ..Controls::default() };
        let (ship, _) = after(Ship { velocity: Velocity { x: -3000, y: 900 }, ..ship_with(dashing) }, 1);
        assert!((450..480).contains(&(ship.velocity.x / Velocity::UNIT)) && ship.velocity.y == 0, "{ship:?}");
        assert_eq!(u32::from(ship.recharge), RULES.ticks(DASH_RECHARGE_MS));
        let (slow, _) = after(ship.clone(), 74);
        assert!(slow.velocity.x < 60 * Velocity::UNIT && slow.recharge == 1, "{slow:?}");
        let (again, _) = after(slow, 1);
        assert!(again.velocity.x > 450 * Velocity::UNIT, "{again:?}");
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
