//! How a drone flies: well enough to be fun, badly enough to be beaten.
//!
//! A drone is asked now and then, and each new answer costs bytes for all who see it. So aims are coarse, and aim, thrust
//! and trigger stay as they are until there is a good reason.

use crate::wire::motion::BULLET_SPEED;
use crate::wire::{Controls, Entity, Ship, Steering, ids};
use tickcast_game::protocol::{Angle, PlayerId, Position, Velocity};
use xxhash_rust::xxh3::xxh3_64;

use super::World;
use super::space::bearing;

/// How far drones see other ships.
const SIGHT: i32 = 500 * Position::UNIT;
/// How far they go for an orb.
const ORB_SIGHT: i32 = 900 * Position::UNIT;
/// How far ahead they see rocks.
const ROCK_SIGHT: i32 = 400 * Position::UNIT;
/// A rock that will be met within this time is evaded.
const ROCK_AHEAD_MS: i64 = 1_200;
/// Whoever steers at least this far from the course to a rock evades it already.
const ASIDE: i32 = 160;
/// How close to a rock they dare to pass.
const ROCK_MARGIN: i32 = 24 * Position::UNIT;
/// With less hull than this, an orb matters more than a fight.
const HULL_LOW: u8 = 40;
/// They come up to here in a fight.
const FIGHT_DISTANCE: i32 = 200 * Position::UNIT;
/// They miss on purpose by up to this, in 1024ths of a turn.
const AIM_ERROR: i32 = 22;
/// Aims are multiples of this, in 1024ths of a turn.
const AIM_STEP: i32 = 16;
/// An aim is kept while it is off by no more than this, in a fight or near the goal, and far from it.
const AIM_SLACK: (i32, i32) = (16, 48);
/// What is further away than this is far: one need not turn before one goes.
const FAR: i32 = 160 * Position::UNIT;
/// When the ship heads where it should, and how far off it may get before it no longer does.
const ALIGNED: (i32, i32) = (18, 40);
/// The same for thrust.
const AHEAD: (i32, i32) = (150, 300);
/// What is nearer than this to the border turns back.
const BORDER: i32 = 200 * Position::UNIT;

impl World {
    /// What the drone holds now; nothing while it has no ship.
    pub(super) fn old_fly(&self, drone: PlayerId) -> Controls {
        match self.entities.get(ids::ship(drone)) {
            Some(Entity::Ship(ship)) => Cockpit { world: self, drone, ship }.controls(),
            _ => Controls::default(),
        }
    }
}

/// What the drone wants.
#[derive(Clone, Copy)]
struct Intent {
    aim: Angle,
    /// How far off the present aim may be.
    slack: i32,
    thrust: bool,
    fire: bool,
}

/// A drone at work.
struct Cockpit<'a> {
    world: &'a World,
    drone: PlayerId,
    ship: &'a Ship,
}

