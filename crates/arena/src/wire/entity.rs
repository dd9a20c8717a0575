//! Entities of an arena and their encoding.
//!
//! ```text
//! first byte   bits 0–1: 0 ship, 1 bullet, 2 rock, 3 orb; bits 2–7 depend on the kind
//! position     5 bytes: x in bits 0–19, y in bits 20–39
//!
//! ship         first byte: bit 2 thrust, 3 fire; bits 4–7 are set if these fields follow: 4 heading, 5 gun,
//!                          6 timers, 7 hull
//!              position
//!              velocity    5 bytes: velocity.x in bits 0–13, velocity.y in bits 20–33, both signed; the low 6 bits of the
//!                          steering in bits 14–19, its high 5 bits in bits 34–38; bit 39 is set if the progress follows
//!              heading     2 bytes, unless the ship steers towards its heading
//!              gun         1 byte, unless zero: cooldown in bits 0–4, next shot in bits 5–7
//!              timers      3 bytes, unless zero: protection in bits 0–9, recharge of the dash in bits 10–19, both in ticks;
//!                          bit 20 dash (the control); bits 21–23 are zero
//!              hull        1 byte, unless full
//!              progress    2 bytes, unless zero: orbs in bits 0–2; the number of times that each upgrade was chosen in bits
//!                          3–4 (fire rate), 5–6 (speed), 7–8 (hull), 9–10 (spread); choice (the control) in bits 11–12; bits
//!                          13–15 are zero
//! bullet       first byte: bits 2–7 low 6 bits of the heading
//!              position
//!              2 bytes: bits 0–3 high 4 bits of the heading, bits 4–15 remaining life in ticks
//! rock         first byte: bits 2–3 size, 4–7 hull
//!              position
//!              velocity    3 bytes: x and y in 12 bits each, both signed
//! orb          first byte: bits 2–7 are zero
//!              position
//! ```

mod bullet;
mod orb;
mod patch;
mod progress;
mod rock;
mod ship;

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;

use tickcast_game::protocol::compact::{Compact, FieldReader, FieldWriter, compact, pack_20_bit_pair, unpack_20_bit_pair};
use tickcast_game::protocol::units::Position;

pub use bullet::Bullet;
pub use orb::Orb;
pub use patch::Patch;
pub use progress::{Progress, Upgrade};
pub use rock::{Rock, RockSize};
pub use ship::Ship;

/// An entity of an arena.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entity {
    /// A player's ship.
    Ship(Ship),
    /// A bullet fired by a ship.
    Bullet(Bullet),
    /// A drifting obstacle that damages ships.
    Rock(Rock),
    /// A pickup: repairs the ship that collects it and adds to the player's score.
    Orb(Orb),
}

impl Entity {
    /// Position of the entity's centre.
    #[must_use]
    pub const fn position(&self) -> Position {
        match self {
            Self::Ship(ship) => ship.position,
            Self::Bullet(bullet) => bullet.position,
            Self::Rock(rock) => rock.position,
            Self::Orb(orb) => orb.position,
        }
    }

    /// Remaining hull; `None` for entities without one.
    #[must_use]
    pub const fn hull(&self) -> Option<u8> {
        match self {
            Self::Ship(ship) => Some(ship.hull),
            Self::Rock(rock) => Some(rock.hull),
            Self::Bullet(_) | Self::Orb(_) => None,
        }
    }

    /// Applies a patch. Does nothing to entities that do not have what it changes.
    pub(crate) fn patch(&mut self, patch: Patch) {
        match (self, patch) {
            (Self::Ship(ship), Patch::Hull { hull, orb }) => {
                ship.hull = hull;
                if orb {
                    ship.progress.collect();
                }
            }
            (Self::Rock(rock), Patch::Hull { hull, .. }) => rock.hull = hull,
            (Self::Rock(rock), Patch::Rebound(velocity)) => rock.velocity = velocity,
            (Self::Ship(_), Patch::Rebound(_)) | (Self::Bullet(_) | Self::Orb(_), _) => {}
        }
    }

    /// Passes the entire state to `add`, as numbers: the kind, then the fields in the order of their declaration.
    pub(crate) fn for_each_word(&self, mut add: impl FnMut(i32)) {
        let mut add = |words: &[i32]| words.iter().for_each(|word| add(*word));
        let Position { x, y } = self.position();
        match self {
            Self::Ship(Ship {
                position: _,
                velocity,
                heading,
                controls,
                cooldown,
                shot,
                hull,
                protection,
                recharge,
                progress,
            }) => {
                add(&[0, x, y, velocity.x, velocity.y, heading.steps(), controls.to_bits().into()]);
                add(&[(*cooldown).into(), (*shot).into(), (*hull).into(), (*protection).into(), (*recharge).into()]);
                add(&[progress.to_bits().into()]);
            }
            Self::Bullet(Bullet { position: _, heading, life }) => add(&[1, x, y, heading.steps(), (*life).into()]),
            Self::Rock(Rock { position: _, velocity, size, hull }) => {
                add(&[2, x, y, velocity.x, velocity.y, *size as i32, (*hull).into()]);
            }
            Self::Orb(Orb { position: _ }) => add(&[3, x, y]),
        }
    }
}

const SHIP: u8 = 0;
const BULLET: u8 = 1;
const ROCK: u8 = 2;
const ORB: u8 = 3;

impl Compact for Entity {
    fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        match self {
            Self::Ship(ship) => ship.write_fields(fields),
            Self::Bullet(bullet) => bullet.write_fields(fields),
            Self::Rock(rock) => rock.write_fields(fields),
            Self::Orb(orb) => {
                fields.write(&ORB)?;
                write_position(fields, orb.position)
            }
        }
    }

    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        let first: u8 = fields.read()?;
        Ok(match first & 3 {
            SHIP => Self::Ship(Ship::read_after_first(first, fields)?),
            BULLET => Self::Bullet(Bullet::read_after_first(first, fields)?),
            ROCK => Self::Rock(Rock::read_after_first(first, fields)?),
            _ => Self::Orb(Orb { position: read_position(fields)? }),
        })
    }
}

compact!(Entity);

fn write_position<T: SerializeTuple>(fields: &mut FieldWriter<T>, position: Position) -> Result<(), T::Error> {
    fields.write_bytes(&pack_20_bit_pair(position.x.cast_unsigned(), position.y.cast_unsigned()))
}

fn read_position<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Position, A::Error> {
    let (x, y) = unpack_20_bit_pair(fields.read()?);
    Ok(Position { x: x.cast_signed(), y: y.cast_signed() })
}
