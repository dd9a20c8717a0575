//! A script that plays like a player of average skill.
//!
//! It sees only what is in the window of the page, reacts after a quarter of a second, does not aim ahead of moving ships, and
//! aims with an error.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_arena::{Choice, Controls, Entity, Ship, Steering, World, ids};
use tickcast_game::Simulation;
use tickcast_game::protocol::{Angle, PlayerId, Position};

/// Half of the width and half of the height of the area that the page's window shows: 720 and 405 world units.
const WINDOW: (i32, i32) = (720 * Position::UNIT, 405 * Position::UNIT);
/// Ticks between two decisions. A decision takes effect after as many ticks.
const REACTION_TICKS: u32 = 8;
/// Maximum error of an aim, in steps of 1/1024 turn.
const AIM_ERROR_MAX: i32 = 32;
/// Maximum deviation of the heading from the target at which the player fires.
const FIRE_ALIGNMENT: i32 = 40;
/// Maximum distance at which the player attacks a ship.
const ATTACK_RANGE: i32 = 520 * Position::UNIT;
/// Distance from a target at which the player stops thrusting.
const FIGHT_DISTANCE: i32 = 260 * Position::UNIT;
/// The player turns away from a rock that is nearer than this distance plus the rock's radius.
const ROCK_DISTANCE: i32 = 130 * Position::UNIT;
/// Hull below which the player looks for an orb instead of a fight.
const HULL_LOW: u8 = 30;

pub(crate) struct AveragePlayer {
    player: PlayerId,
    rng: Xoshiro256PlusPlus,
    /// The previous decision, which takes effect with the next one.
    decided: Controls,
}

impl AveragePlayer {
    pub(crate) fn new(player: PlayerId, seed: u64) -> Self {
        let rng = Xoshiro256PlusPlus::seed_from_u64(seed << 16 | u64::from(player.0));
        Self { player, rng, decided: Controls::default() }
    }

    /// The controls that take effect now, if they change.
    pub(crate) fn decide(&mut self, world: &World, tick: u32) -> Option<Controls> {
        if !(tick + u32::from(self.player.0)).is_multiple_of(REACTION_TICKS) {
            return None;
        }
        let next = match world.entities().get(ids::ship(self.player)) {
            // The player takes the first upgrade offered.
            Some(Entity::Ship(ship)) => {
                let choice = ship.progress.offer().next().map(|_| Choice::First);
                Controls { choice, ..self.choose(world, ship) }
            }
            _ => Controls::default(),
        };
        Some(std::mem::replace(&mut self.decided, next))
    }

    fn choose(&mut self, world: &World, ship: &Ship) -> Controls {
        let own = ids::ship(self.player);
        let near = |is_wanted: fn(&Entity) -> bool| {
            let seen = world
                .entities()
                .range(0..ids::SCENERY_END)
                .filter(|(id, entity)| *id != own && is_wanted(entity) && is_visible(ship.position, entity.position()));
            seen.map(|(_, entity)| (squared_distance(ship.position, entity.position()), entity)).min_by_key(|(d, _)| *d)
        };
        if let Some((squared, Entity::Rock(rock))) = near(|entity| matches!(entity, Entity::Rock(_)))
            && is_within(squared, ROCK_DISTANCE + rock.size.radius())
        {
            return towards(bearing(rock.position, ship.position), true, false);
        }
        let orb = near(|entity| matches!(entity, Entity::Orb(_)));
        let target = near(|entity| matches!(entity, Entity::Ship(_)));
        let error = self.rng.random_range(-AIM_ERROR_MAX..=AIM_ERROR_MAX);
        match (target, orb) {
            (Some((squared, target)), _) if ship.hull >= HULL_LOW && is_within(squared, ATTACK_RANGE) => {
                let aim = bearing(ship.position, target.position()).turned(error);
                let fire = ship.heading.steps_to(aim).abs() <= FIRE_ALIGNMENT;
                towards(aim, !is_within(squared, FIGHT_DISTANCE), fire)
            }
            (_, Some((_, orb))) => towards(bearing(ship.position, orb.position()), true, false),
            (Some((_, target)), None) => towards(bearing(ship.position, target.position()), true, false),
            (None, None) => towards(bearing(ship.position, centre(world)), true, false),
        }
    }
}

/// Whether a window whose centre is at `focus` shows `position`.
pub(crate) fn is_visible(focus: Position, position: Position) -> bool {
    (focus.x - position.x).abs() <= WINDOW.0 && (focus.y - position.y).abs() <= WINDOW.1
}

fn towards(aim: Angle, thrust: bool, fire: bool) -> Controls {
    Controls { steering: Steering::Towards(aim), thrust, fire, dash: false, choice: None }
}

/// The direction from one position to another, to the nearest 1/64 turn.
fn bearing(from: Position, to: Position) -> Angle {
    let (dx, dy) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
    let angles = (0..64).map(|step| Angle::new(step * Angle::TURN / 64));
    let along = |angle: &Angle| i64::from(angle.cos()) * dx + i64::from(angle.sin()) * dy;
    angles.max_by_key(along).expect("there are 64 angles")
}

fn squared_distance(from: Position, to: Position) -> i64 {
    let (dx, dy) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
    dx * dx + dy * dy
}

fn is_within(squared: i64, distance: i32) -> bool {
    squared <= i64::from(distance) * i64::from(distance)
}

fn centre(world: &World) -> Position {
    let extent = world.rules().extent();
    Position { x: extent / 2, y: extent / 2 }
}
