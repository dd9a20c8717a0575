//! Coding that is denser than what serde derives: values of varying length, written byte by byte.
//!
//! A type with such a coding writes a serde tuple that may end early. bincode stores neither lengths nor tags for tuples,
//! so the bytes are just the fields.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};

/// More fields than any compact type has.
const FIELDS_MAX: usize = 1 << 10;

/// Writes the fields of a compact type.
pub(crate) fn write<S: Serializer>(
    serializer: S,
    write: impl FnOnce(&mut S::SerializeTuple) -> Result<(), S::Error>,
) -> Result<S::Ok, S::Error> {
    let mut fields = serializer.serialize_tuple(FIELDS_MAX)?;
    write(&mut fields)?;
    fields.end()
}

/// Writes bytes as they are.
pub(crate) fn write_bytes<F: SerializeTuple>(fields: &mut F, bytes: &[u8]) -> Result<(), F::Error> {
    bytes.iter().try_for_each(|byte| fields.serialize_element(byte))
}

/// Writes a number as LEB128: seven bits to a byte, the lowest first, the top bit set while more follow.
pub(crate) fn write_varint<F: SerializeTuple>(fields: &mut F, mut number: u32) -> Result<(), F::Error> {
    while number >= 0x80 {
        fields.serialize_element(&(number as u8 | 0x80))?;
        number >>= 7;
    }
    fields.serialize_element(&(number as u8))
}

/// A type that reads its own fields, one after the other.
pub(crate) trait ReadFields: Sized {
    /// Reads the fields.
    fn read<'de, A: SeqAccess<'de>>(fields: &mut Fields<A>) -> Result<Self, A::Error>;
}

/// The fields of a compact type, to be read in order.
pub(crate) struct Fields<A>(A);

impl<'de, A: SeqAccess<'de>> Fields<A> {
    /// The next field.
    pub(crate) fn next<T: DeserializeOwned>(&mut self) -> Result<T, A::Error> {
        self.0.next_element()?.ok_or_else(|| A::Error::custom("too few fields"))
    }

    /// A number that [`write_varint`] wrote.
    pub(crate) fn varint(&mut self) -> Result<u32, A::Error> {
        let mut number = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte: u8 = self.next()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(number).map_err(|_| A::Error::custom("a number beyond 32 bits"));
            }
        }
        Err(A::Error::custom("a number of too many bytes"))
    }

    /// Says what is wrong with the fields.
    pub(crate) fn refuse<T>(&self, why: &'static str) -> Result<T, A::Error> {
        Err(A::Error::custom(why))
    }
}

/// Reads a compact type.
pub(crate) fn read<'de, T: ReadFields, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct FieldsVisitor<T>(PhantomData<T>);

    impl<'de, T: ReadFields> Visitor<'de> for FieldsVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the fields of a compact type")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
            T::read(&mut Fields(fields))
        }
    }

    deserializer.deserialize_tuple(FIELDS_MAX, FieldsVisitor(PhantomData))
}

/// Two 20-bit numbers in five bytes, the first in the low bits.
pub(crate) fn pair_to_bytes(first: u32, second: u32) -> [u8; 5] {
    debug_assert!(first < 1 << 20 && second < 1 << 20, "{first} and {second} are to fit 20 bits");
    let [a, b, c, d, e, ..] = (u64::from(first) | u64::from(second) << 20).to_le_bytes();
    [a, b, c, d, e]
}

/// The numbers that [`pair_to_bytes`] wrote.
pub(crate) fn pair_from_bytes([a, b, c, d, e]: [u8; 5]) -> (u32, u32) {
    let both = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]);
    ((both & 0xf_ffff) as u32, (both >> 20) as u32)
}

/// The lowest `bits` of a signed number.
pub(crate) fn signed_to_bits(number: i32, bits: u32) -> u32 {
    debug_assert!(number >= -(1 << (bits - 1)) && number < 1 << (bits - 1), "{number} is to fit {bits} bits");
    number.cast_unsigned() & ((1 << bits) - 1)
}

/// The signed number that [`signed_to_bits`] wrote.
pub(crate) fn signed_from_bits(number: u32, bits: u32) -> i32 {
    (number << (32 - bits)).cast_signed() >> (32 - bits)
}

/// Makes a type that has `write_fields` and [`ReadFields`] travel through serde.
macro_rules! compact {
    ($($type:ident)::+ $(<$game:ident: $bound:path>)?) => {
        impl $(<$game: $bound>)? Serialize for $($type)::+ $(<$game>)? {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::compact::write(serializer, |fields| self.write_fields(fields))
            }
        }

        impl<'de $(, $game: $bound)?> serde::Deserialize<'de> for $($type)::+ $(<$game>)? {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::compact::read(deserializer)
            }
        }
    };
}
pub(crate) use compact;

/// Writes a value through serde; named here so that compact types need no import of serde's traits.
pub(crate) fn write_value<F: SerializeTuple, T: Serialize>(fields: &mut F, value: &T) -> Result<(), F::Error> {
    fields.serialize_element(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_signed_numbers_come_back() {
        for (first, second) in [(0, 0), (0xf_ffff, 0), (0, 0xf_ffff), (0x1_2345, 0xa_bcde)] {
            assert_eq!(pair_from_bytes(pair_to_bytes(first, second)), (first, second));
        }
        for number in [-8192, -1, 0, 1, 8191] {
            assert_eq!(signed_from_bits(signed_to_bits(number, 14), 14), number);
        }
    }
}
