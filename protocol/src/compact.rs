//! Hand-written encodings, for types whose derived encoding (serde's `derive`) would be longer than necessary.
//!
//! A type implements [`Compact`], and [`compact!`] implements serde's `Serialize` and `Deserialize` in terms of it. Fields
//! may be varints or packed bits, and a field may be omitted depending on the fields before it. The encoding contains only
//! the bytes of the fields: serde treats the type as a tuple, and [`crate::codec`] stores neither a length nor tags for
//! tuples. Self-describing formats such as JSON are not supported.
//!
//! # Example
//!
//! A chest whose owner is optional. The derived encoding would take 2 to 7 bytes. The following encoding takes 1 to 5:
//!
//! ```
//! use serde::de::SeqAccess;
//! use serde::ser::SerializeTuple;
//! use tickcast_protocol::compact::{Compact, FieldReader, FieldWriter, compact};
//! use tickcast_protocol::{PlayerId, codec};
//!
//! #[derive(Debug, PartialEq)]
//! struct Chest {
//!     /// At most 1000.
//!     coins: u32,
//!     owner: Option<PlayerId>,
//! }
//!
//! impl Compact for Chest {
//!     fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
//!         fields.write_varint(self.coins << 1 | u32::from(self.owner.is_some()))?;
//!         match &self.owner {
//!             Some(owner) => fields.write(owner),
//!             None => Ok(()),
//!         }
//!     }
//!
//!     fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
//!         let first = fields.read_varint()?;
//!         let owner = if first & 1 == 1 { Some(fields.read()?) } else { None };
//!         match first >> 1 {
//!             coins @ 0..=1000 => Ok(Self { coins, owner }),
//!             _ => fields.invalid("a chest holds at most 1000 coins"),
//!         }
//!     }
//! }
//!
//! compact!(Chest);
//!
//! let full = Chest { coins: 1000, owner: Some(PlayerId(7)) };
//! let bytes = codec::encode(&full);
//! assert_eq!(bytes, [0xd1, 0x0f, 7]);
//! assert_eq!(codec::decode(&bytes), Ok(full));
//! assert!(codec::decode::<Chest>(&codec::encode(&Chest { coins: 1001, owner: None })).is_err());
//! ```

use std::fmt;
use std::marker::PhantomData;

#[doc(hidden)]
pub use serde;
use serde::de::{DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};

/// Tuple length that a compact type declares to serde: the maximum number of elements. The codec does not encode this
/// length.
pub(crate) const FIELDS_MAX: usize = 1 << 10;

/// A type with a compact encoding. [`compact!`] implements `Serialize` and `Deserialize` for it.
pub trait Compact: Sized {
    /// Writes the fields in the order in which [`Compact::read_fields`] reads them. A value may have at most 1024 elements.
    /// Each byte of a varint or of [`FieldWriter::write_bytes`] counts as one element.
    ///
    /// # Errors
    /// Errors of the serializer.
    fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error>;

    /// Reads the fields. The bytes are untrusted: reject every value outside its range with [`FieldReader::invalid`].
    ///
    /// # Errors
    /// Errors of the deserializer, and fields that do not form a valid value.
    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error>;
}

/// Writer for the fields of a compact type.
#[derive(Debug)]
pub struct FieldWriter<T>(T);

impl<T: SerializeTuple> FieldWriter<T> {
    /// Writes a value in its own encoding.
    ///
    /// # Errors
    /// Errors of the serializer.
    pub fn write(&mut self, value: &impl Serialize) -> Result<(), T::Error> {
        self.0.serialize_element(value)
    }

    /// Writes bytes unchanged, without a length.
    ///
    /// # Errors
    /// Errors of the serializer.
    pub fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), T::Error> {
        bytes.iter().try_for_each(|byte| self.0.serialize_element(byte))
    }

    /// Writes a number as unsigned LEB128, in 1 to 5 bytes: seven bits per byte, the lowest bits first. The top bit of a
    /// byte is set if another byte follows.
    ///
    /// # Errors
    /// Errors of the serializer.
    pub fn write_varint(&mut self, mut number: u32) -> Result<(), T::Error> {
        while number >= 0x80 {
            self.0.serialize_element(&(number as u8 | 0x80))?;
            number >>= 7;
        }
        self.0.serialize_element(&(number as u8))
    }
}

/// Reader for the fields of a compact type, in the order in which they were written.
#[derive(Debug)]
pub struct FieldReader<A>(A);

impl<'de, A: SeqAccess<'de>> FieldReader<A> {
    pub(crate) const fn new(fields: A) -> Self {
        Self(fields)
    }

    /// Reads a value in its own encoding. To read bytes written by [`FieldWriter::write_bytes`], use an array of `u8` as type.
    ///
    /// # Errors
    /// Errors of the deserializer.
    pub fn read<T: DeserializeOwned>(&mut self) -> Result<T, A::Error> {
        self.0.next_element()?.ok_or_else(|| A::Error::custom("too few fields"))
    }