impl Cockpit<'_> {
    fn controls(&self) -> Controls {
        let in_need = || if self.ship.hull < HULL_LOW { self.gather() } else { None };
        let intent = self.evade().or_else(in_need).or_else(|| self.hunt()).or_else(|| self.gather());
        let Intent { aim, slack, thrust, fire } = intent.unwrap_or_else(|| self.wander());
        Controls { steering: Steering::Towards(self.steadied(aim, slack)), thrust, fire }
    }

    /// Turns aside from the rock that it would run into first.
    fn evade(&self) -> Option<Intent> {
        let rocks = self.world.entities.range(ids::SHIPS..ids::SCENERY_END);
        let threats = rocks.filter_map(|(id, entity)| match entity {
            Entity::Rock(rock) if rock.position.is_within(self.ship.position, ROCK_SIGHT) => {
                let velocity = self.ship.velocity.plus(Velocity { x: -rock.velocity.x, y: -rock.velocity.y });
                let gap = Ship::RADIUS + rock.size.radius() + ROCK_MARGIN;
                let when = meeting_ms(self.ship.position, velocity, rock.position, gap)?;
                Some((when, id, velocity, rock.position))
            }
            _ => None,
        });
        let (_, _, velocity, rock) = threats.min_by_key(|(when, id, ..)| (*when, *id))?;
        let course = bearing(Position::default(), Position { x: velocity.x, y: velocity.y });
        if let Steering::Towards(present) = self.ship.controls.steering
            && course.steps_to(present).abs() >= ASIDE
        {
            return Some(Intent { aim: present, slack: 0, thrust: true, fire: false });
        }
        let is_on_the_right = course.steps_to(bearing(self.ship.position, rock)) >= 0;
        let aim = course.turned(if is_on_the_right { -Angle::TURN / 4 } else { Angle::TURN / 4 });
        Some(Intent { aim, slack: AIM_SLACK.0, thrust: true, fire: false })
    }

    /// Goes for the nearest ship in sight, aiming ahead of it and a little beside it.
    fn hunt(&self) -> Option<Intent> {
        let own = ids::ship(self.drone);
        let ships = self.world.entities.range(0..ids::SHIPS).filter(|(id, _)| *id != own);
        let prey = ships.filter_map(|(id, entity)| match entity {
            Entity::Ship(ship) if ship.protection == 0 => Some((self.squared_distance(ship.position), id, ship)),
            _ => None,
        });
        let (squared, _, prey) = prey.min_by_key(|(squared, id, _)| (*squared, *id))?;
        let distance = squared.isqrt();
        if distance > i64::from(SIGHT) {
            return None;
        }
        let flight_ms = distance * 1000 / i64::from(BULLET_SPEED * POSITION_PER_VELOCITY);
        let aim = bearing(self.ship.position, drifted(prey.position, prey.velocity, flight_ms)).turned(self.error());
        let fire = self.is_in_the_mood_to_fire() && self.is_aligned(aim, ALIGNED, self.ship.controls.fire);
        let near_enough = FIGHT_DISTANCE - if self.ship.controls.thrust { 60 * Position::UNIT } else { 0 };
        Some(Intent { aim, slack: AIM_SLACK.0, thrust: distance > i64::from(near_enough), fire })
    }

    /// Goes for the nearest orb, if one is in sight.
    fn gather(&self) -> Option<Intent> {
        let scenery = self.world.entities.range(ids::SHIPS..ids::SCENERY_END);
        let orbs = scenery.filter_map(|(id, entity)| match entity {
            Entity::Orb(orb) => Some((self.squared_distance(orb.position), id, orb.position)),
            _ => None,
        });
        let (squared, _, orb) = orbs.min_by_key(|(squared, id, _)| (*squared, *id))?;
        (squared <= i64::from(ORB_SIGHT) * i64::from(ORB_SIGHT)).then(|| self.go_to(orb))
    }

    /// Flies about, changing direction every few seconds; away from the border.
    fn wander(&self) -> Intent {
        let extent = self.world.rules.extent();
        let inside = BORDER..extent - BORDER;
        let Position { x, y } = self.ship.position;
        if !inside.contains(&x) || !inside.contains(&y) {
            return self.go_to(self.world.centre());
        }
        let aim = Angle::new(self.whim(3_000, b'w') as i32);
        Intent { aim, slack: 0, thrust: true, fire: false }
    }

    /// Heads for a place; when it is near, carefully and against its own drift.
    fn go_to(&self, place: Position) -> Intent {
        if !place.is_within(self.ship.position, FAR) {
            return Intent { aim: bearing(self.ship.position, place), slack: AIM_SLACK.1, thrust: true, fire: false };
        }
        let aim = bearing(drifted(self.ship.position, self.ship.velocity, 400), place);
        let thrust = self.is_aligned(aim, AHEAD, self.ship.controls.thrust);
        Intent { aim, slack: AIM_SLACK.0, thrust, fire: false }
    }

    /// The present aim if it will do, or else a round number near the new one.
    fn steadied(&self, aim: Angle, slack: i32) -> Angle {
        match self.ship.controls.steering {
            Steering::Towards(present) if present.steps_to(aim).abs() <= slack => present,
            _ => Angle::new((aim.steps() + AIM_STEP / 2) / AIM_STEP * AIM_STEP),
        }
    }

    /// Whether the ship heads that way, judged more kindly if it did before.
    fn is_aligned(&self, aim: Angle, (begins, lasts): (i32, i32), before: bool) -> bool {
        self.ship.heading.steps_to(aim).abs() <= if before { lasts } else { begins }
    }

    fn error(&self) -> i32 {
        (self.whim(2000, b'e') % (2 * AIM_ERROR as u32 + 1)) as i32 - AIM_ERROR
    }

    /// Three quarters of the time, so that there are pauses to strike back in.
    fn is_in_the_mood_to_fire(&self) -> bool {
        !self.whim(800, b'f').is_multiple_of(4)
    }

    /// A number that differs from drone to drone and for each `about`, and changes every `period_ms`.
    fn whim(&self, period_ms: u32, about: u8) -> u32 {
        let [t0, t1, t2, t3] = (self.world.tick.0 / self.world.rules.ticks(period_ms)).to_le_bytes();
        let [seat0, seat1] = self.drone.0.to_le_bytes();
        xxh3_64(&[t0, t1, t2, t3, seat0, seat1, about]) as u32
    }

    fn squared_distance(&self, to: Position) -> i64 {
        let (dx, dy) = (i64::from(to.x - self.ship.position.x), i64::from(to.y - self.ship.position.y));
        dx * dx + dy * dy
    }
}

/// How many 64ths of a unit per second one step of a velocity is.
const POSITION_PER_VELOCITY: i32 = Position::UNIT / Velocity::UNIT;

/// Where something at `place` will be in `ms` milliseconds if its velocity lasts.
fn drifted(place: Position, velocity: Velocity, ms: i64) -> Position {
    let along = |at: i32, speed: i32| at + (i64::from(speed * POSITION_PER_VELOCITY) * ms / 1000) as i32;
    Position { x: along(place.x, velocity.x), y: along(place.y, velocity.y) }
}

/// In how many milliseconds something with this velocity comes closest to `place`, if it comes within `gap` of it soon.
fn meeting_ms(from: Position, velocity: Velocity, place: Position, gap: i32) -> Option<i64> {
    let (x, y) = (i64::from(place.x - from.x), i64::from(place.y - from.y));
    let (vx, vy) = (i64::from(velocity.x * POSITION_PER_VELOCITY), i64::from(velocity.y * POSITION_PER_VELOCITY));
    let (approach, squared_speed) = (x * vx + y * vy, vx * vx + vy * vy);
    if approach <= 0 {
        return None;
    }
    let when = (approach * 1000 / squared_speed).min(ROCK_AHEAD_MS);
    drifted(from, velocity, when).is_within(place, gap).then_some(when)
}

