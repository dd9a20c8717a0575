//! Encodings of fields in whole bits, for the entities, controls and patches of games.
//!
//! With serde's derive, each field takes at least one byte, and a coordinate up to five. [`packed!`] declares a type whose
//! fields are encoded one after another in as few bits as their values need:
//!
//! ```
//! use tickcast_protocol::packed::{Axes, Encoding, Plain, Range, Signed, Unsigned, packed};
//! use tickcast_protocol::{Angle, Position, Velocity, codec};
//!
//! packed! {
//!     #[derive(Clone, Debug, PartialEq, Eq)]
//!     pub enum Entity {
//!         /// 1 bit for the kind and 83 bits for the fields: 11 bytes. With serde's derive, it would take up to 23.
//!         Disc {
//!             /// Up to 16,383 world units from the origin.
//!             position: Position as Axes<Unsigned<20>>,
//!             /// Up to 127 world units per second along each axis.
//!             velocity: Velocity as Axes<Signed<12>>,
//!             heading: Angle,
//!             keys: Keys,
//!             hull: u8 as Range<0, 100>,
//!         },
//!         /// 1 + 40 bits: 6 bytes.
//!         Pill { position: Position as Axes<Unsigned<20>> },
//!     }
//! }
//!
//! packed! {
//!     #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
//!     pub struct Keys {
//!         pub thrust: bool,
//!         pub shield: bool,
//!     }
//! }
//!
//! let disc = Entity::Disc {
//!     position: Position::at_units(900, 40),
//!     velocity: Velocity { x: -300, y: 25 },
//!     heading: Angle::new(700),
//!     keys: Keys { thrust: true, shield: false },
//!     hull: 100,
//! };
//! let bytes = codec::encode(&disc);
//! assert_eq!(bytes.len(), 11);
//! assert_eq!(codec::decode(&bytes), Ok(disc));
//! assert_eq!(codec::encode(&Entity::Pill { position: Position::at_units(5, 5) }).len(), 6);
//! assert_eq!(codec::encode(&Keys::default()).len(), 1);
//! assert_eq!(<Plain as Encoding<Entity>>::BITS_MAX, 84);
//! ```
//!
//! [`Packed`] uses an encoding for a single field of a type with serde's derive. The field then takes whole bytes:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use tickcast_protocol::packed::{Axes, Packed, Unsigned};
//! use tickcast_protocol::{Position, codec};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Flag {
//!     team: u8,
//!     #[serde(with = "Packed::<Axes<Unsigned<20>>>")]
//!     position: Position,
//! }
//!
//! assert_eq!(codec::encode(&Flag { team: 1, position: Position::at_units(16_000, 0) }).len(), 1 + 5);
//! ```
//!
//! # Encodings
//!
//! | encoding | values | bits |
//! | --- | --- | --- |
//! | [`Plain`], the default | `bool` | 1 |
//! | | `u8`, `u16`, `u32`; `i8`, `i16`, `i32` in two's complement | 8, 16, 32 |
//! | | [`Angle`](crate::Angle): its steps | 10 |
//! | | [`PlayerId`](crate::PlayerId), [`EntityId`](crate::EntityId) | 16, 30 |
//! | | a struct declared with [`packed!`]: its fields in order | the sum |
//! | | an enum declared with [`packed!`]: the index of the variant as `Range<0, LAST>`, then its fields | the sum |
//! | [`Unsigned<BITS>`] | integers from 0 to 2^BITS − 1 | BITS |
//! | [`Signed<BITS>`] | integers from −2^(BITS−1) to 2^(BITS−1) − 1, in two's complement | BITS |
//! | [`Range<MIN, MAX>`](Range) | integers from MIN to MAX, as the difference from MIN | those of the number MAX − MIN |
//! | [`Steps<STEP, BITS>`](Steps) | multiples of STEP: the quotient as `Signed<BITS>` | BITS |
//! | [`Axes<E>`](Axes) | [`Position`](crate::Position) and [`Velocity`](crate::Velocity): x, then y | 2 · E |
//! | [`Optional<E>`](Optional) | an `Option`: 0 for `None`, 1 before the value | 1, or 1 + E |
//! | [`Each<E>`](Each) | an array: its elements in order | the sum |
//!
//! Bits fill each byte from the lowest bit on. A number is written with its lowest bit first. The unused bits of the last
//! byte are zero.
//!
//! Every value has exactly one encoding. Decoding rejects all other bytes: numbers outside their range, and unused bits that
//! are not zero. A value outside the range of its encoding cannot be encoded: [`codec::encode`](crate::codec::encode)
//! panics, because replicas would otherwise differ from the server without notice. The rules must therefore keep every
//! number within its range. The test kit of tickcast checks this.
//!
//! Only messages contain the bits. A format that people read, and the page of a game, gets the fields with their names.

