//! The bundled game's wire side and kernel: ships that thrust, drift and fire, rocks, and orbs.

pub mod controls;
pub mod entity;
pub mod ids;
pub mod motion;
mod specimens;

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize};

pub use controls::{Controls, Steering};
pub use entity::{Bullet, Entity, Orb, Rock, RockSize, Ship};

use crate::compact::{Fields, ReadFields, compact, write_value, write_varint};
use crate::game::{Birth, Digest, Fate, Specimens, Tally};
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

/// A ship was destroyed: that is what everybody is told. Bytes: the LEB128 number `victim · 2`, or `victim · 2 + 1` and then
/// the player whose bullet it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// Whose ship.
    pub victim: PlayerId,
    /// By what.
    pub by: Destroyer,
}

/// What destroyed a ship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Destroyed {
    fn write_fields<F: SerializeTuple>(&self, fields: &mut F) -> Result<(), F::Error> {
        let victim = u32::from(self.victim.0) << 1;
        match self.by {
            Destroyer::Rock => write_varint(fields, victim),
            Destroyer::Player(player) => {
                write_varint(fields, victim | 1)?;
                write_value(fields, &player)
            }
        }
    }
}

impl ReadFields for Destroyed {
    fn read<'de, A: SeqAccess<'de>>(fields: &mut Fields<A>) -> Result<Self, A::Error> {
        let number = fields.varint()?;
        let Ok(victim) = u16::try_from(number >> 1) else {
            return fields.refuse("there are not so many seats");
        };
        let by = if number & 1 == 0 { Destroyer::Rock } else { Destroyer::Player(fields.next()?) };
        Ok(Self { victim: PlayerId(victim), by })
    }
}

compact!(Destroyed);

impl Standing {
    /// What destroying a ship scores.
    const KILL_SCORE: u32 = 100;

    /// Adds a ship destroyed.
    pub const fn add_kill(&mut self) {
        self.kills = self.kills.saturating_add(1);
        self.score = self.score.saturating_add(Self::KILL_SCORE);
    }

    /// Adds a ship lost.
    pub const fn add_death(&mut self) {
        self.deaths = self.deaths.saturating_add(1);
    }
}

impl Game for Arena {
    const NAME: &'static str = "arena";

    type Rules = Rules;
    type Controls = Controls;
    type Entity = Entity;
    type Patch = Damage;
    type Event = Destroyed;
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

    fn tally(event: &Destroyed) -> Tally<Self> {
        let mut tally: Tally<Self> = vec![(event.victim, Standing::add_death)];
        if let Destroyer::Player(player) = event.by {
            tally.push((player, Standing::add_kill));
        }
        tally
    }

    fn digest(entity: &Entity, digest: &mut Digest) {
        entity.digest(digest);
    }

    fn specimens() -> Specimens<Self> {
        specimens::specimens()
    }
}
