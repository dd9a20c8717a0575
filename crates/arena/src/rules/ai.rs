//! Controls of AI ships. They are computed from the world alone: no other state is kept between decisions.
//!
//! Every change of controls is sent to all clients that see the ship. To keep changes rare, aims are rounded, and aim, thrust
//! and fire have hysteresis.

mod course;

use tickcast_game::protocol::{Angle, PlayerId, Position, Velocity};

use super::World;
use super::space::bearing;
use crate::wire::motion::BULLET_SPEED;
use crate::wire::{Controls, Entity, Ship, Steering, ids};
use course::{POSITION_PER_VELOCITY, drifted, time_to_collision_ms};

/// Maximum distance at which an AI ship attacks another ship.
const ATTACK_RANGE: i32 = 500 * Position::UNIT;
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
/// An AI ship that attacks starts to thrust if its target is farther away than this distance.
const FIGHT_DISTANCE: i32 = 200 * Position::UNIT;
/// A ship that thrusts towards its target stops thrusting at `FIGHT_DISTANCE` minus this distance.
const FIGHT_HYSTERESIS: i32 = 60 * Position::UNIT;
/// Maximum deliberate error of an aim, in steps of 1/1024 turn.
const AIM_ERROR_MAX: i32 = 22;
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
/// Deviations of the heading from the aim at which an AI ship starts and stops firing.
const FIRE_ALIGNMENT: Hysteresis = Hysteresis { start: 18, stop: 40 };
/// Deviations of the heading from the aim at which a ship near its destination starts and stops thrusting.
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

impl World {
    /// The controls that an AI player holds now. While the player has no ship, these are the default controls.
    pub(super) fn ai_ship_controls(&self, player: PlayerId) -> Controls {
        match self.entities.get(ids::ship(player)) {
            Some(Entity::Ship(ship)) => AiShip { world: self, player, ship }.controls(),
            _ => Controls::default(),
        }
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
    world: &'a World,
    player: PlayerId,
    ship: &'a Ship,
}

impl AiShip<'_> {
    fn controls(&self) -> Controls {
        let Intent { aim, slack, thrust, fire } = self.intent();
        Controls { steering: Steering::Towards(self.steadied(aim, slack)), thrust, fire }
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
        self.attack().or_else(|| self.seek_orb()).unwrap_or_else(|| self.wander())
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

    /// Approaches the nearest unprotected ship, if it is in range, and fires at it. Aims ahead of a moving target, with a
    /// deliberate error.
    fn attack(&self) -> Option<Intent> {
        let own = ids::ship(self.player);
        let ships = self.world.entities.range(0..ids::SHIPS).filter(|(id, _)| *id != own);
        let targets = ships.filter_map(|(id, entity)| match entity {
            Entity::Ship(ship) if ship.protection == 0 => Some((self.squared_distance(ship.position), id, ship)),
            _ => None,
        });
        let (squared, _, target) = targets.min_by_key(|(squared, id, _)| (*squared, *id))?;
        let distance = squared.isqrt();
        if distance > i64::from(ATTACK_RANGE) {
            return None;
        }
        let flight_ms = distance * 1000 / i64::from(BULLET_SPEED * POSITION_PER_VELOCITY);
        let impact = drifted(target.position, target.velocity, flight_ms);
        let aim = bearing(self.ship.position, impact).turned(self.aim_error());
        let fire = self.is_attacking() && self.is_aligned(aim, FIRE_ALIGNMENT, self.ship.controls.fire);
        let hysteresis = if self.ship.controls.thrust { FIGHT_HYSTERESIS } else { 0 };
        let thrust = distance > i64::from(FIGHT_DISTANCE - hysteresis);
        Some(Intent { aim, slack: AIM_SLACK_NEAR, thrust, fire })
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
        let extent = self.world.rules.extent();
        let inside = BORDER..extent - BORDER;
        let Position { x, y } = self.ship.position;
        if !inside.contains(&x) || !inside.contains(&y) {
            return self.fly_to(self.world.centre());
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
        (self.pseudo_random(AIM_ERROR_MS, b'e') % (2 * AIM_ERROR_MAX as u32 + 1)) as i32 - AIM_ERROR_MAX
    }

    /// Whether the ship may fire now. True for three quarters of the time, to give opponents pauses.
    fn is_attacking(&self) -> bool {
        !self.pseudo_random(FIRE_DECISION_MS, b'f').is_multiple_of(4)
    }

    /// A random number that depends on the player and the `purpose`, and changes every `period_ms`. Clients cannot predict
    /// it.
    fn pseudo_random(&self, period_ms: u32, purpose: u8) -> u32 {
        let period = self.world.tick.0 / self.world.rules.ticks(period_ms);
        self.world.rng.number_for(self.player, purpose, period)
    }

    fn squared_distance(&self, to: Position) -> i64 {
        let (dx, dy) = (i64::from(to.x - self.ship.position.x), i64::from(to.y - self.ship.position.y));
        dx * dx + dy * dy
    }
}

#[cfg(test)]
mod tests;
