//! A rock and its encoding.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use tickcast_game::protocol::compact::{FieldReader, FieldWriter, signed_from_bits, signed_to_bits};
use tickcast_game::protocol::units::{Position, Velocity};

use super::{ROCK, read_position, write_position};

/// A drifting rock. It damages ships that collide with it. Each hit by a bullet reduces the rock's hull by one; at zero,
/// the rock breaks. A large or medium rock breaks into smaller rocks. A small rock may leave an orb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rock {
    /// Position of the centre.
    pub position: Position,
    /// Velocity, within ±[`Rock::VELOCITY_MAX`] along each axis.
    pub velocity: Velocity,
    /// Size.
    pub size: RockSize,
    /// Number of hits until the rock breaks, at most 15.
    pub hull: u8,
}

/// Size of a rock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RockSize {
    /// A fragment of a medium rock.
    Small,
    /// A fragment of a large rock.
    Medium,
    /// A rock that has not been broken.
    Large,
}

impl RockSize {
    /// Radius in 64ths of a world unit.
    #[must_use]
    pub const fn radius(self) -> i32 {
        let units = match self {
            Self::Small => 18,
            Self::Medium => 34,
            Self::Large => 56,
        };
        units * Position::UNIT
    }

    /// Number of hits after which a new rock of this size breaks.
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

impl Rock {
    /// Maximum velocity along one axis, in 16ths of a world unit per second: the largest signed number of 12 bits.
    pub const VELOCITY_MAX: i32 = 2047;

    /// Creates an undamaged rock.
    #[must_use]
    pub const fn new(size: RockSize, position: Position, velocity: Velocity) -> Self {
        Self { position, velocity, size, hull: size.hull_full() }
    }

    pub(super) fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        debug_assert!(self.hull < 16, "the hull of a rock fits 4 bits");
        fields.write(&(ROCK | (self.size as u8) << 2 | self.hull << 4))?;
        write_position(fields, self.position)?;
        write_velocity(fields, self.velocity)
    }

    pub(super) fn read_after_first<'de, A>(first: u8, fields: &mut FieldReader<A>) -> Result<Self, A::Error>
    where
        A: SeqAccess<'de>,
    {
        let Some(size) = RockSize::from_bits(first >> 2 & 3) else {
            return fields.invalid("unknown size of a rock");
        };
        Ok(Self { position: read_position(fields)?, velocity: read_velocity(fields)?, size, hull: first >> 4 })
    }
}

pub(super) fn write_velocity<T: SerializeTuple>(fields: &mut FieldWriter<T>, velocity: Velocity) -> Result<(), T::Error> {
    let bits = signed_to_bits(velocity.x, 12) | signed_to_bits(velocity.y, 12) << 12;
    fields.write_bytes(&bits.to_le_bytes()[..3])
}

pub(super) fn read_velocity<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Velocity, A::Error> {
    let [a, b, c] = fields.read()?;
    let bits = u32::from_le_bytes([a, b, c, 0]);
    Ok(Velocity { x: signed_from_bits(bits & 0xfff, 12), y: signed_from_bits(bits >> 12, 12) })
}
