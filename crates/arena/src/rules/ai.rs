//! Controls of AI ships. They are computed from the world alone: no other state is kept between decisions.
//!
//! Every change of controls is sent to all clients that see the ship. To keep changes rare, aims are rounded, and aim, thrust
//! and fire have hysteresis.

mod course;
mod temperament;

use tickcast_game::World;
use tickcast_game::protocol::{Angle, PlayerId, Position, Velocity};

use super::ArenaGame;
use super::rng::Rng;
use super::space::bearing;
use crate::wire::motion::BULLET_SPEED;
use crate::wire::{Choice, Controls, Entity, Ship, Steering, ids};
use course::{POSITION_PER_VELOCITY, drifted, time_to_collision_ms};
use temperament::Temperament;

pub(super) use temperament::name;

/// Maximum number of other ships among which an AI ship looks for the loneliest one. The search compares all pairs. Among more
/// ships, no ship is alone for long.
const LONELINESS_SHIPS_MAX: usize = 24;
/// Maximum distance at which an AI ship seeks an orb.
const ORB_RANGE: i32 = 900 * Position::UNIT;
/// Maximum distance at which an AI ship avoids a rock.
const ROCK_RANGE: i32 = 400 * Position::UNIT;
/// An evading ship keeps its aim while the aim deviates from the collision course by at least this angle, in steps of 1/1024
/// turn.
const EVASION_ANGLE_MIN: i32 = 160;
/// Minimum gap that an AI ship tries to keep between itself and a rock.
const ROCK_MARGIN: i32 = 24 * Position::UNIT;
/// Hull (hit points) below which an AI ship seeks an orb rather than a fight.
const HULL_LOW: u8 = 40;
/// A ship that thrusts towards its target stops thrusting at its `fight_distance` minus this distance.
const FIGHT_HYSTERESIS: i32 = 60 * Position::UNIT;
/// New aims are rounded to multiples of this angle, which is in 1024ths of a turn.
const AIM_STEP: i32 = 16;
/// In a fight, near its destination, or when it evades a rock, a ship keeps its current aim while the new aim differs from
/// the current one by at most this angle, in 1024ths of a turn.
const AIM_SLACK_NEAR: i32 = 16;
/// Far from its destination, a ship keeps its current aim while the new aim differs from the current one by at most this
/// angle, in 1024ths of a turn.
const AIM_SLACK_FAR: i32 = 48;
/// Distance beyond which a destination is far: the ship thrusts even while it turns.
const FAR: i32 = 160 * Position::UNIT;
/// An AI ship starts and stops firing at these deviations of its heading from its aim.
const FIRE_ALIGNMENT: Hysteresis = Hysteresis { start: 18, stop: 40 };
/// A ship near its destination starts and stops thrusting at these deviations of its heading from its aim.
const THRUST_ALIGNMENT: Hysteresis = Hysteresis { start: 150, stop: 300 };
/// Distance from the border at which a wandering ship turns back.
const BORDER: i32 = 200 * Position::UNIT;
/// Interval at which a wandering ship changes direction.
const WANDER_MS: u32 = 3_000;
/// Interval at which the aim error changes.
const AIM_ERROR_MS: u32 = 2_000;
/// Interval at which a ship decides whether to fire.
const FIRE_DECISION_MS: u32 = 800;
/// Near a destination, a ship computes its aim from the position that it will reach by drifting for this time.
const DRIFT_MS: i64 = 400;

/// The controls that an AI player holds now. While the player has no ship, these are the default controls.
pub(super) fn controls(world: &World<ArenaGame>, rng: &Rng, player: PlayerId) -> Controls {
    match world.avatar(player) {
        Some(Entity::Ship(ship)) => {
            let (tick, temperament) = (world.ticks(), Temperament::of(player));
            AiShip { world, rng, tick, player, ship, temperament }.controls()
        }
        _ => Controls::default(),
    }
}

/// Limits of the deviation of a ship's heading from its aim, in steps of 1/1024 turn. An action starts when the deviation
/// is at most `start`. It stops when the deviation exceeds `stop`, which is larger.
#[derive(Clone, Copy)]
struct Hysteresis {
    start: i32,
    stop: i32,
}

/// Desired controls, before hysteresis is applied to the aim.
#[derive(Clone, Copy)]
struct Intent {
    aim: Angle,
    /// Maximum difference from `aim` at which the ship keeps its current aim.
    slack: i32,
    thrust: bool,
    fire: bool,
}

/// A ship controlled by the server.
struct AiShip<'a> {
    world: &'a World<ArenaGame>,
    rng: &'a Rng,
    tick: u64,
    player: PlayerId,
    ship: &'a Ship,
    temperament: &'static Temperament,
}

