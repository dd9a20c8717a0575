//! The things of an arena and their bytes.
//!
//! ```text
//! first byte   bits 0–1: 0 ship, 1 bullet, 2 rock, 3 orb; the rest is the kind's own
//! place        5 bytes: x in bits 0–19, y in bits 20–39
//!
//! ship         first byte: bit 2 thrust, 3 fire, 4 heading follows, 5 gun follows, 6 protection follows, 7 hull follows
//!              place
//!              5 bytes: two 20-bit halves, each a velocity in its low 14 bits and 6 bits of the steering in its high ones
//!              heading     2 bytes  if the ship does not head where it aims
//!              gun         1 byte   if it has fired: cooldown in bits 0–4, next shot in bits 5–7
//!              protection  2 bytes  if it is protected: ticks
//!              hull        1 byte   if it is damaged
//! bullet       first byte: low 6 bits of the heading; place; 2 bytes: high 4 bits of the heading, then the life in ticks
//! rock         first byte: bits 2–3 the size, 4–7 the hull; place; 3 bytes: two 12-bit velocities
//! orb          first byte: the rest is zero; place
//! ```

use serde::de::SeqAccess;
use serde::ser::{Serialize, SerializeTuple};

use super::controls::{Controls, Steering};
use crate::compact::{
    Fields, ReadFields, compact, pair_from_bytes, pair_to_bytes, signed_from_bits, signed_to_bits, write_bytes, write_value,
};
use crate::game::Digest;
use crate::units::{Angle, Position, Velocity};

/// A thing in an arena.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entity {
    /// A player's ship.
    Ship(Ship),
    /// What ships fire.
    Bullet(Bullet),
    /// What drifts about and hurts.
    Rock(Rock),
    /// What heals and scores.
    Orb(Orb),
}

/// A player's ship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ship {
    /// Where it is.
    pub position: Position,
    /// How it drifts, within ±[`Ship::VELOCITY_MAX`].
    pub velocity: Velocity,
    /// Where its nose points.
    pub heading: Angle,
    /// What its pilot holds.
    pub controls: Controls,
    /// Ticks until the gun is ready, at most 31.
    pub cooldown: u8,
    /// Which of its bullets the gun fires next, at most 7.
    pub shot: u8,
    /// What is left of the hull, up to [`Ship::HULL_FULL`]; 0 is a ship about to be taken out.
    pub hull: u8,
    /// Ticks for which nothing can harm it.
    pub protection: u16,
}

/// What ships fire. Its owner follows from its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bullet {
    /// Where it is.
    pub position: Position,
    /// Where it flies.
    pub heading: Angle,
    /// For how many ticks it goes on.
    pub life: u8,
}

/// What drifts about and hurts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rock {
    /// Where it is.
    pub position: Position,
    /// How it drifts, within ±[`Rock::VELOCITY_MAX`].
    pub velocity: Velocity,
    /// How large it is.
    pub size: RockSize,
    /// How many more hits it takes, at most 15.
    pub hull: u8,
}

/// How large a rock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RockSize {
    /// What is left of a medium rock.
    Small,
    /// What is left of a large rock.
    Medium,
    /// What drifts in.
    Large,
}

/// What heals and scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orb {
    /// Where it is.
    pub position: Position,
}

impl Ship {
    /// The hull of a new ship.
    pub const HULL_FULL: u8 = 100;
    /// The greatest velocity along one axis: 14 bits.
    pub const VELOCITY_MAX: i32 = 8191;
    /// Its radius in 64ths of a unit.
    pub const RADIUS: i32 = 16 * Position::UNIT;

    /// A new ship at rest.
    #[must_use]
    pub fn new(position: Position, heading: Angle, protection: u16) -> Self {
        Self {
            position,
            velocity: Velocity::default(),
            heading,
            controls: Controls::default(),
            cooldown: 0,
            shot: 0,
            hull: Self::HULL_FULL,
            protection,
        }
    }

    fn aims_where_it_heads(&self) -> bool {
        self.controls.steering == Steering::Towards(self.heading)
    }
}

impl Bullet {
    /// Its radius in 64ths of a unit.
    pub const RADIUS: i32 = 3 * Position::UNIT;
}

impl Rock {
    /// The greatest velocity along one axis: 12 bits.
    pub const VELOCITY_MAX: i32 = 2047;
}

impl RockSize {
    /// Its radius in 64ths of a unit.
    #[must_use]
    pub const fn radius(self) -> i32 {
        Position::UNIT
            * match self {
                Self::Small => 18,
                Self::Medium => 34,
                Self::Large => 56,
            }
    }

