//! A decoder without error texts, for clients that must be small.
//!
//! bincode's decoder describes each error in words. This would add the formatting of all types, even of floating-point
//! numbers, to a client for WebAssembly: 70 of 150 KB. This decoder reads the same format, and rejects the same bytes.

use std::fmt;

use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::{Deserialize, de};

/// Decodes a value that spans all bytes. Returns `None` if the bytes are not exactly one value.
pub(super) fn decode<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Option<T> {
    let mut decoder = Decoder { rest: bytes };
    let value = T::deserialize(&mut decoder).ok()?;
    decoder.rest.is_empty().then_some(value)
}

/// Decodes a value that other bytes may follow.
pub(super) fn decode_first<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Option<T> {
    T::deserialize(&mut Decoder { rest: bytes }).ok()
}

struct Decoder<'de> {
    rest: &'de [u8],
}

/// The bytes are invalid. Constructing this error formats no text.
#[derive(Debug)]
struct Invalid;

type Result<T> = std::result::Result<T, Invalid>;

impl<'de> Decoder<'de> {
    fn take(&mut self, length: usize) -> Result<&'de [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Invalid)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Invalid)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8> {
        self.array().map(|[byte]| byte)
    }

    /// A number of at most `bytes_max` bytes: one byte up to 250, or a tag and 2, 4, 8 or 16 bytes, little-endian.
    fn varint(&mut self, bytes_max: usize) -> Result<u128> {
        let tag = self.byte()?;
        let length = match tag {
            0..=250 => return Ok(tag.into()),
            251..=254 => 2 << (tag - 251),
            255 => return Err(Invalid),
        };
        if length > bytes_max {
            return Err(Invalid);
        }
        let mut number = [0; 16];
        number[..length].copy_from_slice(self.take(length)?);
        Ok(u128::from_le_bytes(number))
    }

    /// The length of a list or text. An element takes at least one byte, so a length greater than the number of remaining
    /// bytes is invalid. This check bounds the time and the memory for lists.
    fn length(&mut self) -> Result<usize> {
        let length = usize::try_from(self.varint(8)?).map_err(|_| Invalid)?;
        if length > self.rest.len() { Err(Invalid) } else { Ok(length) }
    }

    fn text(&mut self) -> Result<&'de str> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Invalid)
    }

    fn character(&mut self) -> Result<char> {
        let length = match self.rest.first().ok_or(Invalid)?.leading_ones() {
            0 => 1,
            length @ 2..=4 => length as usize,
            _ => return Err(Invalid),
        };
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| Invalid)?;
        text.chars().next().ok_or(Invalid)
    }

    fn flag(&mut self) -> Result<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Invalid),
        }
    }
}

/// Decodes a number in zigzag encoding: maps 0, 1, 2, 3, … to 0, −1, 1, −2, …
fn zigzag(number: u128) -> i128 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident $bytes:literal $convert:path;)*) => {
        $(fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.$visit($convert(self.varint($bytes)?) as _)
        })*
    };
}

macro_rules! unsupported {
    ($($deserialize:ident)*) => {
        $(fn $deserialize<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
            Err(Invalid)
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = Invalid;

    numbers! {
        deserialize_u16 visit_u16 2 u128::from;
        deserialize_u32 visit_u32 4 u128::from;
        deserialize_u64 visit_u64 8 u128::from;
        deserialize_u128 visit_u128 16 u128::from;
        deserialize_i16 visit_i16 2 zigzag;
        deserialize_i32 visit_i32 4 zigzag;
        deserialize_i64 visit_i64 8 zigzag;
        deserialize_i128 visit_i128 16 zigzag;
    }

    // The format does not describe itself, and messages contain no floating-point numbers.
    unsupported!(deserialize_any deserialize_identifier deserialize_ignored_any deserialize_f32 deserialize_f64);

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_u8(self.byte()?)
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_i8(self.byte()?.cast_signed())
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_bool(self.flag()?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_char(self.character()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let length = self.length()?;
        visitor.visit_borrowed_bytes(self.take(length)?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.flag()? { visitor.visit_some(self) } else { visitor.visit_none() }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let left = self.length()?;
        visitor.visit_seq(Elements { decoder: self, left })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(Elements { decoder: self, left })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, left: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_tuple(left, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let left = self.length()?;
        visitor.visit_map(Elements { decoder: self, left })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The rest of a list, tuple or map.
struct Elements<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Invalid;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.decoder).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> de::MapAccess<'de> for Elements<'_, 'de> {
    type Error = Invalid;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        seed.deserialize(&mut *self.decoder)
    }
}

impl<'de> EnumAccess<'de> for &mut Decoder<'de> {
    type Error = Invalid;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        let tag: U32Deserializer<Invalid> = (self.varint(4)? as u32).into_deserializer();
        Ok((seed.deserialize(tag)?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Decoder<'de> {
    type Error = Invalid;

    fn unit_variant(self) -> Result<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.deserialize_tuple(fields.len(), visitor)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid message")
    }
}

impl std::error::Error for Invalid {}

/// Every function ignores its arguments. The default implementations of serde would format the arguments into a text, and
/// the code for this would make clients larger.
impl de::Error for Invalid {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;
    use crate::codec;
    use crate::units::Tick;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct EveryType {
        small: (u8, i8),
        numbers: (u16, i16, u32, i32, u64, i64, u128, i128),
        flag: bool,
        letters: [char; 4],
        text: String,
        list: Vec<u16>,
        map: BTreeMap<u8, i16>,
        options: (Option<u8>, Option<Kind>),
        kinds: Vec<Kind>,
        unit: (),
        wrapped: Tick,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Unit,
        Newtype(u32),
        Tuple(u8, i16),
        Struct { flag: bool },
    }

    fn sample() -> EveryType {
        EveryType {
            small: (255, -1),
            numbers: (251, -300, 70_000, i32::MIN, u64::MAX, -126, 1 << 70, -(1 << 70)),
            flag: true,
            letters: ['a', 'ä', '€', '𝄞'],
            text: "text ✓".to_owned(),
            list: vec![1, 250, 251, 65_535],
            map: [(1, -1), (2, 1_000)].into(),
            options: (None, Some(Kind::Unit)),
            kinds: vec![Kind::Newtype(9), Kind::Tuple(1, -2), Kind::Struct { flag: false }],
            unit: (),
            wrapped: Tick(300),
        }
    }

    /// Checks that both decoders accept the bytes with the same value, or both reject them.
    fn check(bytes: &[u8]) {
        let expected = codec::decode::<EveryType>(bytes).ok();
        assert_eq!(decode::<EveryType>(bytes), expected, "{bytes:?}");
    }

    #[test]
    fn valid_and_damaged_bytes_decode_as_with_bincode() {
        let bytes = codec::encode(&sample());
        assert_eq!(decode(&bytes), Some(sample()));
        for at in 0..bytes.len() {
            check(&bytes[..at]);
            for byte in 0..=u8::MAX {
                let mut damaged = bytes.clone();
                damaged[at] = byte;
                check(&damaged);
            }
        }
        check(&[&bytes[..], &[0]].concat());
    }

    #[test]
    fn a_list_that_claims_more_elements_than_bytes_is_rejected_at_once() {
        let length = [253, 255, 255, 255, 255, 255, 255, 255, 127];
        assert_eq!(decode::<Vec<()>>(&length), None);
        assert_eq!(decode::<String>(&length), None);
    }
}