/// Another ship, and its distance.
struct Target<'a> {
    ship: &'a Ship,
    distance: i64,
}

impl AiShip<'_> {
    fn controls(&self) -> Controls {
        let Intent { aim, slack, thrust, fire } = self.intent();
        let steering = Steering::Towards(self.steadied(aim, slack));
        Controls { steering, thrust, fire, dash: false, choice: self.choice() }
    }

    /// If the ship has an offer, chooses the preferred upgrade, or the first one if the offer does not contain it.
    fn choice(&self) -> Option<Choice> {
        let preferred = self.ship.progress.offer().position(|upgrade| upgrade == self.temperament.preferred);
        let has_offer = self.ship.progress.offer().next().is_some();
        has_offer.then(|| Choice::ALL[preferred.unwrap_or_default()])
    }

    /// The first applicable behaviour, in order of priority.
    fn intent(&self) -> Intent {
        if let Some(evasion) = self.avoid_rock() {
            return evasion;
        }
        if self.ship.hull < HULL_LOW
            && let Some(repair) = self.seek_orb()
        {
            return repair;
        }
        let encounter = self.nearest_target().and_then(|target| self.face(&target));
        encounter.or_else(|| self.seek_orb()).unwrap_or_else(|| self.wander())
    }

    /// Evades the rock that the ship would hit first: the ship thrusts at a right angle to its course relative to the rock.
    fn avoid_rock(&self) -> Option<Intent> {
        let rocks = self.world.entities.range(ids::SHIPS..ids::SCENERY_END);
        let threats = rocks.filter_map(|(id, entity)| match entity {
            Entity::Rock(rock) if rock.position.is_within(self.ship.position, ROCK_RANGE) => {
                let velocity = self.ship.velocity.plus(Velocity { x: -rock.velocity.x, y: -rock.velocity.y });
                let distance = Ship::RADIUS + rock.size.radius() + ROCK_MARGIN;
                let time = time_to_collision_ms(self.ship.position, velocity, rock.position, distance)?;
                Some((time, id, velocity, rock.position))
            }
            _ => None,
        });
        let (_, _, velocity, rock) = threats.min_by_key(|(time, id, ..)| (*time, *id))?;
        let course = bearing(Position::default(), Position { x: velocity.x, y: velocity.y });
        if let Steering::Towards(current) = self.ship.controls.steering
            && course.steps_to(current).abs() >= EVASION_ANGLE_MIN
        {
            return Some(Intent { aim: current, slack: 0, thrust: true, fire: false });
        }
        let is_on_the_right = course.steps_to(bearing(self.ship.position, rock)) >= 0;
        let aim = course.turned(if is_on_the_right { -Angle::TURN / 4 } else { Angle::TURN / 4 });
        Some(Intent { aim, slack: AIM_SLACK_NEAR, thrust: true, fire: false })
    }

    /// The nearest unprotected ship.
    fn nearest_target(&self) -> Option<Target<'_>> {
        let own = ids::ship(self.player);
        let ships = self.world.entities.range(0..ids::SHIPS).filter(|(id, _)| *id != own);
        let targets = ships.filter_map(|(id, entity)| match entity {
            Entity::Ship(ship) if ship.protection == 0 => Some((self.squared_distance(ship.position), id, ship)),
            _ => None,
        });
        let (squared, _, ship) = targets.min_by_key(|(squared, id, _)| (*squared, *id))?;
        Some(Target { ship, distance: squared.isqrt() })
    }

    /// Flees from the nearest ship, attacks it, or flies to the ship that is alone, depending on distance and temperament.
    fn face(&self, target: &Target<'_>) -> Option<Intent> {
        let temperament = self.temperament;
        if target.distance < i64::from(temperament.flight_distance) {
            let aim = bearing(target.ship.position, self.ship.position);
            return Some(Intent { aim, slack: AIM_SLACK_FAR, thrust: true, fire: false });
        }
        if target.distance <= i64::from(temperament.attack_range) {
            return Some(self.attack(target));
        }
        temperament.seeks_company.then(|| self.fly_to(self.loneliest_ship().unwrap_or(target.ship.position)))
    }

    /// The position of the ship that is farthest from its nearest neighbour, not counting the own ship. `None` in worlds with
    /// many ships.
    fn loneliest_ship(&self) -> Option<Position> {
        let own = ids::ship(self.player);
        let others = self.world.entities.range(0..ids::SHIPS).filter(|(id, _)| *id != own);
        let ships: Vec<Position> = others.map(|(_, ship)| ship.position()).take(LONELINESS_SHIPS_MAX + 1).collect();
        if ships.len() > LONELINESS_SHIPS_MAX {
            return None;
        }
        let gap = |ship: &Position| {
            let neighbours = ships.iter().filter(|other| *other != ship);
            neighbours.map(|other| squared_distance(*ship, *other)).min().unwrap_or(0)
        };
        ships.iter().copied().max_by_key(gap)
    }

    /// Approaches a ship and fires at it. Aims ahead of a moving target, with a deliberate error.
    fn attack(&self, target: &Target<'_>) -> Intent {
        let flight_ms = target.distance * 1000 / i64::from(BULLET_SPEED * POSITION_PER_VELOCITY);
        let impact = drifted(target.ship.position, target.ship.velocity, flight_ms);
        let aim = bearing(self.ship.position, impact).turned(self.aim_error());
        let fire = self.is_attacking() && self.is_aligned(aim, FIRE_ALIGNMENT, self.ship.controls.fire);
        let hysteresis = if self.ship.controls.thrust { FIGHT_HYSTERESIS } else { 0 };
        let thrust = target.distance > i64::from(self.temperament.fight_distance - hysteresis);
        Intent { aim, slack: AIM_SLACK_NEAR, thrust, fire }
    }

    /// Flies to the nearest orb in range.
    fn seek_orb(&self) -> Option<Intent> {
        let scenery = self.world.entities.range(ids::SHIPS..ids::SCENERY_END);
        let orbs = scenery.filter_map(|(id, entity)| match entity {
            Entity::Orb(orb) => Some((self.squared_distance(orb.position), id, orb.position)),
            _ => None,
        });
        let (squared, _, orb) = orbs.min_by_key(|(squared, id, _)| (*squared, *id))?;
        (squared <= i64::from(ORB_RANGE) * i64::from(ORB_RANGE)).then(|| self.fly_to(orb))
    }

    /// Flies in a direction that changes every few seconds. Near the border, flies towards the centre.
    fn wander(&self) -> Intent {
        let extent = self.world.public_setup().extent();
        let inside = BORDER..extent - BORDER;
        let Position { x, y } = self.ship.position;
        if !inside.contains(&x) || !inside.contains(&y) {
            return self.fly_to(self.world.public_setup().centre());
        }
        let aim = Angle::new(self.pseudo_random(WANDER_MS, b'w') as i32);
        Intent { aim, slack: 0, thrust: true, fire: false }
    }

    /// Flies to a position. Near the position, the ship compensates for its drift and thrusts only when aligned.
    fn fly_to(&self, position: Position) -> Intent {
        if !position.is_within(self.ship.position, FAR) {
            let aim = bearing(self.ship.position, position);
            return Intent { aim, slack: AIM_SLACK_FAR, thrust: true, fire: false };
        }
        let aim = bearing(drifted(self.ship.position, self.ship.velocity, DRIFT_MS), position);
        let thrust = self.is_aligned(aim, THRUST_ALIGNMENT, self.ship.controls.thrust);
        Intent { aim, slack: AIM_SLACK_NEAR, thrust, fire: false }
    }

    /// Applies hysteresis: returns the current aim if it differs from `aim` by at most `slack`, otherwise `aim`, rounded.
    fn steadied(&self, aim: Angle, slack: i32) -> Angle {
        match self.ship.controls.steering {
            Steering::Towards(current) if current.steps_to(aim).abs() <= slack => current,
            _ => Angle::new((aim.steps() + AIM_STEP / 2) / AIM_STEP * AIM_STEP),
        }
    }

    /// Whether the heading is close enough to the aim to start an action. If the action `is_active` already, whether the
    /// heading is close enough to continue it.
    fn is_aligned(&self, aim: Angle, limits: Hysteresis, is_active: bool) -> bool {
        let limit = if is_active { limits.stop } else { limits.start };
        self.ship.heading.steps_to(aim).abs() <= limit
    }

    fn aim_error(&self) -> i32 {
        let max = self.temperament.aim_error_max;
        (self.pseudo_random(AIM_ERROR_MS, b'e') % (2 * max.cast_unsigned() + 1)).cast_signed() - max
    }

    /// Whether the ship may fire now.
    fn is_attacking(&self) -> bool {
        self.pseudo_random(FIRE_DECISION_MS, b'f') % 8 < self.temperament.attack_eighths
    }

    /// A random number that depends on the player and the `purpose`, and changes every `period_ms`. Clients cannot predict
    /// it.
    fn pseudo_random(&self, period_ms: u32, purpose: u8) -> u32 {
        let period = (self.tick / u64::from(self.world.public_setup().ticks(period_ms))) as u32;
        self.rng.number_for(self.player, purpose, period)
    }

    fn squared_distance(&self, to: Position) -> i64 {
        squared_distance(self.ship.position, to)
    }
}

fn squared_distance(from: Position, to: Position) -> i64 {
    let (dx, dy) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
    dx * dx + dy * dy
}

#[cfg(test)]
mod tests;
