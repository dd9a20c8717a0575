//! The bundled game's wire side and kernel: ships that thrust, drift and fire, rocks, and orbs.

pub mod controls;
pub mod entity;
pub mod ids;
pub mod motion;
mod specimens;

use serde::{Deserialize, Serialize};

pub use controls::{Controls, Steering};
pub use entity::{Bullet, Entity, Orb, Rock, RockSize, Ship};

use crate::game::{Birth, Digest, Fate, Specimens};
use crate::{EntityId, Game, PlayerId, Position};

/// The bundled game.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arena;

/// What both sides must know of an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(u16, u16)", into = "(u16, u16)")]
pub struct Rules {
    /// Ticks a second, from 10 to 120.
    pub tick_rate: u16,
    /// The side of the square world, in units, from [`Rules::WORLD_SIZE_MIN`] to [`Rules::WORLD_SIZE_MAX`].
    pub world_size: u16,
}

impl TryFrom<(u16, u16)> for Rules {
    type Error = &'static str;

    fn try_from((tick_rate, world_size): (u16, u16)) -> Result<Self, Self::Error> {
        let is_known =
            (10..=120).contains(&tick_rate) && (Self::WORLD_SIZE_MIN..=Self::WORLD_SIZE_MAX).contains(&world_size);
        is_known.then_some(Self { tick_rate, world_size }).ok_or("these are no rules of an arena")
    }
}

impl From<Rules> for (u16, u16) {
    fn from(rules: Rules) -> Self {
        (rules.tick_rate, rules.world_size)
    }
}

impl Rules {
    /// The smallest world: it holds a few ships and a large rock.
    pub const WORLD_SIZE_MIN: u16 = 512;
    /// The largest world: its positions fit 20 bits.
    pub const WORLD_SIZE_MAX: u16 = 16_383;

    /// The side of the world in 64ths of a unit, as positions count.
    #[must_use]
    pub const fn extent(&self) -> i32 {
        self.world_size as i32 * Position::UNIT
    }

    /// How many ticks a time of `ms` milliseconds takes, at least one.
    #[must_use]
    pub fn ticks(&self, ms: u32) -> u32 {
        (u32::from(self.tick_rate) * ms / 1000).max(1)
    }
}

/// A ship or a rock lost hull.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// What is left of it.
    pub hull: u8,
}

/// Something that everybody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A ship was destroyed.
    Destroyed {
        /// Whose ship.
        victim: PlayerId,
        /// By what.
        by: Destroyer,
    },
}

/// What destroyed a ship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destroyer {
    /// A player's bullet.
    Player(PlayerId),
    /// A rock.
    Rock,
}

/// How a player stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What the leaderboard ranks by.
    pub score: u32,
    /// Ships destroyed.
    pub kills: u16,
    /// Ships lost.
    pub deaths: u16,
}

impl Game for Arena {
    const NAME: &'static str = "arena";

    type Rules = Rules;
    type Controls = Controls;
    type Entity = Entity;
    type Patch = Damage;
    type Event = Event;
    type Standing = Standing;

    fn extent(rules: &Rules) -> Position {
        Position { x: rules.extent(), y: rules.extent() }
    }

    fn position(entity: &Entity) -> Position {
        entity.position()
    }

    fn avatar(player: PlayerId) -> EntityId {
        ids::ship(player)
    }

    fn controls(entity: &Entity) -> Option<Controls> {
        if let Entity::Ship(ship) = entity { Some(ship.controls) } else { None }
    }

    fn steer(entity: &mut Entity, controls: Controls) {
        if let Entity::Ship(ship) = entity {
            ship.controls = controls;
        }
    }

    fn coast(rules: &Rules, id: EntityId, entity: &mut Entity, births: &mut Vec<Birth<Entity>>) -> Fate {
        motion::coast(rules, id, entity, births)
    }

    fn patch_between(coasted: &Entity, truth: &Entity) -> Option<Damage> {
        let hull = truth.hull()?;
        let mut patched = coasted.clone();
        Self::patch(&mut patched, &Damage { hull });
        (patched == *truth).then_some(Damage { hull })
    }

    fn patch(entity: &mut Entity, patch: &Damage) {
        if let Some(hull) = entity.hull_mut() {
            *hull = patch.hull;
        }
    }

    fn digest(entity: &Entity, digest: &mut Digest) {
        entity.digest(digest);
    }

    fn specimens() -> Specimens<Self> {
        specimens::specimens()
    }
}