    /// How many hits a whole one takes.
    #[must_use]
    pub const fn hull_full(self) -> u8 {
        match self {
            Self::Small => 2,
            Self::Medium => 4,
            Self::Large => 8,
        }
    }

    const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::Small),
            1 => Some(Self::Medium),
            2 => Some(Self::Large),
            _ => None,
        }
    }
}

impl Orb {
    /// Its radius in 64ths of a unit.
    pub const RADIUS: i32 = 10 * Position::UNIT;
}

impl Entity {
    /// Where it is.
    #[must_use]
    pub const fn position(&self) -> Position {
        match self {
            Self::Ship(ship) => ship.position,
            Self::Bullet(bullet) => bullet.position,
            Self::Rock(rock) => rock.position,
            Self::Orb(orb) => orb.position,
        }
    }

    /// What is left of its hull, if it has one.
    #[must_use]
    pub const fn hull(&self) -> Option<u8> {
        match self {
            Self::Ship(ship) => Some(ship.hull),
            Self::Rock(rock) => Some(rock.hull),
            Self::Bullet(_) | Self::Orb(_) => None,
        }
    }

    pub(super) const fn hull_mut(&mut self) -> Option<&mut u8> {
        match self {
            Self::Ship(ship) => Some(&mut ship.hull),
            Self::Rock(rock) => Some(&mut rock.hull),
            Self::Bullet(_) | Self::Orb(_) => None,
        }
    }

    pub(super) fn digest(&self, digest: &mut Digest) {
        let mut add = |words: &[i32]| words.iter().for_each(|word| digest.add(*word));
        let Position { x, y } = self.position();
        match self {
            Self::Ship(ship) => {
                add(&[0, x, y, ship.velocity.x, ship.velocity.y, ship.heading.steps(), ship.controls.to_bits().into()]);
                add(&[ship.cooldown.into(), ship.shot.into(), ship.hull.into(), ship.protection.into()]);
            }
            Self::Bullet(bullet) => add(&[1, x, y, bullet.heading.steps(), bullet.life.into()]),
            Self::Rock(rock) => add(&[2, x, y, rock.velocity.x, rock.velocity.y, rock.size as i32, rock.hull.into()]),
            Self::Orb(_) => add(&[3, x, y]),
        }
    }

    fn write_fields<F: SerializeTuple>(&self, fields: &mut F) -> Result<(), F::Error> {
        match self {
            Self::Ship(ship) => ship.write_fields(fields),
            Self::Bullet(bullet) => bullet.write_fields(fields),
            Self::Rock(rock) => rock.write_fields(fields),
            Self::Orb(orb) => {
                write_value(fields, &ORB)?;
                write_place(fields, orb.position)
            }
        }
    }
}

const SHIP: u8 = 0;
const BULLET: u8 = 1;
const ROCK: u8 = 2;
const ORB: u8 = 3;

const THRUST: u8 = 1 << 2;
const FIRE: u8 = 1 << 3;
const HEADING: u8 = 1 << 4;
const GUN: u8 = 1 << 5;
const PROTECTION: u8 = 1 << 6;
const HULL: u8 = 1 << 7;

impl Ship {
    fn write_fields<F: SerializeTuple>(&self, fields: &mut F) -> Result<(), F::Error> {
        let gun = self.cooldown | self.shot << 5;
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let first = SHIP
            | flag(self.controls.thrust, THRUST)
            | flag(self.controls.fire, FIRE)
            | flag(!self.aims_where_it_heads(), HEADING)
            | flag(gun != 0, GUN)
            | flag(self.protection != 0, PROTECTION)
            | flag(self.hull != Self::HULL_FULL, HULL);
        write_value(fields, &first)?;
        write_place(fields, self.position)?;
        let steering = u32::from(self.controls.steering.to_bits());
        write_bytes(
            fields,
            &pair_to_bytes(
                signed_to_bits(self.velocity.x, 14) | (steering & 0x3f) << 14,
                signed_to_bits(self.velocity.y, 14) | (steering >> 6) << 14,
            ),
        )?;
        if first & HEADING != 0 {
            write_bytes(fields, &(self.heading.steps() as u16).to_le_bytes())?;
        }
        if first & GUN != 0 {
            write_value(fields, &gun)?;
        }
        if first & PROTECTION != 0 {
            write_bytes(fields, &self.protection.to_le_bytes())?;
        }
        if first & HULL != 0 {
            write_value(fields, &self.hull)?;
        }
        Ok(())
    }

