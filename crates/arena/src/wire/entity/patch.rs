//! What interactions change most often in an entity, and its encoding.
//!
//! ```text
//! hull      1 byte   bits 0–6 the hull, at most 126; bit 7 orb
//! rebound   1 byte   7f
//!           velocity 3 bytes: x and y in 12 bits each, both signed
//! ```

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use tickcast_game::protocol::compact::{Compact, FieldReader, FieldWriter, compact};
use tickcast_game::protocol::units::Velocity;

use super::Ship;
use super::rock::{read_velocity, write_velocity};

/// What interactions change most often in a ship or a rock. Serves as the patch of an [`Entity`](super::Entity).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patch {
    /// Damage or a pickup.
    Hull {
        /// The new hull, at most [`Patch::HULL_MAX`].
        hull: u8,
        /// Whether the patch adds an orb to the bar of the ship.
        orb: bool,
    },
    /// The new velocity of a rock, within ±[`Rock::VELOCITY_MAX`](super::Rock::VELOCITY_MAX) along each axis.
    Rebound(Velocity),
}

impl Patch {
    /// Maximum hull in a patch.
    pub const HULL_MAX: u8 = 0x7e;
    const ORB: u8 = 1 << 7;
    const REBOUND: u8 = 0x7f;
}

const _: () = assert!(Ship::HULL_FULL <= Patch::HULL_MAX, "the hull of every ship fits a patch");

impl Compact for Patch {
    fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        match *self {
            Self::Hull { hull, orb } => {
                debug_assert!(hull <= Self::HULL_MAX, "the hull fits a patch");
                fields.write(&(hull | if orb { Self::ORB } else { 0 }))
            }
            Self::Rebound(velocity) => {
                fields.write(&Self::REBOUND)?;
                write_velocity(fields, velocity)
            }
        }
    }

    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        let first: u8 = fields.read()?;
        let (hull, orb) = (first & !Self::ORB, first & Self::ORB != 0);
        match (hull, orb) {
            (Self::REBOUND, false) => read_velocity(fields).map(Self::Rebound),
            (Self::REBOUND, true) => fields.invalid("the hull of a patch is at most 126"),
            _ => Ok(Self::Hull { hull, orb }),
        }
    }
}

compact!(Patch);