mod bits;
mod encodings;
#[macro_use]
mod macros;

use core::marker::PhantomData;
use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};

use crate::compact::{FIELDS_MAX, FieldReader, serialize_fields};

pub use bits::{BitReader, BitWriter};
pub use encodings::{Axes, Each, Optional, Plain, Range, Signed, Steps, Unsigned};
#[doc(inline)]
pub use packed;

/// An encoding of values of type `T` in whole bits. See the [module](mod@crate::packed) for the list of encodings.
pub trait Encoding<T> {
    /// Maximum number of bits of a value, at most 8,192.
    const BITS_MAX: u32;

    /// Writes a value.
    ///
    /// # Errors
    /// Errors of the serializer, and values that the encoding cannot represent.
    fn write<Out: SerializeTuple>(value: &T, bits: &mut BitWriter<'_, Out>) -> Result<(), Out::Error>;

    /// Reads a value. The bits are untrusted.
    ///
    /// # Errors
    /// Errors of the deserializer, and bits that are not the encoding of a value.
    fn read<'de, In: SeqAccess<'de>>(bits: &mut BitReader<'_, In>) -> Result<T, In::Error>;
}

/// Encodes a field of a type with serde's derive: `#[serde(with = "Packed::<Range<0, 100>>")]`. The field takes as many bytes
/// as its bits need.
#[derive(Clone, Copy, Debug)]
pub struct Packed<E>(PhantomData<E>);

impl<E> Packed<E> {
    /// Serializes a value. Only messages contain the bits: for formats that people read, and for the page of a game, the value
    /// is serialized like a type with serde's derive.
    ///
    /// # Errors
    /// Errors of the serializer, and values that the encoding cannot represent.
    pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        E: Encoding<T>,
    {
        if serializer.is_human_readable() { value.serialize(serializer) } else { Self::serialize_bits(value, serializer) }
    }

    /// Deserializes a value.
    ///
    /// # Errors
    /// Errors of the deserializer, and bytes that are not the encoding of a value.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>
    where
        E: Encoding<T>,
    {
        if deserializer.is_human_readable() { T::deserialize(deserializer) } else { Self::deserialize_bits(deserializer) }
    }

    /// Serializes the bits of a value.
    ///
    /// # Errors
    /// Errors of the serializer, and values that the encoding cannot represent.
    #[doc(hidden)]
    pub fn serialize_bits<T, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        E: Encoding<T>,
    {
        const { assert!(E::BITS_MAX as usize <= 8 * FIELDS_MAX, "a packed value has at most 1024 bytes") };
        serialize_fields(serializer, |fields| {
            let mut bits = BitWriter::new(fields);
            E::write(value, &mut bits)?;
            bits.finish()
        })
    }

    /// Deserializes the bits of a value.
    ///
    /// # Errors
    /// Errors of the deserializer, and bytes that are not the encoding of a value.
    #[doc(hidden)]
    pub fn deserialize_bits<'de, T, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>
    where
        E: Encoding<T>,
    {
        deserializer.deserialize_tuple(FIELDS_MAX, BitsVisitor(PhantomData::<(E, T)>))
    }
}

struct BitsVisitor<E, T>(PhantomData<(E, T)>);

impl<'de, T, E: Encoding<T>> Visitor<'de> for BitsVisitor<E, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a packed value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        let mut fields = FieldReader::new(fields);
        let mut bits = BitReader::new(&mut fields);
        let value = E::read(&mut bits)?;
        bits.finish()?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests;