    fn read_after_first<'de, A: SeqAccess<'de>>(first: u8, fields: &mut Fields<A>) -> Result<Self, A::Error> {
        let has = |flag: u8| first & flag != 0;
        let position = read_place(fields)?;
        let (low, high) = pair_from_bytes(fields.next()?);
        let Some(steering) = Steering::from_bits((low >> 14 | (high >> 14) << 6) as u16) else {
            return fields.refuse("a ship steers nowhere");
        };
        let heading = if has(HEADING) {
            Angle::new(u16::from_le_bytes(fields.next()?).into())
        } else if let Steering::Towards(heading) = steering {
            heading
        } else {
            return fields.refuse("a ship has no heading");
        };
        let gun: u8 = if has(GUN) { fields.next()? } else { 0 };
        Ok(Self {
            position,
            velocity: Velocity { x: signed_from_bits(low & 0x3fff, 14), y: signed_from_bits(high & 0x3fff, 14) },
            heading,
            controls: Controls { steering, thrust: has(THRUST), fire: has(FIRE) },
            cooldown: gun & 0x1f,
            shot: gun >> 5,
            protection: if has(PROTECTION) { u16::from_le_bytes(fields.next()?) } else { 0 },
            hull: if has(HULL) { fields.next()? } else { Self::HULL_FULL },
        })
    }
}

impl Bullet {
    fn write_fields<F: SerializeTuple>(&self, fields: &mut F) -> Result<(), F::Error> {
        let heading = self.heading.steps() as u16;
        write_value(fields, &(BULLET | (heading as u8 & 0x3f) << 2))?;
        write_place(fields, self.position)?;
        write_bytes(fields, &(heading >> 6 | u16::from(self.life) << 4).to_le_bytes())
    }

    fn read_after_first<'de, A: SeqAccess<'de>>(first: u8, fields: &mut Fields<A>) -> Result<Self, A::Error> {
        let position = read_place(fields)?;
        let rest = u16::from_le_bytes(fields.next()?);
        let Ok(life) = u8::try_from(rest >> 4) else {
            return fields.refuse("a bullet lives too long");
        };
        Ok(Self { position, heading: Angle::new(i32::from(first >> 2) | i32::from(rest & 0xf) << 6), life })
    }
}

impl Rock {
    fn write_fields<F: SerializeTuple>(&self, fields: &mut F) -> Result<(), F::Error> {
        debug_assert!(self.hull < 16, "a rock's hull has 4 bits");
        write_value(fields, &(ROCK | (self.size as u8) << 2 | self.hull << 4))?;
        write_place(fields, self.position)?;
        let both = signed_to_bits(self.velocity.x, 12) | signed_to_bits(self.velocity.y, 12) << 12;
        write_bytes(fields, &both.to_le_bytes()[..3])
    }

    fn read_after_first<'de, A: SeqAccess<'de>>(first: u8, fields: &mut Fields<A>) -> Result<Self, A::Error> {
        let Some(size) = RockSize::from_bits(first >> 2 & 3) else {
            return fields.refuse("a rock has no such size");
        };
        let position = read_place(fields)?;
        let [a, b, c] = fields.next()?;
        let both = u32::from_le_bytes([a, b, c, 0]);
        let velocity = Velocity { x: signed_from_bits(both & 0xfff, 12), y: signed_from_bits(both >> 12, 12) };
        Ok(Self { position, velocity, size, hull: first >> 4 })
    }
}

impl ReadFields for Entity {
    fn read<'de, A: SeqAccess<'de>>(fields: &mut Fields<A>) -> Result<Self, A::Error> {
        let first: u8 = fields.next()?;
        Ok(match first & 3 {
            SHIP => Self::Ship(Ship::read_after_first(first, fields)?),
            BULLET => Self::Bullet(Bullet::read_after_first(first, fields)?),
            ROCK => Self::Rock(Rock::read_after_first(first, fields)?),
            _ => Self::Orb(Orb { position: read_place(fields)? }),
        })
    }
}

fn write_place<F: SerializeTuple>(fields: &mut F, place: Position) -> Result<(), F::Error> {
    write_bytes(fields, &pair_to_bytes(place.x.cast_unsigned(), place.y.cast_unsigned()))
}

fn read_place<'de, A: SeqAccess<'de>>(fields: &mut Fields<A>) -> Result<Position, A::Error> {
    let (x, y) = pair_from_bytes(fields.next()?);
    Ok(Position { x: x.cast_signed(), y: y.cast_signed() })
}

compact!(Entity);