    /// Reads a number written by [`FieldWriter::write_varint`].
    ///
    /// # Errors
    /// Errors of the deserializer, and numbers of more than 32 bits or five bytes.
    pub fn read_varint(&mut self) -> Result<u32, A::Error> {
        let mut number = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte: u8 = self.read()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(number).map_err(|_| A::Error::custom("varint exceeds 32 bits"));
            }
        }
        Err(A::Error::custom("varint exceeds five bytes"))
    }

    /// Returns an error with this reason, for fields that do not form a valid value.
    ///
    /// # Errors
    /// Always.
    pub fn invalid<T>(&self, reason: &'static str) -> Result<T, A::Error> {
        Err(A::Error::custom(reason))
    }
}

/// Serializes a compact type; the implementation behind [`compact!`].
///
/// # Errors
/// Errors of the serializer.
#[doc(hidden)]
pub fn serialize<T: Compact, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_fields(serializer, |fields| value.write_fields(fields))
}

/// Serializes a tuple of the fields that `write` writes.
pub(crate) fn serialize_fields<S: Serializer>(
    serializer: S,
    write: impl FnOnce(&mut FieldWriter<S::SerializeTuple>) -> Result<(), S::Error>,
) -> Result<S::Ok, S::Error> {
    let mut fields = FieldWriter(serializer.serialize_tuple(FIELDS_MAX)?);
    write(&mut fields)?;
    fields.0.end()
}

/// Deserializes a compact type; the implementation behind [`compact!`].
///
/// # Errors
/// Errors of the deserializer, and fields that do not form a valid value.
#[doc(hidden)]
pub fn deserialize<'de, T: Compact, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct FieldsVisitor<T>(PhantomData<T>);

    impl<'de, T: Compact> Visitor<'de> for FieldsVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the fields of a compact type")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
            T::read_fields(&mut FieldReader::new(fields))
        }
    }

    deserializer.deserialize_tuple(FIELDS_MAX, FieldsVisitor(PhantomData))
}

/// Implements serde's `Serialize` and `Deserialize` for a type that implements [`Compact`](crate::compact::Compact).
///
/// The type may have one type parameter, which is written with its bound: `compact!(Change<G: GameProtocol>)`. See the
/// [module](mod@crate::compact) for an example.
#[macro_export]
macro_rules! compact {
    ($($type:ident)::+ $(<$parameter:ident: $bound:path>)?) => {
        impl $(<$parameter: $bound>)? $crate::compact::serde::Serialize for $($type)::+ $(<$parameter>)? {
            fn serialize<S: $crate::compact::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::compact::serialize(self, serializer)
            }
        }

        impl<'de $(, $parameter: $bound)?> $crate::compact::serde::Deserialize<'de> for $($type)::+ $(<$parameter>)? {
            fn deserialize<D: $crate::compact::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::compact::deserialize(deserializer)
            }
        }
    };
}
#[doc(inline)]
pub use compact;

/// Packs two numbers below 2²⁰ into five bytes, little-endian, the first number in the low bits.
#[must_use]
pub fn pack_20_bit_pair(first: u32, second: u32) -> [u8; 5] {
    debug_assert!(first < 1 << 20 && second < 1 << 20, "{first} and {second} must fit 20 bits");
    let [a, b, c, d, e, ..] = (u64::from(first) | u64::from(second) << 20).to_le_bytes();
    [a, b, c, d, e]
}

/// Unpacks the two numbers of [`pack_20_bit_pair`].
#[must_use]
pub fn unpack_20_bit_pair([a, b, c, d, e]: [u8; 5]) -> (u32, u32) {
    let both = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]);
    ((both & 0xf_ffff) as u32, (both >> 20) as u32)
}

/// The lowest `bits` bits (1 to 31) of a signed number in two's complement. The number must fit these bits.
#[must_use]
pub fn signed_to_bits(number: i32, bits: u32) -> u32 {
    debug_assert!(number >= -(1 << (bits - 1)) && number < 1 << (bits - 1), "{number} must fit {bits} bits");
    number.cast_unsigned() & ((1 << bits) - 1)
}

/// The inverse of [`signed_to_bits`]: sign-extends the lowest `bits` bits.
#[must_use]
pub fn signed_from_bits(number: u32, bits: u32) -> i32 {
    (number << (32 - bits)).cast_signed() >> (32 - bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_pairs_and_signed_numbers_round_trip() {
        for (first, second) in [(0, 0), (0xf_ffff, 0), (0, 0xf_ffff), (0x1_2345, 0xa_bcde)] {
            assert_eq!(unpack_20_bit_pair(pack_20_bit_pair(first, second)), (first, second));
        }
        for number in [-8192, -1, 0, 1, 8191] {
            assert_eq!(signed_from_bits(signed_to_bits(number, 14), 14), number);
        }
    }
}
