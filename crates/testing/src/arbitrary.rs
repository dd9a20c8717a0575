//! Arbitrary values of the types of a game, derived from their `Deserialize` implementations.
//!
//! The deserializer reads no bytes. It answers each request of a type with a random value: a `bool` is true or false, an enum
//! gets one of its variants, a number is often one of the extremes of its type. Types that check their values, such as those
//! of `tickcast_protocol::packed`, reject some of the answers. The generator then tries again.

mod access;
mod random;

use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};

use access::{Elements, Variant};

pub use random::Random;

/// Number of attempts to produce a value that its type accepts. Sufficient for a type that accepts one answer in fifty.
const ATTEMPTS_MAX: u32 = 500;
/// Maximum number of numbers, texts and other parts of a value. Without this limit, a value of a recursive type could be
/// endless.
const PARTS_MAX: u32 = 1_000;
/// Maximum length of a list, a map or a text.
const LENGTH_MAX: u32 = 3;

/// An arbitrary value. Returns `None` if the type has rejected all attempts.
pub fn arbitrary<T: DeserializeOwned>(random: &mut Random) -> Option<T> {
    (0..ATTEMPTS_MAX).find_map(|_| T::deserialize(&mut Answers { random, parts: 0 }).ok())
}

/// A deserializer that answers each request with a random value.
struct Answers<'a> {
    random: &'a mut Random,
    /// Number of parts so far.
    parts: u32,
}

impl Answers<'_> {
    /// A number of this many bits: small, close to an extreme of a signed or an unsigned type, or any.
    fn number(&mut self, bits: u32) -> Result<u128, Error> {
        self.count()?;
        let highest = 1_u128 << (bits - 1);
        let offset = u128::from(self.random.below(3));
        let number = match self.random.below(8) {
            0 | 1 => u128::from(self.random.below(8)),
            2 => highest.wrapping_sub(offset),
            3 => highest.wrapping_add(offset),
            4 => 0_u128.wrapping_sub(offset),
            _ => u128::from(self.random.number()) << 64 | u128::from(self.random.number()),
        };
        Ok(number & (highest | (highest - 1)))
    }

    fn count(&mut self) -> Result<(), Error> {
        self.parts += 1;
        if self.parts > PARTS_MAX { Err(Error::custom("too many parts")) } else { Ok(()) }
    }

    fn length(&mut self) -> usize {
        self.random.below(LENGTH_MAX + 1) as usize
    }

    fn text(&mut self) -> String {
        const LETTERS: [char; 5] = ['a', 'Z', '0', ' ', 'é'];
        (0..self.length()).filter_map(|_| self.random.choose(&LETTERS).copied()).collect()
    }
}

/// Implements the requests for integers.
macro_rules! integers {
    ($($request:ident $visit:ident $type:ty,)+) => {$(
        fn $request<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.number(<$type>::BITS)? as $type)
        }
    )+};
}

impl<'de> Deserializer<'de> for &mut Answers<'_> {
    type Error = Error;

    integers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_i128 visit_i128 i128,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_u128 visit_u128 u128,
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("tickcast encodes no types that describe themselves"))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.count()?;
        visitor.visit_bool(self.random.one_in(2))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f32(self.number(16)? as i16 as f32 / 8.0)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(f64::from(self.number(32)? as i32) / 8.0)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_char(self.text().chars().next().unwrap_or('x'))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.count()?;
        visitor.visit_string(self.text())
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.count()?;
        let length = self.length();
        visitor.visit_byte_buf((0..length).map(|_| self.random.number() as u8).collect())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.count()?;
        if self.random.one_in(2) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.count()?;
        let length = self.length();
        visitor.visit_seq(Elements::new(self, length))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Elements::new(self, length))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.count()?;
        let length = self.length();
        visitor.visit_map(Elements::new(self, length))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.count()?;
        let index = self.random.below(variants.len().max(1) as u32);
        visitor.visit_enum(Variant::new(self, index))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde::Deserialize;
    use tickcast_protocol::packed::{Range, packed};

    use super::*;

    fn many<T: DeserializeOwned + Ord>() -> BTreeSet<T> {
        let mut random = Random::new(7);
        (0..2_000).filter_map(|_| arbitrary(&mut random)).collect()
    }

    #[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
    enum Shape {
        Nothing,
        Wrapped(bool),
        Pair(u8, Option<i16>),
        Fields { list: Vec<u16>, map: BTreeMap<u8, String> },
    }

    #[test]
    fn every_variant_and_the_extremes_of_numbers_occur() {
        let shapes = many::<Shape>();
        assert!(shapes.contains(&Shape::Nothing) && shapes.contains(&Shape::Wrapped(true)));
        assert!(shapes.iter().any(|shape| matches!(shape, Shape::Pair(255, Some(i16::MIN)))));
        assert!(
            shapes.iter().any(|shape| matches!(shape, Shape::Fields { list, map } if list.len() == 3 && map.len() == 3))
        );
        let numbers = many::<i32>();
        assert!([i32::MIN, -1, 0, 1, i32::MAX].iter().all(|number| numbers.contains(number)));
    }

    packed! {
        #[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
        struct Keys {
            left: bool,
            speed: u8 as Range<0, 4>,
        }
    }

    #[test]
    fn a_type_that_checks_its_values_gets_all_of_them() {
        assert_eq!(many::<Keys>().len(), 10);
    }

    #[derive(Debug, Deserialize)]
    struct Tree(#[allow(dead_code, reason = "only its depth matters")] [Box<Option<Tree>>; 2]);

    #[derive(Debug, Deserialize)]
    #[serde(try_from = "u8")]
    struct Impossible;

    impl TryFrom<u8> for Impossible {
        type Error = &'static str;

        fn try_from(_: u8) -> Result<Self, &'static str> {
            Err("no number is valid")
        }
    }

    #[test]
    fn recursive_types_end_and_types_without_values_give_none() {
        assert!(arbitrary::<Tree>(&mut Random::new(1)).is_some());
        assert!(arbitrary::<Impossible>(&mut Random::new(1)).is_none());
    }
}
