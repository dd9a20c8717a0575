//! A player's ship and its encoding.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use tickcast_game::protocol::compact::{
    FieldReader, FieldWriter, pack_20_bit_pair, signed_from_bits, signed_to_bits, unpack_20_bit_pair,
};
use tickcast_game::protocol::units::{Angle, Position, Velocity};

use super::{Progress, SHIP, read_position, write_position};
use crate::wire::controls::{Controls, Steering};

/// A player's ship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ship {
    /// Position of the centre.
    pub position: Position,
    /// Velocity, within ±[`Ship::VELOCITY_MAX`] along each axis.
    pub velocity: Velocity,
    /// Direction of the nose, independent of the velocity.
    pub heading: Angle,
    /// Controls held by the player.
    pub controls: Controls,
    /// Ticks until the gun is ready, at most 31.
    pub cooldown: u8,
    /// Number of the next shot, at most 7. Determines the ids of its bullets.
    pub shot: u8,
    /// Remaining hull (hit points), up to [`Ship::HULL_FULL`]. A ship whose hull reaches zero is removed in the same tick.
    pub hull: u8,
    /// Remaining ticks of invulnerability, at most 1023.
    pub protection: u16,
    /// Ticks until the ship can dash again, at most 1023.
    pub recharge: u16,
    /// What the ship has collected and improved.
    pub progress: Progress,
}

const THRUST: u8 = 1 << 2;
const FIRE: u8 = 1 << 3;
const HEADING: u8 = 1 << 4;
const GUN: u8 = 1 << 5;
const TIMERS: u8 = 1 << 6;
const HULL: u8 = 1 << 7;
/// Maximum of a timer: the largest number of 10 bits.
const TIMER_MAX: u16 = 0x3ff;
/// Bit after the steering that is set if the progress follows.
const PROGRESS: u32 = 1 << Steering::BITS;
/// Number of bits of the numbers that fill the two halves of the velocity's bytes: the steering and [`PROGRESS`].
const HALF_BITS: u32 = 6;

impl Ship {
    /// Hull of a new ship.
    pub const HULL_FULL: u8 = 100;
    /// Maximum velocity along one axis, in 16ths of a world unit per second: the largest signed number of 14 bits.
    pub const VELOCITY_MAX: i32 = 8191;
    /// Radius in 64ths of a world unit.
    pub const RADIUS: i32 = 16 * Position::UNIT;

    /// Creates a ship at rest, protected for `protection` ticks.
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
            recharge: 0,
            progress: Progress::default(),
        }
    }

    fn timers(&self) -> u32 {
        debug_assert!(self.protection <= TIMER_MAX && self.recharge <= TIMER_MAX, "timers fit 10 bits");
        u32::from(self.protection) | u32::from(self.recharge) << 10 | u32::from(self.controls.dash) << 20
    }

    /// The progress and the choice that the player holds.
    fn progress_bits(&self) -> u16 {
        self.progress.to_bits() | self.controls.choice_bits() << Progress::BITS
    }

    fn steers_towards_heading(&self) -> bool {
        self.controls.steering == Steering::Towards(self.heading)
    }

    pub(super) fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        let gun = self.cooldown | self.shot << 5;
        let timers = self.timers();
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let first = SHIP
            | flag(self.controls.thrust, THRUST)
            | flag(self.controls.fire, FIRE)
            | flag(!self.steers_towards_heading(), HEADING)
            | flag(gun != 0, GUN)
            | flag(timers != 0, TIMERS)
            | flag(self.hull != Self::HULL_FULL, HULL);
        fields.write(&first)?;
        write_position(fields, self.position)?;
        let progress = self.progress_bits();
        let steering = u32::from(self.controls.steering.to_bits()) | if progress != 0 { PROGRESS } else { 0 };
        fields.write_bytes(&pack_20_bit_pair(
            signed_to_bits(self.velocity.x, 14) | (steering & ((1 << HALF_BITS) - 1)) << 14,
            signed_to_bits(self.velocity.y, 14) | (steering >> HALF_BITS) << 14,
        ))?;
        if first & HEADING != 0 {
            fields.write_bytes(&(self.heading.steps() as u16).to_le_bytes())?;
        }
        if first & GUN != 0 {
            fields.write(&gun)?;
        }
        if first & TIMERS != 0 {
            fields.write_bytes(&timers.to_le_bytes()[..3])?;
        }
        if first & HULL != 0 {
            fields.write(&self.hull)?;
        }
        if progress != 0 {
            fields.write_bytes(&progress.to_le_bytes())?;
        }
        Ok(())
    }

    pub(super) fn read_after_first<'de, A>(first: u8, fields: &mut FieldReader<A>) -> Result<Self, A::Error>
    where
        A: SeqAccess<'de>,
    {
        let has = |flag: u8| first & flag != 0;
        let position = read_position(fields)?;
        let (low, high) = unpack_20_bit_pair(fields.read()?);
        let bits = low >> 14 | (high >> 14) << HALF_BITS;
        let Some(steering) = Steering::from_bits((bits & (PROGRESS - 1)) as u16) else {
            return fields.invalid("invalid steering of a ship");
        };
        let heading = if has(HEADING) {
            Angle::new(u16::from_le_bytes(fields.read()?).into())
        } else if let Steering::Towards(heading) = steering {
            heading
        } else {
            return fields.invalid("ship without a heading");
        };
        let gun: u8 = if has(GUN) { fields.read()? } else { 0 };
        let [a, b, c] = if has(TIMERS) { fields.read()? } else { [0; 3] };
        let timers = u32::from_le_bytes([a, b, c, 0]);
        let hull = if has(HULL) { fields.read()? } else { Self::HULL_FULL };
        let progress_bits = if bits & PROGRESS != 0 { u16::from_le_bytes(fields.read()?) } else { 0 };
        let (Some(progress), Some(choice)) = (
            Progress::from_bits(progress_bits & ((1 << Progress::BITS) - 1)),
            Controls::choice_from_bits(progress_bits >> Progress::BITS),
        ) else {
            return fields.invalid("invalid progress of a ship");
        };
        Ok(Self {
            position,
            velocity: Velocity { x: signed_from_bits(low & 0x3fff, 14), y: signed_from_bits(high & 0x3fff, 14) },
            heading,
            controls: Controls { steering, thrust: has(THRUST), fire: has(FIRE), dash: timers >> 20 & 1 != 0, choice },
            cooldown: gun & 0x1f,
            shot: gun >> 5,
            protection: timers as u16 & TIMER_MAX,
            recharge: (timers >> 10) as u16 & TIMER_MAX,
            hull,
            progress,
        })
    }
}
